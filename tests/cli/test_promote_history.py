"""reconciler promote history: what ran when, from Git alone."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry, overlay

BRANCH = "promote/stage/prod/app/paw"


@pytest.fixture
def promoted(repo: Repo, typed: Run) -> Fleet:
    repo.git("config", "user.name", "bot")
    repo.git("config", "user.email", "bot@localhost")
    fleet = Fleet(repo)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    assert typed("promote", "stage", "prod", "paw", cwd=repo.path).returncode == 0
    return fleet


def releases(fleet: Fleet, typed: Run, *words: str) -> list[dict[str, object]]:
    done = typed("promote", "history", "prod", "paw", *words, "-o", "json", cwd=fleet.repo.path)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["releases"]
    return found


@pytest.mark.parametrize(
    ("how", "subject", "number"),
    [
        ("--no-ff", "Merge pull request #12 from fleet/promote", 12),
        ("--no-ff", "Merge pull request 'Mend (#3)' (#12) from promote into main", 12),
        ("--no-ff", "Merge branch 'promote' into 'main'\n\nSee merge request fleet/apps!12", 12),
        ("--no-ff", "Merge branch 'promote'", None),
        ("--squash", "Promote paw (#12)\n\n* Promote paw\n\nPromotion: stage prod", 12),
        ("--ff-only", "", None),
    ],
)
def test_a_promotion_tells_where_it_came_from_however_it_was_merged(
    how: str, subject: str, number: int | None, promoted: Fleet, typed: Run
) -> None:
    git = promoted.repo.git
    git("merge", "--quiet", how, *(["-m", subject] if how == "--no-ff" else []), BRANCH)
    if how == "--squash":
        git("commit", "--quiet", "-m", subject)
    newest, first = releases(promoted, typed)
    assert (newest["kind"], newest["from"], newest["pull"]) == ("promotion", "stage", number)
    assert newest["fields"][1] == {"field": "images[paw].newTag", "from": "v1", "to": "v2"}  # type: ignore[index]
    assert (first["kind"], first["from"], first["by"]) == (None, None, "t")
    assert newest["promoted_by"] == ("t" if how == "--squash" else "bot")


def test_people_read_it_in_lines(promoted: Fleet, typed: Run) -> None:
    git = promoted.repo.git
    git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #12 from fleet/promote", BRANCH)
    done = typed("promote", "history", "prod", "paw", "-n", "1", cwd=promoted.repo.path)
    first, *rest = done.stdout.decode().splitlines()
    assert first.endswith("paw  promotion from stage, #12, proposed by bot, merged by t  runs now")
    assert rest[1:] == ["~ images[paw].newTag: v1 → v2"]


def test_what_people_do_by_hand_is_told_too_and_what_is_prods_own_is_not(
    promoted: Fleet, typed: Run
) -> None:
    promoted.commit(entry("prod", promoted.first, "v1", more="replicas: [{name: paw, count: 5}]\n"))
    assert len(releases(promoted, typed)) == 1
    promoted.commit(entry("prod", promoted.first, "hotfix"))
    newest, _ = releases(promoted, typed)
    assert (newest["kind"], newest["by"], newest["subject"]) == (None, "t", "a change")


def test_a_promotion_to_another_environment_is_not_taken_for_one(
    promoted: Fleet, typed: Run
) -> None:
    promoted.repo.write(entry("prod", promoted.first, "v9"))
    promoted.repo.git("commit", "--quiet", "-am", "Promote\n\nPromotion: dev stage")
    assert releases(promoted, typed)[0]["kind"] is None


def test_an_app_that_was_away_for_a_while_has_a_gap(promoted: Fleet, typed: Run) -> None:
    file = promoted.file("prod")
    file.unlink()
    promoted.commit()
    promoted.commit(entry("prod", promoted.first, "v3"))
    assert [r["runs"] for r in releases(promoted, typed)] == [True, False, False]


def test_no_secret_in_the_clear_is_told(promoted: Fleet, typed: Run) -> None:
    secret = "secretGenerator: [{name: s, literals: [key=hunter2]}]\n"
    promoted.commit(entry("prod", promoted.first, "v4", more=secret))
    for form in ("text", "json"):
        done = typed("promote", "history", "prod", "paw", "-o", form, cwd=promoted.repo.path)
        assert b"v4" in done.stdout
        assert b"hunter2" not in done.stdout


def test_a_shallow_clone_says_that_it_is_one(promoted: Fleet, typed: Run, tmp_path: object) -> None:
    path = promoted.repo.path
    promoted.repo.git("clone", "--quiet", "--depth=1", f"file://{path}", str(path / "c"))
    done = typed("promote", "history", "prod", "paw", cwd=path / "c")
    assert b"this clone is shallow" in done.stdout


def test_an_app_that_does_not_run_there_is_named(promoted: Fleet, typed: Run) -> None:
    done = typed("promote", "history", "prod", "pow", cwd=promoted.repo.path)
    assert (done.returncode, b"did you mean paw?" in done.stderr) == (2, True)


def test_an_environment_has_one_timeline_with_requests_approvers_and_reasons(
    repo: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet(repo, {"prod": "promotion: {gates: [{type: approvals}]}\n"})
    repo.git("config", "user.email", "someone@fleet.example")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2099-01-01T00:00:00Z")  # somebody's clock is wrong
    first = fleet.commit(overlay("dog", 1))
    fleet.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    fleet.commit(entry("stage", fleet.first, "v2"))
    for who, words in (
        ("pat", "stage prod paw"),
        ("ann", "approve 1"),
        ("pat", "merge 1"),
        ("pat", "rollback prod paw --reason crashes"),
        ("ann", "approve 2"),
        ("pat", "merge 2"),
    ):
        repo.git("config", "user.name", who)
        assert typed("promote", *words.split(), cwd=repo.path).returncode == 0, words
    document = json.loads(typed("promote", "history", "prod", "-o", "json", cwd=repo.path).stdout)
    known = [
        (r["app"], r["kind"], r["pull"], r["approved_by"], r["reason"], r["runs"])
        for r in document["releases"]
    ]
    assert known[:2] == [
        ("paw", "rollback", 2, ["ann"], "crashes", True),
        ("paw", "promotion", 1, ["ann"], None, False),
    ]
    assert sorted(known[2:], key=str) == [
        ("dog", None, None, [], None, True),
        ("paw", None, None, [], None, False),
    ]
    said = typed("promote", "history", "prod", "-n", "1", cwd=repo.path).stdout.decode()
    assert "paw  rollback, #2, by pat, approved by ann  runs now\n" in said
    assert "because: crashes" in said
    late = typed("promote", "history", "prod", "--since", "2999-01-01", cwd=repo.path)
    assert (late.returncode, late.stdout) == (0, b"")


def test_who_proposed_is_named_beside_who_merged_and_what_was_overridden(
    repo: Repo, typed: Run
) -> None:
    gates = "[{type: approvals}, {type: soak, time: 24h}]"
    fleet = Fleet(repo, {"prod": f"promotion: {{overrides: [pat], gates: {gates}}}\n"})
    repo.git("config", "user.email", "someone@fleet.example")
    fleet.commit(entry("stage", fleet.first, "v2"))
    override = ["--override", "soak", "--reason", "the fix of @incident: 12"]
    for who, words in (
        ("pat", ["stage", "prod", "paw"]),
        ("pat", ["stage", "prod", "paw", *override]),
        ("ann", ["approve", "1"]),
        ("ann", ["merge", "1"]),
    ):
        repo.git("config", "user.name", who)
        assert typed("promote", *words, cwd=repo.path).returncode == 0, words
    passed = {"gate": "soak", "by": "pat", "reason": "the fix of @incident: 12"}
    newest = releases(fleet, typed)[0]
    assert (newest["promoted_by"], newest["by"], newest["overrides"]) == ("pat", "ann", [passed])
    assert "Promotion-Override: soak by pat: the fix of" in repo.git("log", "-1", "--format=%B")
    done = typed("promote", "history", "prod", "paw", "-n", "1", cwd=repo.path)
    first, second, *_ = done.stdout.decode().splitlines()
    said = "promotion from stage, #1, proposed by pat, merged by ann, approved by ann  runs now"
    assert first.endswith(said)
    assert second == "      soak overridden by pat: the fix of @incident: 12"


@pytest.mark.parametrize("app", ["*", "pa*", "p?w"])
def test_a_glob_names_apps(app: str, promoted: Fleet, typed: Run) -> None:
    assert releases(promoted, typed)[0]["app"] == "paw"
    done = typed("promote", "history", "prod", app, "-o", "json", cwd=promoted.repo.path)
    assert [r["app"] for r in json.loads(done.stdout)["releases"]] == ["paw"]
    none = typed("promote", "history", "prod", "x*", cwd=promoted.repo.path)
    assert (none.returncode, b"prod runs no app x*" in none.stderr) == (2, True)
