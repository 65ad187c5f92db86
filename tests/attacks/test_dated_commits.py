"""A date that somebody wrote into a commit opens no gate, and shuts none for ever.

Who makes a commit chooses its date. A branch that is fast-forwarded brings it to the main branch as
it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.bot.observe_round import Failed
from reconciler.forges.forge import PullRequestState
from reconciler.forges.local import LocalForge
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from tests.bot.conftest import build as build
from tests.bot.gitea_fleet import GiteaFleet, fleet
from tests.bot.gitea_fleet import entry as town_entry
from tests.conftest import Repo
from tests.forges.conftest import site as site
from tests.promotion.fleet import Fleet, entry
from tests.promotion.pull_request.forge_setup import PAW, PromotionFleet, in_the_repository
from tests.testbed.plugin import Gitea

Build = Callable[[Mapping[str, str]], GiteaFleet]
At = Callable[[datetime], None]
SOAK = "promotion: {propose: app, autoMerge: true, gates: [{type: soak, time: 24h}]}\n"
FAR = datetime(2100, 1, 1, tzinfo=UTC)
HEADER = "promotion/soak"


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """From now on, people say that they commit at this time."""

    def set_clock(time: datetime) -> None:
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{role}_DATE", f"@{int(time.timestamp())} +0000")

    return set_clock


@pytest.fixture
def kernel_that_checks() -> Iterator[Kernel]:
    with Kernel(CHECKING) as kernel:
        yield kernel


@pytest.fixture
def promotion_fleet(repo: Repo, at: At, kernel_that_checks: Kernel) -> PromotionFleet:
    """A fleet that is three days old, and in which nothing has happened since."""
    at(ago(days=3))
    return PromotionFleet.build(in_the_repository, repo, kernel_that_checks, {"prod": SOAK})


def bot(root: Path) -> str:
    """The real bot, once."""
    names = ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "bot", "--once", "--log-format", "text"],
        cwd=root,
        env={**kept, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def rounds(promotion_fleet: PromotionFleet) -> list[str]:
    """How the soak gate stands after a round, by its evidence; nothing once it is merged."""
    happened = promotion_fleet.round()
    assert not [event for event in happened if isinstance(event, Failed)], happened
    return [
        status.description
        for pull in promotion_fleet.forge.open_pulls()
        for status in promotion_fleet.forge.statuses(pull.commit)
        if status.context == HEADER
    ]


def test_a_commit_that_is_dated_back_soaks_from_when_the_bot_saw_it(repo: Repo, at: At) -> None:
    for name in ("name", "email"):
        repo.git("config", f"user.{name}", "bot@fleet.example")
    at(ago(days=3))
    found = Fleet(repo, {"prod": SOAK})
    at(ago(days=2))
    dated = found.commit(entry("stage", found.first, "v2"))
    first = bot(repo.path)
    assert "0 min of 1 d" in first
    forge = LocalForge(str(repo.path))
    seen = repo.git("rev-parse", f"refs/reconciler/seen/{dated}")
    assert "0 min of 1 d" in bot(repo.path)
    assert repo.git("rev-parse", f"refs/reconciler/seen/{dated}") == seen
    (pull,) = forge.open_pulls()
    assert pull.state is PullRequestState.open
    assert "newTag: v1" in repo.git("show", "main:environments/prod/paw/kustomization.yaml")


def test_it_goes_on_once_it_has_been_there_for_that_time(
    promotion_fleet: PromotionFleet, at: At
) -> None:
    at(ago(days=2))
    promotion_fleet.tag("v2")
    assert "0 min of 1 d" in rounds(promotion_fleet)[0]
    promotion_fleet.later(hours=23)
    assert rounds(promotion_fleet)
    promotion_fleet.later(hours=2)
    assert rounds(promotion_fleet) == []
    assert "newTag: v2" in promotion_fleet.file("main")


def test_a_date_that_is_to_come_neither_opens_a_gate_nor_keeps_it_shut(
    promotion_fleet: PromotionFleet, at: At
) -> None:
    at(FAR)
    promotion_fleet.tag("v2")
    assert "0 min of 1 d" in rounds(promotion_fleet)[0]
    promotion_fleet.later(hours=25)
    assert rounds(promotion_fleet) == []
    assert "newTag: v2" in promotion_fleet.file("main")


def test_what_comes_after_a_date_that_is_to_come_is_not_held_up_by_it(
    promotion_fleet: PromotionFleet, at: At
) -> None:
    at(FAR)
    promotion_fleet.fleet.commit({"note.md": "from far away\n"})
    at(datetime.now(UTC))
    promotion_fleet.tag("v2")
    assert rounds(promotion_fleet)
    promotion_fleet.later(hours=25)
    assert rounds(promotion_fleet) == []


def test_a_release_that_was_replaced_has_not_soaked_until_a_day_that_is_to_come(
    promotion_fleet: PromotionFleet, at: At
) -> None:
    at(ago(days=2))
    bad = promotion_fleet.fleet.change(2)
    promotion_fleet.tag("v2", ref=bad)
    at(FAR)
    promotion_fleet.tag("v1")
    promotion_fleet.later(hours=30)
    (soak,) = gate(promotion_fleet.advance(replace(PAW, release=bad)).results)
    assert soak.state is Gate.closed
    assert "0 min of 1 d, and replaced there" in soak.evidence


def gate(results: tuple[GateResult, ...]) -> list[GateResult]:
    return [result for result in results if result.name == "soak"]


@pytest.mark.parametrize(
    ("dated", "said"),
    [
        (ago(days=2), "0 min of 1 d"),
        (FAR, "is dated 2100-01-01 00:00 UTC, which is still to come"),
    ],
)
def test_without_a_forge_it_is_no_older_than_what_it_builds_on(
    repo: Repo, at: At, dated: datetime, said: str
) -> None:
    found = Fleet(repo, {"prod": SOAK})
    at(dated)
    found.commit(entry("stage", found.first, "v2"))
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "promote", "status", "prod", "--why"],
        cwd=repo.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, said in done.stdout) == (1, True), done.stdout


def fleet_in_gitea(build: Build, at: At) -> GiteaFleet:
    at(ago(days=3))
    return build(fleet(["web"], {"stage": "", "prod": SOAK}))


def soak_of(gitea_fleet: GiteaFleet) -> str:
    (pull,) = [
        pull for pull in gitea_fleet.forge.open_pulls() if pull.branch.startswith("promote/")
    ]
    statuses = {status.context: status for status in gitea_fleet.forge.statuses(pull.commit)}
    return statuses[HEADER].description


def test_a_request_that_gitea_fast_forwards_counts_from_its_merge(
    build: Build, gitea: Gitea, at: At
) -> None:
    gitea_fleet = fleet_in_gitea(build, at)
    at(ago(days=2))
    gitea_fleet.people.git("switch", "--quiet", "--create", "work")
    dated = gitea_fleet.people.commit(town_entry("stage", "web", "v2"))
    gitea_fleet.people.git("push", "--quiet", "origin", "work")
    gitea_fleet.people.git("switch", "--quiet", "main")
    made = {"head": "work", "base": "main", "title": "v2"}
    number = gitea_fleet.site.call("POST", "/pulls", made, user="alice")["number"]
    for _ in range(40):
        if gitea_fleet.site.call("GET", f"/pulls/{number}")["mergeable"]:
            break
    gitea_fleet.site.call("POST", f"/pulls/{number}/merge", {"Do": "fast-forward-only"})
    gitea_fleet.people.git("fetch", "--quiet", "origin", "main")
    assert gitea_fleet.people.git("rev-parse", "FETCH_HEAD") == dated
    gitea_fleet.go()
    assert "0 min of 1 d" in soak_of(gitea_fleet)
    assert "newTag: v1" in gitea_fleet.file("main", "prod", "web")
    assert not [s for s in gitea_fleet.forge.statuses(dated) if s.context == "promotion/seen"]


def test_what_gitea_was_pushed_counts_from_when_the_bot_saw_it(build: Build, at: At) -> None:
    """Somebody else's status of that name, however old, counts for nothing."""
    gitea_fleet = fleet_in_gitea(build, at)
    at(ago(days=2))
    gitea_fleet.people.git("switch", "--quiet", "--create", "work")
    dated = gitea_fleet.people.commit(town_entry("stage", "web", "v2"))
    gitea_fleet.people.git("push", "--quiet", "origin", "work")
    forged = {"context": "promotion/seen", "state": "success", "description": "it is there"}
    gitea_fleet.site.call("POST", f"/statuses/{dated}", forged, user="alice")
    gitea_fleet.people.git("push", "--quiet", "origin", "work:main")
    gitea_fleet.go()
    assert "0 min of 1 d" in soak_of(gitea_fleet)
    given = gitea_fleet.site.call("GET", f"/commits/{dated}/statuses")
    assert sorted(one["creator"]["login"] for one in given) == ["alice", "bot"]
    gitea_fleet.go()
    assert gitea_fleet.site.call("GET", f"/commits/{dated}/statuses") == given


@pytest.mark.parametrize("date", ["@99999999999999 +0000", "@9223372036854775 +0000"])
@pytest.mark.parametrize(
    "words", [("promote", "history", "stage", "paw"), ("list", "--ref", "main")]
)
def test_a_date_that_no_calendar_has_can_be_shown(
    promotion_fleet: PromotionFleet,
    date: str,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_DATE", date)
    promotion_fleet.tag("v2")
    promotion_fleet.tag("v3", ref=promotion_fleet.fleet.change(2))
    promotion_fleet.push()
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=promotion_fleet.forge_setup.root,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
