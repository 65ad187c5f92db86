"""reconciler pin: an entry that follows the branch pins a commit of it from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo

URL = "https://git.example.org/fleet/apps.git"
ENTRY = """\
# What runs here.
resources:
  # whose it is
  - ../../../overlays/{app}/{environment}  # the release
images:
- {{name: web, newTag: '1.0'}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'web:unset'}]}
"""
CHAIN = {"dev": "", "stage": "promotesFrom: dev\n", "prod": "promotesFrom: stage\n"}


def files(app: str) -> dict[str, str]:
    overlays = {
        f"overlays/{app}/{env}/kustomization.yaml": "resources: [../base]\n" for env in CHAIN
    }
    entries = {
        f"environments/{env}/{app}/kustomization.yaml": ENTRY.format(app=app, environment=env)
        for env in CHAIN
    }
    base = f"overlays/{app}/base"
    return {
        f"{base}/kustomization.yaml": "resources: [deployment.yaml]\n",
        f"{base}/deployment.yaml": DEPLOYMENT,
        **overlays,
        **entries,
    }


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """Three environments that follow the branch, in a clone that is where its origin is."""
    repo.git("config", "user.name", "t")
    repo.git("config", "user.email", "t@localhost")
    repo.git("remote", "add", "origin", URL)
    for name, before in CHAIN.items():
        text = f"# {name}\n{before}destination: {{cluster: {name}}}\n"
        repo.write({f"environments/{name}/environment.yaml": text})
    repo.commit(files("web"))
    fetched(repo)
    return repo


def fetched(repo: Repo) -> None:
    """What is here is what was last fetched."""
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")


def entry(repo: Repo, name: str) -> Path:
    return repo.path / "environments" / name / "kustomization.yaml"


def pin(fleet: Repo, typed: Run, *words: str) -> tuple[int, str, str]:
    done = typed("pin", *words, cwd=fleet.path)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_an_entry_pins_the_newest_commit_and_keeps_every_other_byte(
    fleet: Repo, typed: Run
) -> None:
    commit = fleet.git("rev-parse", "HEAD")
    code, printed, more = pin(fleet, typed, "prod")
    assert code == 0, more
    assert printed.splitlines() == [
        f"pinned  prod/web  overlays/web/prod at {commit[:10]}",
        "said    environments/prod/environment.yaml  releases.policy is pin",
    ]
    assert more.splitlines() == [
        "",
        "Next:",
        "  reconciler diff",
        "  git commit --all --message 'Pin the releases of prod'",
        "  git push",
        "  reconciler promote stage prod --all --dry-run",
    ]
    path, url = "../../../overlays/web/prod", f'"{URL}//overlays/web/prod?ref={commit}"'
    before = ENTRY.format(app="web", environment="prod")
    assert entry(fleet, "prod/web").read_text() == before.replace(path, url)
    environment = (fleet.path / "environments/prod/environment.yaml").read_text()
    assert environment == (
        "# prod\npromotesFrom: stage\ndestination: {cluster: prod}\nreleases:\n  policy: pin\n"
    )
    assert fleet.git("status", "--short").split() == [
        *("M", "environments/prod/environment.yaml"),
        *("M", "environments/prod/web/kustomization.yaml"),
    ]


def test_it_renders_the_same_bytes_and_is_promoted_to(fleet: Repo, typed: Run) -> None:
    names = ("stage/web", "prod/web")
    before = [typed("render", name, cwd=fleet.path).stdout for name in names]
    assert pin(fleet, typed, "stage", "prod")[0] == 0
    assert [typed("render", name, cwd=fleet.path).stdout for name in names] == before
    assert typed("diff", cwd=fleet.path).returncode == 0
    fleet.commit({"overlays/web/base/deployment.yaml": DEPLOYMENT.replace("web}", "web, a: b}", 1)})
    fetched(fleet)
    done = typed("promote", "dev", "stage", "web", "--no-pull-request", cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert "resources[overlays/web/stage].ref: " in done.stdout.decode()
    check = typed("check", "-o", "json", cwd=fleet.path)
    rules = {finding["rule"] for finding in json.loads(check.stdout)["findings"]}
    assert not {rule for rule in rules if rule.startswith("releases/")}


def test_a_second_run_changes_nothing(fleet: Repo, typed: Run) -> None:
    pin(fleet, typed, "prod")
    before = fleet.git("diff")
    code, printed, more = pin(fleet, typed, "prod")
    assert (code, more) == (0, "")
    assert printed == "kept    prod/web  it pins a commit already\nnothing is to be pinned\n"
    assert fleet.git("diff") == before


def test_a_dry_run_writes_nothing(fleet: Repo, typed: Run) -> None:
    code, printed, more = pin(fleet, typed, "stage", "prod/web", "--dry-run")
    assert (code, more) == (0, "")
    assert "to pin  stage/web  overlays/web/stage at " in printed
    assert "to say  environments/prod/environment.yaml  releases.policy is pin\n" in printed
    assert printed.endswith("nothing is written with --dry-run\n")
    assert fleet.git("status", "--short") == ""


def test_the_policy_is_said_once_every_entry_pins(fleet: Repo, typed: Run) -> None:
    fleet.commit(files("api"))
    fetched(fleet)
    assert "releases.policy" not in pin(fleet, typed, "prod/web")[1]
    assert "releases.policy is pin" in pin(fleet, typed, "prod/api")[1]


@pytest.mark.parametrize(("said", "code"), [("any", 0), ("pin", 0), ("follow", 2)])
def test_a_policy_that_is_said_stays(fleet: Repo, typed: Run, said: str, code: int) -> None:
    path = fleet.path / "environments/prod/environment.yaml"
    path.write_text(before := path.read_text() + f"releases: {{policy: {said}}}\n")
    found, printed, more = pin(fleet, typed, "prod")
    assert found == code
    assert path.read_text() == before
    assert "releases.policy" not in printed
    if code:
        assert (
            "environments/prod/environment.yaml:4:20: the apps of prod are to follow the branch"
            in more
        )
        assert entry(fleet, "prod/web").read_text() == ENTRY.format(app="web", environment="prod")


def test_an_older_commit_is_pinned_where_it_is_named(fleet: Repo, typed: Run) -> None:
    first = fleet.git("rev-parse", "HEAD")
    fleet.commit({"overlays/web/base/deployment.yaml": DEPLOYMENT.replace("web}", "web, a: b}", 1)})
    fetched(fleet)
    code, printed, _ = pin(fleet, typed, "prod", "--commit", "main~1")
    assert code == 0
    assert f'?ref={first}"' in entry(fleet, "prod/web").read_text()
    assert "that commit is not what is on disk: what it renders changes" in printed


def test_a_commit_of_another_branch_is_refused(fleet: Repo, typed: Run) -> None:
    fleet.git("switch", "--quiet", "--create", "other")
    lost = fleet.commit({"more": "x"})
    code, _, more = pin(fleet, typed, "prod", "--commit", "other")
    assert code == 2
    assert f"{lost[:10]} is not on the branch main" in more
    assert "to do: merge it and git fetch, or name a commit of main" in more
    assert fleet.git("status", "--short") == ""


def test_what_was_not_merged_cannot_be_pinned(fleet: Repo, typed: Run) -> None:
    fleet.write(files("api"))
    code, _, more = pin(fleet, typed, "stage")
    assert code == 2
    assert "environments/stage/api/kustomization.yaml:4:5: " in more
    assert "has no overlays/api/stage" in more
    assert entry(fleet, "stage/web").read_text() == ENTRY.format(app="web", environment="stage")


def test_before_anything_was_pushed_nothing_can_be_pinned(fleet: Repo, typed: Run) -> None:
    fleet.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    fleet.git("update-ref", "-d", "refs/remotes/origin/main")
    code, _, more = pin(fleet, typed, "prod")
    assert code == 2
    assert "to do: git push -u origin main, or git fetch" in more


def test_without_an_origin_the_environment_names_the_repository(fleet: Repo, typed: Run) -> None:
    fleet.git("remote", "remove", "origin")
    code, _, more = pin(fleet, typed, "prod")
    assert code == 2
    assert "this repository has no URL" in more
    assert "to do: git remote add origin URL, or list the repository's URL under repo" in more
    path = fleet.path / "environments/prod/environment.yaml"
    path.write_text(path.read_text() + "repositories: [https://git.example.org/fleet/mirror]\n")
    fleet.commit()
    assert pin(fleet, typed, "prod")[0] == 0
    text = entry(fleet, "prod/web").read_text()
    assert '- "https://git.example.org/fleet/mirror//overlays/web/prod?ref=' in text


@pytest.mark.parametrize(
    ("origin", "code", "written"),
    [
        ("../origin.git", 0, "file://{}/origin.git//overlays/web/prod?ref="),
        ("git@git.example.org:fleet/apps", 0, "git@git.example.org:fleet/apps//overlays/web/"),
        ("git://git.example.org/fleet/apps", 2, "Kustomize takes no URL of this repository"),
    ],
)
def test_the_url_is_one_that_kustomize_takes(
    fleet: Repo, typed: Run, origin: str, code: int, written: str
) -> None:
    fleet.git("remote", "set-url", "origin", origin)
    before = typed("render", "prod/web", cwd=fleet.path).stdout
    found, _, more = pin(fleet, typed, "prod")
    assert found == code
    text = more if code else entry(fleet, "prod/web").read_text()
    assert written.format(fleet.path.parent) in text
    assert typed("render", "prod/web", cwd=fleet.path).stdout == before


def test_the_first_of_a_chain_may_pin_and_is_warned(fleet: Repo, typed: Run) -> None:
    code, _, more = pin(fleet, typed, "dev")
    assert code == 0
    assert "nothing is promoted to dev, so only edits by hand will move its pins" in more


def test_the_policy_goes_beside_what_is_said_of_releases(fleet: Repo, typed: Run) -> None:
    path = fleet.path / "environments/prod/environment.yaml"
    path.write_text(before := path.read_text() + "releases: {branch: main}  # of ours\n")
    pin(fleet, typed, "prod")
    assert path.read_text() == before.replace("branch: main", 'branch: main, "policy": "pin"')


def test_an_entry_of_its_own_is_told_and_left(fleet: Repo, typed: Run) -> None:
    fleet.write({"environments/prod/own/kustomization.yaml": "namePrefix: a-\n"})
    _, printed, _ = pin(fleet, typed, "prod")
    assert "kept    prod/own  it names no overlay\n" in printed
    assert "releases.policy" not in printed


def test_outside_of_a_repository_there_is_no_commit(tmp_path: Path, typed: Run) -> None:
    done = typed("pin", "prod", cwd=tmp_path)
    assert (done.returncode, b"not in a Git repository" in done.stderr) == (2, True)
