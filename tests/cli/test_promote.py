"""reconciler promote: a plan to read, and a branch to merge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry, overlay

BRANCH = "promote/stage/prod/app/paw"


@pytest.fixture
def fleet(repo: Repo) -> Fleet:
    repo.git("config", "user.name", "t")
    repo.git("config", "user.email", "t@localhost")
    return Fleet(repo)


@pytest.fixture
def due(fleet: Fleet) -> Fleet:
    """Stage runs what prod does not."""
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    return fleet


def names_of(fleet: Fleet) -> list[str]:
    return fleet.repo.git("for-each-ref", "--format=%(refname:short)").split()


def test_a_plan_shows_what_changes_and_writes_nothing(due: Fleet, typed: Run) -> None:
    done = typed("promote", "stage", "prod", "paw", "--dry-run", cwd=due.repo.path)
    printed = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "images[paw].newTag: v1 → v2" in printed
    assert "spec.ports" in printed
    assert names_of(due) == ["main"]


def test_a_dry_run_lists_what_a_run_would_do(due: Fleet, typed: Run) -> None:
    words = ("promote", "stage", "prod", "paw", "--dry-run")
    printed = typed(*words, cwd=due.repo.path).stdout.decode()
    assert "1 to be promoted; nothing is written with --dry-run" in printed
    assert f"  push the new branch {BRANCH}\n" in printed
    (plan,) = json.loads(typed(*words, "-o", "json", cwd=due.repo.path).stdout)["plans"]
    assert [step["app"] for step in plan["apps"]] == ["paw"]
    push, opening, statuses = plan["actions"]
    assert (push["action"], push["branch"], push["tip"]) == ("PushBranch", BRANCH, None)
    assert push["files"] == ["environments/prod/paw/kustomization.yaml"]
    assert (opening["action"], opening["base"]) == ("OpenPullRequest", "main")
    assert opening["title"] == "Promote paw v1 → v2 to prod"
    assert (statuses["action"], statuses["commit"]) == ("SetStatuses", None)
    assert names_of(due) == ["main"]
    done = json.loads(
        typed("promote", "stage", "prod", "paw", "-o", "json", cwd=due.repo.path).stdout
    )
    kinds = [action["action"] for action in done["plans"][0]["actions"]]
    assert kinds == [action["action"] for action in plan["actions"]]
    assert (
        json.loads(typed(*words, "-o", "json", cwd=due.repo.path).stdout)["plans"][0]["actions"]
        == []
    )


def test_without_a_forge_that_answers_a_dry_run_shows_the_plan_alone(
    due: Fleet, typed: Run
) -> None:
    words = ("promote", "stage", "prod", "paw", "--dry-run")
    due.repo.git("remote", "add", "origin", "https://127.0.0.1:1/fleet/apps.git")
    for more in ((), ("--offline",)):
        done = typed(*words, *more, cwd=due.repo.path)
        assert done.returncode == 0, done.stderr
        assert "images[paw].newTag: v1 → v2" in done.stdout.decode()
        assert "what would be done in the forge is not known: " in done.stdout.decode()
    done = typed(*words, "--offline", "-o", "json", cwd=due.repo.path)
    assert json.loads(done.stdout)["plans"][0]["actions"] is None
    assert typed(*words, "--forge", "gitea", cwd=due.repo.path).returncode == 2


def test_commits_of_others_are_counted_alone(due: Fleet, typed: Run) -> None:
    due.commit({"README": "words\n"})
    due.commit(entry("stage", due.change(3), "v3"))
    done = typed("promote", "stage", "prod", "paw", "--dry-run", cwd=due.repo.path)
    lines = done.stdout.decode().splitlines()
    begin = lines.index(f"  commits since {due.first[:10]}:")
    own, others = lines[begin + 1 : begin + 3], lines[begin + 3]
    assert all(line.startswith("+ ") and line.endswith(" a change") for line in own)
    assert others == "      3 more outside of overlays/paw"


def test_a_promotion_is_one_commit_on_a_branch(due: Fleet, typed: Run) -> None:
    main = due.repo.git("rev-parse", "main")
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert done.returncode == 0
    assert due.repo.git("rev-parse", f"{BRANCH}^") == main
    changed = due.repo.git("diff", "--numstat", "main", BRANCH)
    assert changed == "2\t2\tenvironments/prod/paw/kustomization.yaml"
    message = due.repo.git("log", "-1", "--format=%B", BRANCH)
    assert message.startswith("Promote paw v1 → v2 to prod\n")


def test_the_work_tree_and_the_index_stay_as_they_are(due: Fleet, typed: Run) -> None:
    repo = due.repo
    repo.write({"environments/prod/paw/kustomization.yaml": "broken: [", "new": "x"})
    repo.git("add", "new")
    before = repo.git("status", "--porcelain=v2", "--branch")
    index = (repo.path / ".git/index").read_bytes()
    assert typed("promote", "stage", "prod", "paw", cwd=repo.path).returncode == 0
    assert (repo.path / ".git/index").read_bytes() == index
    assert repo.git("status", "--porcelain=v2", "--branch") == before


def test_a_second_run_changes_nothing(due: Fleet, typed: Run) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    first = due.repo.git("rev-parse", BRANCH)
    done = typed("promote", "stage", "prod", "paw", "-o", "json", cwd=due.repo.path)
    assert json.loads(done.stdout)["plans"][0]["proposal"]["outcome"] == "unchanged"
    assert due.repo.git("rev-parse", BRANCH) == first


def test_a_newer_release_takes_the_place_of_the_older(due: Fleet, typed: Run) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    due.commit(entry("stage", due.change(3), "v3"))
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert f"{BRANCH} is updated".encode() in done.stdout
    assert due.repo.git("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert "newTag: v3" in due.repo.git(
        "show", f"{BRANCH}:{due.file('prod').relative_to(due.repo.path)}"
    )


def test_somebody_elses_commit_on_the_branch_is_kept(due: Fleet, typed: Run) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    due.repo.git("switch", "--quiet", BRANCH)
    theirs = due.commit({"more": "x\n"})
    due.repo.git("switch", "--quiet", "main")
    due.commit(entry("stage", due.change(3), "v3"))
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert done.returncode == 0
    assert theirs[:10].encode() in done.stdout
    assert due.repo.git("rev-parse", f"{BRANCH}~1") == theirs


def test_a_branch_that_is_checked_out_is_not_moved(due: Fleet, typed: Run, tmp_path: Path) -> None:
    typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    first = due.repo.git("rev-parse", BRANCH)
    due.repo.git("worktree", "add", "--quiet", str(tmp_path / "other"), BRANCH)
    due.commit(entry("stage", due.change(3), "v3"))
    done = typed("promote", "stage", "prod", "paw", cwd=due.repo.path)
    assert (done.returncode, due.repo.git("rev-parse", BRANCH)) == (2, first)
    assert b"is checked out in" in done.stderr


def test_all_apps_are_one_commit_and_a_blocked_one_is_left_out(due: Fleet, typed: Run) -> None:
    due.commit(overlay("dog", 1))
    first = due.repo.git("rev-parse", "HEAD")
    due.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    due.commit(entry("prod", first, "hotfix", app="dog"))
    due.commit(entry("stage", first, "v2", app="dog"))
    done = typed("promote", "stage", "prod", "--all", "-o", "json", cwd=due.repo.path)
    assert done.returncode == 1
    (plan,) = json.loads(done.stdout)["plans"]
    assert {a["app"]: a["state"] for a in plan["apps"]} == {"dog": "diverged", "paw": "due"}
    assert due.repo.git("diff", "--name-only", "main", "promote/stage/prod/all") == (
        "environments/prod/paw/kustomization.yaml"
    )


def test_each_line_has_its_reason(due: Fleet, typed: Run) -> None:
    due.commit(entry("prod", due.first, a="7"))
    done = typed("promote", "stage", "prod", "paw", "--dry-run", "--explain", cwd=due.repo.path)
    printed = done.stdout.decode()
    assert "environments/prod/paw/kustomization.yaml:5:11: stage has had this since" in printed
    assert "literals[A]: 7 → 1  stays" in printed
    assert "it is prod's own since" in printed


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["stag", "prod", "paw"], "stag is neither a command of promote", "did you mean stage?"),
        (["stage", "prd", "paw"], "there is no environment prd", "did you mean prod?"),
        (["stage", "prod", "pow"], "stage runs no app pow", "did you mean paw?"),
        (["stage", "prod"], "name the apps, or say --all", "reconciler promote stage prod APP"),
        (["stage", "prod", "paw", "--all"], "--all leaves no app", "promote stage prod APP"),
        (["dev", "prod", "paw"], "would skip stage", "list dev in promotion.allowSkipFrom"),
        (["prod", "stage", "paw"], "stage is before prod", "reconciler promote stage prod"),
        (["stage", "dev", "paw"], "dev is before stage", "reconciler promote dev stage"),
        (["stage", "stage", "paw"], "cannot promote to itself", "stage promotes from dev"),
        (["stage", "p*x", "paw"], "no environment called p*x", "these do: prod"),
        (["stage", "prod", "paw", "--to-release", "v9"], "there is no commit 'v9'", "git fetch"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    words: list[str], what: str, hint: str, fleet: Fleet, typed: Run
) -> None:
    done = typed("promote", *words, cwd=fleet.repo.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert what in done.stderr.decode()
    assert hint in done.stderr.decode()


def test_the_policy_lets_a_promotion_skip(repo: Repo, typed: Run) -> None:
    fleet = Fleet(repo, {"prod": "promotion: {allowSkipFrom: dev}\n".replace("dev", "[dev]")})
    fleet.change(2)
    done = typed("promote", "dev", "prod", "paw", "--dry-run", cwd=repo.path)
    assert done.returncode == 0
    assert b"1 to be promoted" in done.stdout


def test_an_origin_that_was_added_by_hand_is_promoted_on_what_main_follows(
    due: Fleet, typed: Run, tmp_path: Path
) -> None:
    due.repo.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    due.repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    due.repo.git("push", "--quiet", "origin", "main")
    words = ("promote", "stage", "prod", "paw", "--dry-run")
    done = typed(*words, cwd=due.repo.path)
    assert b"git remote set-head origin --auto, or set releases.branch" in done.stderr
    due.repo.git("push", "--quiet", "-u", "origin", "main")
    due.repo.git("switch", "--quiet", "--create", "other")
    done = typed(*words, cwd=due.repo.path)
    assert done.returncode == 0, done.stderr
    assert b"v1 \xe2\x86\x92 v2" in done.stdout


def test_commits_that_were_not_pushed_are_named(due: Fleet, typed: Run, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(due.repo.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("switch", "--quiet", "--force-create", "main", "--track", "origin/main")
    words = ("promote", "stage", "prod", "--all", "--dry-run", "--offline")
    assert b"git push" not in typed(*words, cwd=clone.path).stderr
    clone.commit(entry("stage", due.first, "v3"))
    done = typed(*words, cwd=clone.path)
    said = b"note: your branch main has 1 commit that origin/main lacks: git push"
    assert (done.returncode, done.stderr.strip()) == (0, said)
    assert b"v3" not in done.stdout
    clone.commit({"README": "words"})
    clone.git("config", "user.name", "pat")
    clone.git("config", "user.email", "pat@fleet.example")
    done = typed("promote", "stage", "prod", "paw", "--no-pull-request", cwd=clone.path)
    assert b"has 2 commits that origin/main lacks" in done.stderr


def test_environments_that_are_not_committed_are_said_to_be(repo: Repo, typed: Run) -> None:
    commit = repo.commit({"a.txt": ""})
    repo.write({f"environments/{name}/environment.yaml": "{}" for name in ("dev", "prod")})
    done = typed("promote", "dev", "prod", "paw", "--dry-run", cwd=repo.path)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(
        f"error: main ({commit[:7]}) has no environments; your working tree has dev and prod\n"
    )


def test_a_detached_clone_promotes_on_the_main_branch_of_its_origin(
    due: Fleet, typed: Run, tmp_path: Path
) -> None:
    clone = Repo(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(due.repo.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("checkout", "--quiet", "--detach", "origin/main~2")
    done = typed("promote", "stage", "prod", "paw", "--dry-run", cwd=clone.path)
    assert (done.returncode, b"the main branch of origin" in done.stderr) == (2, True)
    clone.git("remote", "set-head", "origin", "main")
    done = typed("promote", "stage", "prod", "paw", "--dry-run", cwd=clone.path)
    assert done.returncode == 0, done.stderr
    assert b"v1 \xe2\x86\x92 v2" in done.stdout


def test_a_shallow_clone_is_told_what_to_fetch(due: Fleet, typed: Run, tmp_path: Path) -> None:
    due.repo.git("clone", "--quiet", "--depth=1", f"file://{due.repo.path}", str(tmp_path / "c"))
    done = typed("promote", "stage", "prod", "paw", cwd=tmp_path / "c")
    assert done.returncode == 1
    assert b"--unshallow" in done.stdout


def test_no_secret_in_the_clear_is_shown_or_copied(fleet: Fleet, typed: Run) -> None:
    secret = "secretGenerator: [{{name: s, literals: [key=hunter{}]}}]\n"
    fleet.commit(entry("prod", fleet.first, more=secret.format(1)))
    fleet.commit(entry("stage", fleet.first, "v2", more=secret.format(2)))
    for form in ("text", "json"):
        done = typed(
            *("promote", "stage", "prod", "paw", "--explain", "-o", form), cwd=fleet.repo.path
        )
        assert done.returncode == 0
        assert b"hunter" not in done.stdout + done.stderr
    assert "hunter" not in fleet.repo.git("diff", "main", BRANCH, "--unified=0")


@pytest.mark.parametrize(
    "words",
    [
        ["stage", "prod", "paw", "--dry-run"],
        ["status", "prod"],
        ["history", "prod"],
        ["rollback", "prod", "paw"],
    ],
)
def test_a_mistake_on_the_main_branch_is_told_with_its_revision(
    words: list[str], fleet: Fleet, typed: Run
) -> None:
    file = "environments/prod/environment.yaml"
    right = (fleet.repo.path / file).read_text()
    wrong = fleet.commit({file: f"{right}promotes: stage\n"})
    fleet.repo.write({file: right})
    done = typed("promote", *words, cwd=fleet.repo.path)
    assert done.returncode == 2
    line = len(right.splitlines()) + 1
    assert done.stderr.decode().startswith(f"error: {wrong[:12]}:{file}:{line}:1: ")
