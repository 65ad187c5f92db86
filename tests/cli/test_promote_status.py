"""reconciler promote status: what promotions wait for, and how long at least."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry, overlay

GATES = """promotion:
  without: [checks, secrets]
  gates:
  - {type: soak, time: 24h}
  - {type: approvals}
"""


def gated(repo: Repo, gates: str = GATES, stage: str = "") -> Fleet:
    return Fleet(repo, {"prod": gates, "stage": stage})


def test_each_gate_is_named_and_why_tells_more(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    done = typed("promote", "status", "prod", cwd=repo.path)
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "stage → prod: paw"
    assert lines[1].startswith("~ soak: waiting, opens 20")
    assert lines[2:] == [
        "~ approvals: waiting",
        "  waiting for: soak and approvals",
        "  ready to propose: reconciler promote stage prod paw",
    ]
    why = typed("promote", "status", "prod", "--why", cwd=repo.path).stdout.decode()
    assert "paw: in stage since" in why
    assert "0 min of 1 d" in why


def test_what_has_soaked_can_go_on(repo: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    past = (datetime.now(UTC) - timedelta(hours=25)).isoformat()
    monkeypatch.setenv("GIT_COMMITTER_DATE", past)
    fleet = gated(
        repo, "promotion: {without: [checks, secrets], gates: [{type: soak, time: 24h}]}\n"
    )
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    done = typed("promote", "status", "prod", cwd=repo.path)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[1:] == [
        "+ soak: open",
        "  ready to propose: reconciler promote stage prod paw",
    ]


def test_programs_get_it_as_json(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    done = typed("promote", "status", "prod", "-o", "json", cwd=repo.path)
    document = json.loads(done.stdout)
    (promotion,) = document["promotions"]
    assert (document["version"], done.returncode) == (1, 1)
    assert promotion["apps"] == ["paw"]
    assert (promotion["passes"], promotion["opens"], promotion["pull"]) == (False, None, None)
    soak, approvals = promotion["gates"]
    assert (soak["gate"], soak["app"], soak["state"]) == ("soak", "paw", "waiting")
    assert datetime.fromisoformat(soak["opens"]) > datetime.now(UTC)
    assert (approvals["gate"], approvals["app"], approvals["opens"]) == ("approvals", None, None)


def test_a_request_that_is_open_is_seen_with_its_approvals(repo: Repo, typed: Run) -> None:
    fleet = gated(repo, "promotion: {without: [checks, secrets], gates: [{type: approvals}]}\n")
    fleet.commit(entry("stage", fleet.first, "v2"))
    for key, value in (("name", "Pat Platform"), ("email", "pat@fleet.example")):
        repo.git("config", f"user.{key}", value)
    typed("promote", "stage", "prod", "paw", cwd=repo.path)
    done = typed("promote", "status", "prod", "--why", cwd=repo.path)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "request 1: stage → prod: paw",
        "~ approvals: waiting",
        "      request 1 has 0 of 1 approvals",
        "      to do: somebody other than Pat Platform runs reconciler promote approve 1",
        "  waiting for: approvals",
    ]
    repo.git("config", "user.name", "Alice")
    typed("promote", "approve", "1", cwd=repo.path)
    done = typed("promote", "status", "prod", cwd=repo.path)
    assert (done.returncode, done.stdout.decode().splitlines()[1:]) == (
        0,
        ["+ approvals: open", "  can be merged: reconciler promote merge 1"],
    )
    found = json.loads(typed("promote", "status", "prod", "-o", "json", cwd=repo.path).stdout)
    assert [p["pull"]["number"] for p in found["promotions"]] == [1]


def test_a_closed_request_of_this_release_is_named_with_what_opens_it(
    repo: Repo, typed: Run
) -> None:
    fleet = gated(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    for key, value in (("name", "Pat"), ("email", "pat@fleet.example")):
        repo.git("config", f"user.{key}", value)
    for words in (["stage", "prod", "paw"], ["close", "1"]):
        typed("promote", *words, cwd=repo.path)
    said = typed("promote", "status", "prod", cwd=repo.path).stdout.decode().splitlines()
    assert said[-1] == (
        "  request 1 proposed it, and was closed without a merge: "
        "reconciler promote stage prod paw --again"
    )
    found = json.loads(typed("promote", "status", "prod", "-o", "json", cwd=repo.path).stdout)
    assert found["promotions"][0]["closed"] == [1]
    fleet.commit(entry("stage", fleet.first, "v3"))
    said = typed("promote", "status", "prod", cwd=repo.path).stdout.decode().splitlines()
    assert said[-1] == "  ready to propose: reconciler promote stage prod paw"


def test_apps_can_be_named(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(overlay("dog", 1))
    first = repo.git("rev-parse", "HEAD")
    fleet.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    fleet.commit(entry("stage", first, "v2", app="dog"), entry("stage", fleet.first, "v2"))
    for words, apps in ((["paw"], "paw"), (["d*"], "dog"), (["*"], "dog, paw"), ([], "dog, paw")):
        done = typed("promote", "status", "prod", *words, cwd=repo.path)
        assert done.stdout.decode().splitlines()[0] == f"stage → prod: {apps}"
    done = typed("promote", "status", "prod", "pow", cwd=repo.path)
    assert (done.returncode, b"prod runs no app pow" in done.stderr) == (2, True)


def test_where_no_forge_answers_it_is_said_once(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    done = typed("promote", "status", "prod", "--offline", cwd=repo.path)
    last = "whether requests are open is not known: no forge is asked with --offline"
    assert done.stdout.decode().splitlines()[-1] == last
    document = json.loads(
        typed("promote", "status", "prod", "--offline", "-o", "json", cwd=repo.path).stdout
    )
    assert document["asked"] is False


def test_with_nothing_to_promote_nothing_waits(repo: Repo, typed: Run) -> None:
    done = typed("promote", "status", "prod", cwd=gated(repo).repo.path)
    assert (done.returncode, done.stdout) == (0, "stage → prod: nothing to promote\n".encode())


def test_all_environments_are_told_in_the_order_of_the_chain(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(entry("stage", "", "v2"))
    done = typed("promote", "status", cwd=repo.path)
    assert [line for line in done.stdout.decode().splitlines() if "→" in line] == [
        "dev → stage: nothing to promote",
        "stage → prod: paw",
    ]
    found = json.loads(typed("promote", "status", "-o", "json", cwd=repo.path).stdout)
    assert [p["target"] for p in found["promotions"]] == ["stage", "prod"]
    assert found["follows"] == ["stage/paw"]


@pytest.mark.parametrize("policy", ["any", "follow"])
def test_entries_that_follow_the_branch_are_told_once(repo: Repo, typed: Run, policy: str) -> None:
    fleet = gated(repo, "", f"releases: {{policy: {policy}}}\n")
    fleet.commit(entry("stage", ""))
    words = ("promote", "status", "stage")
    printed = typed(*words, cwd=repo.path).stdout.decode().splitlines()
    found = json.loads(typed(*words, "-o", "json", cwd=repo.path).stdout)
    told = [
        "paw follows the branch in stage, so no gate sees an edit of its overlay: "
        "reconciler pin stage"
    ]
    meant = policy == "follow"
    assert printed == ["dev → stage: nothing to promote", *([] if meant else told)]
    assert found["follows"] == ([] if meant else ["stage/paw"])
    assert (
        json.loads(typed("promote", "status", "prod", "-o", "json", cwd=repo.path).stdout)[
            "follows"
        ]
        == []
    )


def test_an_app_that_is_held_back_is_named(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    fleet.commit(overlay("dog", 1))
    first = repo.git("rev-parse", "HEAD")
    fleet.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    fleet.commit(entry("prod", first, "hotfix", app="dog"))
    fleet.commit(entry("stage", first, "v2", app="dog"))
    done = typed("promote", "status", "prod", cwd=repo.path)
    assert done.returncode == 1
    assert b"dog has diverged" in done.stdout


def test_a_cluster_that_is_not_in_the_kubeconfig_is_named(
    repo: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    gates = "promotion: {gates: [{type: health}]}\n"
    fleet = gated(repo, gates, "health: [{type: argocd}]\n")
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    (repo.path / "kubeconfig").write_text("contexts: [{name: other, context: {}}]\n")
    monkeypatch.setenv("KUBECONFIG", str(repo.path / "kubeconfig"))
    done = typed("promote", "status", "prod", "--why", cwd=repo.path)
    assert done.returncode == 1
    assert b"no context of the kubeconfig is called stage" in done.stdout
    assert b"there are: other" in done.stdout


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["prd"], "there is no environment prd", "did you mean prod?"),
        (["dev"], "nothing is promoted to dev", "promotesFrom of environments/dev/environment"),
    ],
)
def test_what_is_wrong_is_said(
    words: list[str], what: str, hint: str, repo: Repo, typed: Run
) -> None:
    done = typed("promote", "status", *words, cwd=gated(repo).repo.path)
    assert done.returncode == 2
    assert what in done.stderr.decode()
    assert hint in done.stderr.decode()


def test_an_environment_may_be_called_as_a_command(repo: Repo, typed: Run) -> None:
    fleet = gated(repo)
    text = "destination: {cluster: status}\nrepositories: [https://git.example.org/fleet/apps]\n"
    fleet.commit(
        {
            "environments/status/environment.yaml": text,
            "environments/prod/environment.yaml": f"{text}promotesFrom: status\n".replace(
                "cluster: status", "cluster: prod"
            ),
            "overlays/paw/status/kustomization.yaml": "resources: [../base]\n",
        }
    )
    fleet.commit(entry("status", fleet.first))
    fleet.commit(entry("status", fleet.change(2), "v2"))
    done = typed("promote", "propose", "status", "prod", "paw", "--dry-run", cwd=repo.path)
    assert b"1 to be promoted" in done.stdout
    assert b"paw" in typed("promote", "status", "prod", cwd=repo.path).stdout
