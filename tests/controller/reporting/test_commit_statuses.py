"""What is said of a commit on the forge: by what happened, and each once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from reconciler.controller.app_event import AppEvent, Happening
from reconciler.controller.reporting.commit_statuses import CommitStatusWriter, status_of
from reconciler.errors import ClusterError
from reconciler.forges.forge import CommitStatus, StatusVerdict
from reconciler.forges.local import LocalForge
from reconciler.session.forge import open_forge
from reconciler.session.settings import Settings
from tests.conftest import Repo
from tests.entries import entry_at_home

SHOP = entry_at_home("prod", "shop")
COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("what", "fields", "verdict", "said"),
    [
        (Happening.applied, {"commit": COMMIT}, StatusVerdict.pending, "applied"),
        (Happening.well, {"commit": COMMIT, "seconds": 3}, StatusVerdict.success, "well"),
        (
            Happening.unwell,
            {"commit": COMMIT, "object": "Deployment a/web", "why": "0 of 1 is ready"},
            StatusVerdict.failure,
            "not well: 0 of 1 is ready",
        ),
        (
            Happening.rolled_back,
            {"failed": COMMIT, "to": "b" * 40},
            StatusVerdict.failure,
            "rolled back",
        ),
        (Happening.not_applied, {"commit": COMMIT}, StatusVerdict.failure, "not applied: no room"),
    ],
)
def test_each_happening_has_its_verdict(
    what: Happening, fields: dict[str, object], verdict: StatusVerdict, said: str
) -> None:
    error = ClusterError("no room") if what is Happening.not_applied else None
    found = status_of(AppEvent(SHOP, what, fields, error))
    assert found == (COMMIT, CommitStatus("reconciler/prod/shop", verdict, said))


def test_what_no_commit_is_to_blame_for_is_not_said() -> None:
    assert status_of(AppEvent(SHOP, Happening.changed, {"by": "kubectl"})) is None
    assert status_of(AppEvent(SHOP, Happening.held, {"commit": COMMIT})) is None


def test_the_forge_has_the_last_word_of_each_app(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a": "1"})
    commit = repo.git("rev-parse", "HEAD")
    with open_forge(Settings({}), str(repo.path), "local") as reached:
        assert isinstance(reached.forge, LocalForge)
        with CommitStatusWriter(reached.forge, logging.getLogger("test")) as writer:
            for what in (Happening.applied, Happening.well):
                writer.happened(AppEvent(SHOP, what, {"commit": commit}))
        (status,) = reached.forge.statuses(commit)
    assert (status.context, status.verdict) == ("reconciler/prod/shop", StatusVerdict.success)
