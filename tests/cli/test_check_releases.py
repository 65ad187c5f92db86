"""What reconciler check says of pinned releases."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo

URL = "https://git.example.org/fleet/apps"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """An environment that pins, of a repository whose origin has a main branch."""
    repo.write(
        {"overlays/a/kustomization.yaml": "resources: [a.yaml]\n", "overlays/a/a.yaml": CONFIG}
    )
    first = repo.commit()
    repo.git("remote", "add", "origin", URL)
    settle(repo)
    pin(repo, first)
    want(repo, "policy: pin")
    return repo


def settle(repo: Repo) -> None:
    """What is here is what was last fetched."""
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")


def pin(repo: Repo, ref: str) -> None:
    text = f"resources:\n- {URL}//overlays/a?ref={ref}\n"
    repo.write({"environments/prod/a/kustomization.yaml": text})


def want(repo: Repo, releases: str) -> None:
    text = f"destination: {{cluster: prod}}\nreleases: {{{releases}}}\n"
    repo.write({"environments/prod/environment.yaml": text})


def found(repo: Repo, typed: Run) -> list[tuple[str, str, str]]:
    done = typed("check", "prod", "-o", "json", cwd=repo.path)
    return [
        (f["rule"], f["severity"], f"{f['file']}:{f['line']}:{f['column']}")
        for f in json.loads(done.stdout)["findings"]
    ]


HERE = "environments/prod/a/kustomization.yaml:2:3"


def test_a_pin_to_a_commit_of_the_main_branch_is_fine(fleet: Repo, typed: Run) -> None:
    assert found(fleet, typed) == []


def test_a_pin_to_a_branch_or_to_part_of_a_name_is_found(fleet: Repo, typed: Run) -> None:
    short = fleet.git("rev-parse", "HEAD")[:12]
    for ref in ("main", short):
        pin(fleet, ref)
        assert found(fleet, typed) == [("releases/full-commit", "error", HERE)]
    want(fleet, "policy: pin, fullCommit: false")
    assert found(fleet, typed) == []


def test_a_commit_that_was_never_merged_is_found(fleet: Repo, typed: Run) -> None:
    lost = fleet.commit({"overlays/a/a.yaml": CONFIG + "data: {a: b}\n"})
    pin(fleet, lost)
    assert found(fleet, typed) == [("releases/reachable", "error", HERE)]
    settle(fleet)
    assert found(fleet, typed) == []


def test_another_branch_may_be_the_one_that_counts(fleet: Repo, typed: Run) -> None:
    released = fleet.commit()
    fleet.git("update-ref", "refs/remotes/origin/release", released)
    pin(fleet, released)
    assert [rule for rule, _, _ in found(fleet, typed)] == ["releases/reachable"]
    want(fleet, "policy: pin, branch: release")
    assert found(fleet, typed) == []


def test_what_a_shallow_clone_cannot_tell_is_a_warning(
    fleet: Repo, typed: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fleet.commit()
    fleet.commit()
    settle(fleet)
    shallow = Repo(tmp_path_factory.mktemp("clone") / "clone")
    fleet.git("branch", "old", "HEAD~2")
    for name in ("old", "main"):
        shallow.git("fetch", "--quiet", "--depth=1", f"file://{fleet.path}", name)
        shallow.git("checkout", "--quiet", "FETCH_HEAD")
    shallow.git("remote", "add", "origin", URL)
    settle(shallow)
    assert found(shallow, typed) == [("releases/reachable", "warning", HERE)]


def test_an_entry_that_follows_where_pins_are_wanted_is_found(fleet: Repo, typed: Run) -> None:
    text = "resources: [../../../overlays/a]\n"
    fleet.write({"environments/prod/a/kustomization.yaml": text})
    assert found(fleet, typed) == [
        ("releases/policy", "error", "environments/prod/a/kustomization.yaml:None:None")
    ]
    want(fleet, "policy: follow")
    assert found(fleet, typed) == []


def test_an_environment_that_is_promoted_to_and_follows_is_told_once(
    fleet: Repo, typed: Run
) -> None:
    follows = "resources: [../../../overlays/a]\n"
    fleet.write(
        {
            "environments/dev/environment.yaml": "destination: {cluster: dev}\n",
            **{f"environments/{e}/a/kustomization.yaml": follows for e in ("dev", "prod")},
            "environments/prod/b/kustomization.yaml": f"namePrefix: b-\n{follows}",
        }
    )
    place = "environments/prod/environment.yaml:None:None"
    for policy, told in (("any", [("releases/follows-branch", "note", place)]), ("follow", [])):
        text = (
            f"promotesFrom: dev\nreleases: {{policy: {policy}}}\ndestination: {{cluster: prod}}\n"
        )
        fleet.write({"environments/prod/environment.yaml": text})
        assert found(fleet, typed) == told
        assert typed("check", "dev", "-o", "json", cwd=fleet.path).returncode == 0


def test_an_entry_that_pins_where_none_is_wanted_is_found(fleet: Repo, typed: Run) -> None:
    want(fleet, "policy: follow")
    assert [rule for rule, _, _ in found(fleet, typed)] == ["releases/policy"]
    want(fleet, "policy: any")
    assert found(fleet, typed) == []


def test_what_is_wrong_in_a_pinned_commit_is_shown_as_git_names_it(fleet: Repo, typed: Run) -> None:
    broken = fleet.commit({"overlays/a/a.yaml": CONFIG + "dta: {}\n"})
    settle(fleet)
    pin(fleet, broken)
    done = typed("check", "prod", cwd=fleet.path)
    assert done.stdout.decode().startswith(f"{broken[:12]}:overlays/a/a.yaml:4:6: error: ")
    done = typed("check", "prod", "-o", "sarif", cwd=fleet.path)
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "environments/prod/a/kustomization.yaml"
    assert subprocess.run(["git", "status"], cwd=fleet.path, capture_output=True).returncode == 0


def test_where_the_main_branch_is_not_known_the_way_to_know_it_is_named(
    fleet: Repo, typed: Run
) -> None:
    fleet.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    said = typed("check", "prod", cwd=fleet.path).stdout.decode()
    assert "the main branch of origin is not known here" in said
    assert "to do: git remote set-head origin --auto\n" in said
    fleet.git("branch", "--set-upstream-to", "origin/main")
    assert found(fleet, typed) == []
