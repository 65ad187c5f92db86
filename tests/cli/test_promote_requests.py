"""Requests that are kept in the repository: merged when their gates are open, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry, overlay


@pytest.fixture(autouse=True)
def alice(repo: Repo) -> None:
    for key, value in (("name", "alice"), ("email", "alice@fleet.example")):
        repo.git("config", f"user.{key}", value)


@pytest.fixture
def due(fleet: Fleet) -> Fleet:
    fleet.commit(entry("stage", fleet.first, "v2"))
    return fleet


@pytest.fixture
def fleet(repo: Repo) -> Fleet:
    return Fleet(
        repo, {"prod": "promotion: {without: [checks, secrets], gates: [{type: approvals}]}\n"}
    )


def tag(fleet: Fleet) -> str:
    text = fleet.file("prod").read_text()
    return text.partition("newTag: ")[2].partition("\n")[0]


def test_approving_and_merging_are_told_to_programs_too(due: Fleet, typed: Run) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    waits = typed("promote", "merge", "1", "-o", "json", cwd=due.repo.path)
    found = json.loads(waits.stdout)
    assert (waits.returncode, found["merged"], found["pull"]["number"]) == (1, False, 1)
    assert [g["state"] for g in found["gates"] if g["name"] == "approvals"] == ["waiting"]
    due.repo.git("config", "user.name", "bob")
    done = typed("promote", "approve", "1", "-o", "json", cwd=due.repo.path)
    tip = due.repo.git("rev-parse", "promote/stage/prod/app/paw")
    assert json.loads(done.stdout) == {
        "version": 1,
        "number": 1,
        "approved_by": "bob",
        "commit": tip,
    }
    done = typed("promote", "merge", "1", "-o", "json", cwd=due.repo.path)
    assert (done.returncode, json.loads(done.stdout)["merged"]) == (0, True)


def test_a_request_is_merged_once_it_is_approved(due: Fleet, typed: Run) -> None:
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    opened = b"Opened request 1 (branch promote/stage/prod/app/paw). "
    assert opened + b"Next: reconciler promote status prod\n" in done.stdout
    assert b"approvals: waiting" in done.stdout
    done = typed("promote", "merge", "1", cwd=due.repo.path)
    assert (done.returncode, tag(due)) == (1, "v1")
    assert done.stderr.decode().splitlines() == [
        "error: request 1 cannot be merged yet",
        "  because: approvals, request 1 has 0 of 1 approvals",
        "  to do: reconciler promote status prod --why",
    ]
    own = typed("promote", "approve", "1", cwd=due.repo.path)
    assert own.returncode == 2
    assert b"alice opened request 1, and cannot approve it" in own.stderr
    due.repo.git("config", "user.name", "bob")
    assert typed("promote", "approve", "1", cwd=due.repo.path).returncode == 0
    assert typed("promote", "merge", "1", cwd=due.repo.path).returncode == 0
    assert tag(due) == "v2"
    late = typed("promote", "approve", "1", cwd=due.repo.path)
    assert (late.returncode, b"request 1 is merged" in late.stderr) == (2, True)
    assert due.repo.git("for-each-ref", "refs/heads/promote/") == ""


def test_an_override_is_no_word_of_merging(due: Fleet, typed: Run) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    words = ["--override", "approvals", "--reason", "an incident"]
    done = typed("promote", "merge", "1", *words, cwd=due.repo.path)
    assert done.returncode == 2
    command = "reconciler promote stage prod paw --override approvals --reason 'an incident'"
    assert f"to do: {command}" in done.stderr.decode()


def test_a_rollback_takes_it_back_and_holds_it(due: Fleet, typed: Run) -> None:
    def run(*words: str) -> tuple[int, str]:
        who = "bob" if words[0] == "approve" else "alice"
        due.repo.git("config", "user.name", who)
        done = typed("promote", *words, cwd=due.repo.path)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    run("stage", "prod", "paw")
    run("approve", "1")
    run("merge", "1")
    code, said = run("rollback", "prod", "paw", "--reason", "no peers, see #12 @bob")
    assert code == 0, said
    assert "images[paw].newTag: v2 → v1" in said
    assert "#12" not in due.repo.git("log", "-1", "--format=%B", "rollback/prod/app/paw")
    run("approve", "2")
    assert run("merge", "2")[0] == 0
    assert tag(due) == "v1"
    code, said = run("stage", "prod", "paw")
    assert code == 1
    assert "is held back" in said
    assert "no peers" in said
    assert "is held back" in run("status", "prod")[1]
    code, said = run("stage", "prod", "paw", "--override", "hold", "--reason", "the node was full")
    assert code == 0, said
    assert "Opened request 3 " in said


def test_one_that_was_closed_comes_again_only_if_asked_for(due: Fleet, typed: Run) -> None:
    from reconciler.forges.local import LocalForge

    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    forge = LocalForge(str(due.repo.path))
    forge.close(forge.pull(1))
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[-2:] == [
        "request 1 proposed this release, and was closed without a merge",
        "to do: reconciler promote stage prod paw --again",
    ]
    done = typed("promote", "stage", "prod", "paw", "--again", "-o", "json", cwd=due.repo.path)
    (plan,) = json.loads(done.stdout)["plans"]
    assert (plan["end"], plan["pull"]["number"]) == ("proposed", 2)
    assert [gate["name"] for gate in plan["gates"]] == ["approvals"]


def test_a_rollback_that_was_closed_comes_again_only_if_asked_for(due: Fleet, typed: Run) -> None:
    from reconciler.forges.local import LocalForge

    due.commit(entry("prod", due.first, "v2"))
    words = ("promote", "rollback", "prod", "paw")
    assert typed(*words, cwd=due.repo.path).returncode == 0
    forge = LocalForge(str(due.repo.path))
    forge.close(forge.pull(1))
    done = typed(*words, cwd=due.repo.path)
    assert done.returncode == 1
    assert b"closed without a merge" in done.stdout
    assert typed(*words, "--again", cwd=due.repo.path).returncode == 0


@pytest.mark.parametrize("words", [("stage", "prod", "paw"), ("rollback", "prod", "paw")])
def test_nobody_is_told_to_write_a_comment_where_there_is_no_page(
    due: Fleet, typed: Run, words: tuple[str, ...]
) -> None:
    policy = "promotion: {overrides: [bob], gates: [{type: approvals}]}\n"
    path = due.repo.path / "environments/prod/environment.yaml"
    path.write_text(path.read_text().partition("promotion:")[0] + policy)
    due.commit(entry("prod", due.first, "v2") if "rollback" in words else {})
    assert typed("promote", *words, cwd=due.repo.path).returncode == 0
    typed("promote", *words, cwd=due.repo.path)  # now its gates were asked
    found = json.loads(typed("promote", "show", "1", "-o", "json", cwd=due.repo.path).stdout)
    assert "/override" not in found["body"]
    assert ("--override GATE" in found["body"]) is (words[0] != "rollback")


def test_a_request_of_long_ago_is_no_word_about_today(due: Fleet, typed: Run) -> None:
    words = ("promote", "stage", "prod", "paw")
    typed(*words, cwd=due.repo.path)
    due.repo.git("config", "user.name", "bob")
    for step in (["approve", "1"], ["merge", "1"]):
        assert typed("promote", *step, cwd=due.repo.path).returncode == 0
    base = due.repo.git("rev-parse", "--short=10", "HEAD")
    done = typed(*words, cwd=due.repo.path)
    assert done.stdout.decode().splitlines() == [
        f"stage → prod, on {base}",
        "",
        "paw  is there already",
        "",
        "nothing to promote",
    ]


def test_what_a_narrower_request_leaves_out_is_told_with_what_proposes_it(
    due: Fleet, typed: Run
) -> None:
    due.commit(overlay("dog", 1))
    first = due.repo.git("rev-parse", "HEAD")
    due.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    due.commit(entry("stage", first, "v2", app="dog"))
    typed("promote", "stage", "prod", "dog", "paw", cwd=due.repo.path)
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert done.stdout.decode().splitlines()[-3:] == [
        "request 1 is superseded, and closed",
        "no request is open any more for dog",
        "to do: reconciler promote stage prod dog",
    ]
    done = typed("promote", "stage", "prod", "--all", "-o", "json", cwd=due.repo.path)
    (plan,) = json.loads(done.stdout)["plans"]
    assert (plan["superseded"], plan["left_out"]) == ([2], [])


def everything(repo: Repo) -> str:
    return repo.git("for-each-ref")


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        (["--dry-run"], ""),
        ([], ""),
        (["--reason", "it crashes"], ""),
        (["--reason", "another"], "request 1 keeps the reason that it was opened for: it crashes"),
    ],
)
def test_a_rollback_that_is_open_stays_what_it_is(
    due: Fleet, typed: Run, more: list[str], warned: str
) -> None:
    due.commit(entry("prod", due.first, "v2"))
    words = ("promote", "rollback", "prod", "paw")
    assert typed(*words, "--reason", "it crashes", cwd=due.repo.path).returncode == 0
    before = everything(due.repo)
    done = typed(*words, *more, cwd=due.repo.path)
    assert done.returncode == 0, done.stderr
    assert everything(due.repo) == before
    assert warned in done.stderr.decode()
    if "--dry-run" in more:
        assert "these steps would be taken" not in done.stdout.decode()
    else:
        assert "request 1 is open for it already (branch " in done.stdout.decode()


@pytest.mark.parametrize(
    ("tag", "now"), [("v3", "paw v3 → v1"), ("v1", "nothing")], ids=["newer", "back by hand"]
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_rollback_never_turns_into_one_of_something_else(
    due: Fleet, typed: Run, tag: str, now: str, more: list[str]
) -> None:
    due.commit(entry("prod", due.first, "v2"))
    words = ("promote", "rollback", "prod", "paw")
    typed(*words, cwd=due.repo.path)
    due.commit(entry("prod", due.first, tag))
    before = everything(due.repo)
    done = typed(*words, *more, cwd=due.repo.path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "error: prod runs something else than when request 1 was opened: "
        "Roll back paw v2 → v1 in prod",
        f"  because: it would take back {now} now",
        "  to do: reconciler promote close 1, and then this again",
    ]
    assert everything(due.repo) == before


def test_an_open_rollback_is_not_sent_to_another_release(due: Fleet, typed: Run) -> None:
    second = due.commit(entry("prod", due.first, "v2"))
    due.commit(entry("prod", due.first, "v3"))
    words = ("promote", "rollback", "prod", "paw")
    typed(*words, cwd=due.repo.path)
    assert typed(*words, "--to", second, cwd=due.repo.path).returncode == 0
    done = typed(*words, "--to", "HEAD~2", cwd=due.repo.path)
    assert done.returncode == 2
    assert f"error: request 1 is open, and goes back to {second[:10]}" in done.stderr.decode()


@pytest.mark.parametrize("more", [[], ["--to", "HEAD"]])
def test_a_rollback_in_a_shallow_clone_says_that_it_is_one(
    due: Fleet, typed: Run, more: list[str]
) -> None:
    due.commit(entry("prod", due.first, "v2"))
    due.commit({"README": "words\n"})
    clone = due.repo.path / "c"
    due.repo.git("clone", "--quiet", "--depth=2", f"file://{due.repo.path}", str(clone))
    done = typed("promote", "rollback", "prod", "paw", *more, cwd=clone)
    assert done.returncode == 2
    said = done.stdout + done.stderr
    assert b"this clone is shallow" in said
    assert b"git fetch --unshallow" in said


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_what_is_pinned_now_is_no_way_back(due: Fleet, typed: Run, more: list[str]) -> None:
    second = due.repo.git("rev-parse", "--short=10", "HEAD~1")
    due.commit(entry("prod", due.first, "v2"))
    words = ("promote", "rollback", "prod", "paw", "--to")
    done = typed(*words, due.first, *more, cwd=due.repo.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        f"error: prod/paw pins {due.first[:10]} now: that is no release to go back to",
        "  because: a way back is a commit of the main branch that gave it another release",
        f"  to do: --to {second} (a change); reconciler promote history prod paw shows what it ran",
    ]
    assert typed(*words, second, *more, cwd=due.repo.path).returncode == 0


def test_without_a_pull_request_there_is_a_branch_alone(due: Fleet, typed: Run) -> None:
    done = typed("promote", "stage", "prod", "paw", "--no-pull-request", cwd=due.repo.path)
    assert done.returncode == 0
    assert (
        due.repo.git("for-each-ref", "--format=%(refname)", "refs/reconciler", "refs/promote") == ""
    )
    assert "promote/stage/prod/app/paw" in due.repo.git("branch", "--list", "promote/*")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["stage", "prod", "paw", "--override", "soak"], "an override needs a reason"),
        (["stage", "prod", "paw", "--reason", "so"], "--reason is for --override"),
        (["stage", "prod", "paw", "--forge", "svn"], "there is no forge svn"),
        (["rollback", "prod", "paw"], "prod has run no other release of paw"),
        (["rollback", "prod", "pow"], "there is no app"),
        (["rollback", "prd", "paw"], "there is no environment prd"),
        (["merge", "7"], "there is no pull request 7"),
        (["stage", "prod", "*"], "all of them: reconciler promote stage prod --all"),
        (["approve", "7"], "there is no pull request 7"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], what: str, due: Fleet, typed: Run) -> None:
    done = typed("promote", *words, cwd=due.repo.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert what in done.stderr.decode()


WITH_SECRET = """apiVersion: apps/v1
kind: Deployment
metadata: {name: paw}
spec:
  selector: {matchLabels: {app: paw}}
  template:
    metadata: {labels: {app: paw}}
    spec:
      containers:
      - name: paw
        image: paw:v0
        envFrom: [{configMapRef: {name: settings}}]
        env:
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: api-token, key: token}}}
"""


def test_a_lacking_secret_stops_a_promotion_and_the_plan_says_what_seals_it(
    repo: Repo, typed: Run
) -> None:
    fleet = Fleet(repo)
    wanted = fleet.commit({"overlays/paw/base/deployment.yaml": WITH_SECRET})
    fleet.commit(entry("stage", wanted, "v2"))
    command = "reconciler seal prod/paw api-token --namespace default --prompt token"
    for words in (["--dry-run"], ["--dry-run", "--offline"], ["--no-pull-request"], []):
        done = typed("promote", "stage", "prod", "paw", *words, cwd=repo.path)
        said = (done.stdout + done.stderr).decode()
        assert "prod/paw lacks the Secret default/api-token: nothing provides it" in said
        assert f"to do: {command}" in said
    done = typed("promote", "merge", "1", cwd=repo.path)
    assert done.returncode == 1
    assert b"secrets: closed" in done.stdout
    assert "newTag: v1" in fleet.file("prod").read_text()


def test_an_image_that_was_taken_back_is_held_in_whatever_release_it_comes(
    repo: Repo, typed: Run
) -> None:
    fleet = Fleet(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    for words in (
        ["stage", "prod", "paw"],
        ["merge", "1"],
        ["rollback", "prod", "paw", "--reason", "it crashes"],
        ["merge", "2"],
    ):
        assert typed("promote", *words, cwd=repo.path).returncode == 0
    fleet.commit(entry("prod", fleet.first, "v1", a="7"))  # by hand, which lifts nothing
    fleet.commit(entry("stage", fleet.change(5), "v2"))
    for words in (
        ["stage", "prod", "paw"],
        ["stage", "prod", "paw", "--dry-run"],
        ["status", "prod"],
    ):
        done = typed("promote", *words, cwd=repo.path)
        assert done.returncode == 1
        said = done.stdout.decode()
        assert "paw:v2 would come again" in said
        assert "rolled it back: it crashes" in said
        assert "--override hold --reason TEXT" in said
    fleet.commit(entry("stage", fleet.change(6), "v3"))
    assert typed("promote", "stage", "prod", "paw", cwd=repo.path).returncode == 0


def test_what_is_held_of_several_apps_is_told_in_the_request(repo: Repo, typed: Run) -> None:
    from reconciler.forges.local import LocalForge

    fleet = Fleet(repo)
    fleet.commit(overlay("dog", 1))
    first = repo.git("rev-parse", "HEAD")
    fleet.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    fleet.commit(entry("stage", fleet.first, "v2"))
    for words in (
        ["stage", "prod", "paw"],
        ["merge", "1"],
        ["rollback", "prod", "paw", "--reason", "it crashes"],
        ["merge", "2"],
    ):
        typed("promote", *words, cwd=repo.path)
    fleet.commit(entry("stage", fleet.change(5), "v2"), entry("stage", first, "v2", app="dog"))
    typed("promote", "stage", "prod", "--all", cwd=repo.path)
    body = LocalForge(str(repo.path)).pull(3).body
    assert "rolled it back&#58; it crashes" in body


def test_in_a_clone_of_a_folder_it_is_the_clones_own_user_who_approves(
    repo: Repo, typed: Run, tmp_path: Path
) -> None:
    fleet = Fleet(repo, {"prod": "promotion: {gates: [{type: approvals}]}\n"})
    fleet.commit(entry("stage", fleet.first, "v2"))
    bare = tmp_path / "origin.git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(bare))
    for name in ("pat", "ann"):
        repo.git("clone", "--quiet", str(bare), str(tmp_path / name))
        for key, value in (("name", name), ("email", f"{name}@fleet.example")):
            repo.git("-C", str(tmp_path / name), "config", f"user.{key}", value)
    assert typed("promote", "stage", "prod", "paw", cwd=tmp_path / "pat").returncode == 0
    done = typed("promote", "approve", "1", cwd=tmp_path / "ann")
    assert b"request 1 is approved by ann at " in done.stdout
    assert typed("promote", "merge", "1", cwd=tmp_path / "pat").returncode == 0


def test_requests_are_listed_shown_and_closed_with_a_word(due: Fleet, typed: Run) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = typed("promote", *words, cwd=due.repo.path)
        return done.returncode, (done.stdout + done.stderr).decode()

    assert run("list") == (0, "no request is open\n")
    run("stage", "prod", "paw")
    code, said = run("list", "prod")
    assert code == 0
    assert said.startswith("1  Promote paw ")
    first, waits = said.splitlines()
    assert first.endswith("  open  0 min  branch promote/stage/prod/app/paw")
    assert waits == "   waits for approvals, as last judged"
    assert run("list", "stage")[1] == "no request is open\n"
    (listed,) = json.loads(run("list", "-o", "json")[1])["requests"]
    assert listed["waits"] == ["approvals"]
    assert (listed["number"], listed["target"], listed["author"]) == (1, "prod", "alice")
    code, said = run("show", "1")
    assert code == 0
    for part in (
        "request 1: Promote paw ",
        "\nApps\n----\n",
        "newTag: v1 → v2",
        "~ approvals: waiting",
    ):
        assert part in said
    for markup in ("<code>", "###", "<!--", "&#", "\u200b", "\\u200b", "| App"):
        assert markup not in said
    commands = "reconciler promote approve 1 approves this, as somebody else, and "
    assert f"{commands}reconciler promote merge 1 merges it.\n" in said
    assert "### Apps\n\n| App |" in run("show", "1", "-o", "markdown")[1]
    shown = json.loads(run("show", "1", "-o", "json")[1])
    assert "### Apps" in shown["body"]
    assert shown["status"]["pull"]["number"] == 1
    assert run("close", "1", "--reason", "not this week")[1] == "request 1 is closed\n"
    code, said = run("close", "1")
    assert (code, "request 1 is closed" in said) == (2, True)
    assert "closed, opened by alice" in run("show", "1")[1]
    code, said = run("stage", "prod", "paw")
    assert code == 1
    assert "to do: reconciler promote stage prod paw --again" in said


def test_what_is_neither_a_command_nor_an_environment_is_told(due: Fleet, typed: Run) -> None:
    done = typed("promote", "view", "1", cwd=due.repo.path)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert "view is neither a command of promote nor an environment" in said
    assert "commands: propose, rollback, list, show, approve, merge, close, status" in said
    assert "environments: dev, stage, prod" in said


def taken_back(fleet: Fleet, typed: Run) -> None:
    """Prod got v2, and a request to take it back is open."""
    fleet.commit(entry("stage", fleet.first, "v2"))
    for words in (["stage", "prod", "paw"], ["merge", "1"], ["rollback", "prod", "paw"]):
        assert typed("promote", *words, cwd=fleet.repo.path).returncode == 0


def test_a_rollback_has_its_own_words_and_can_be_looked_at_first(repo: Repo, typed: Run) -> None:
    from reconciler.forges.local import LocalForge

    fleet = Fleet(repo)
    fleet.commit(entry("stage", fleet.first, "v2"))
    for words in (["stage", "prod", "paw"], ["merge", "1"]):
        assert typed("promote", *words, cwd=repo.path).returncode == 0
    foreseen = typed("promote", "rollback", "prod", "paw", "--dry-run", cwd=repo.path)
    assert foreseen.returncode == 0
    assert "1 to go back; nothing is written with --dry-run" in foreseen.stdout.decode()
    assert "no request is open" in typed("promote", "list", cwd=repo.path).stdout.decode()
    assert b"warning: it has no reason, for those who read it: --reason TEXT" in foreseen.stderr
    done = typed("promote", "rollback", "prod", "paw", cwd=repo.path)
    assert b"warning: it has no reason" in done.stderr
    for said in (foreseen.stdout.decode(), done.stdout.decode()):
        assert "paw in prod goes back: v2 → v1 (1 object changes)" in said
    pull = LocalForge(str(repo.path)).pull(2)
    assert pull.title == "Roll back paw v2 → v1 in prod"
    assert "1 app goes back in <code>prod</code>" in pull.body
    for unfit in ("healthy", "Roll back\n", "from <code>prod"):
        assert unfit not in pull.body


def test_a_rollback_of_what_prod_runs_no_more_is_closed_with_what_it_runs(
    repo: Repo, typed: Run
) -> None:
    fleet = Fleet(repo)
    taken_back(fleet, typed)
    fleet.commit(entry("prod", fleet.first, "v3"))
    done = typed("promote", "merge", "2", cwd=repo.path)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[:2] == [
        "error: request 2 is closed, and not merged",
        "  because: prod runs paw v3 by now, which is not what this takes back.",
    ]
    assert tag(fleet) == "v3"


def test_a_commit_that_gave_a_release_means_it_though_a_later_one_pins_it(
    fleet: Fleet, typed: Run
) -> None:
    gave = fleet.commit(entry("prod", fleet.first, "v2"))
    fleet.commit(entry("prod", gave, "v3"))
    fleet.commit(entry("prod", gave, "v4"))
    done = typed(
        *("promote", "rollback", "prod", "paw", "--to", gave, "--reason", "x", "--dry-run"),
        cwd=fleet.repo.path,
    )
    assert done.returncode == 0, done.stderr
    assert "newTag: v4 → v2" in done.stdout.decode()


def test_who_merges_in_a_clone_is_told_to_push(due: Fleet, typed: Run, tmp_path: Path) -> None:
    due.repo.git("clone", "--quiet", "--bare", str(due.repo.path), str(tmp_path / "bare"))
    due.repo.git("remote", "add", "origin", str(tmp_path / "bare"))
    due.repo.git("fetch", "--quiet", "origin")
    due.repo.git("remote", "set-head", "origin", "main")
    due.repo.git("config", "reconciler.forge", "local")
    typed("promote", "stage", "prod", "paw", "--forge", "local", cwd=due.repo.path)
    due.repo.git("config", "user.name", "bob")
    typed("promote", "approve", "1", "--forge", "local", cwd=due.repo.path)
    done = typed("promote", "merge", "1", "--forge", "local", cwd=due.repo.path)
    assert done.returncode == 0, done.stderr
    assert b"that origin/main lacks: git push" in done.stdout + done.stderr
