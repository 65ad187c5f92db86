"""Git, as a process that stays looks at it: the tip of the main branch, as it is now."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.controller.app import Desired
from reconciler.errors import FleetError
from reconciler.git.addresses import remote_urls, without_user
from reconciler.git.command import run_git
from reconciler.git.repository import Repository
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.session.settings import Settings
from reconciler.session.trees import open_fetched
from reconciler.session.trust import follow_trusted
from reconciler.trees.commit import CommitTree, commit_tree


@dataclass(frozen=True, slots=True)
class GitState:
    """All environments at one commit."""

    fleet: Fleet
    desired: Desired


def desired_at(path: str, tree: CommitTree) -> Desired:
    """A commit of the repository at a path, which is called as its remote is."""
    url = next(iter(remote_urls(path)), path)
    return Desired(tree, without_user(url), tree.commit)


class GitSource:
    """A clone, whose remote is asked each time if it has one."""

    def __init__(self, settings: Settings, path: str, branch: str, *, offline: bool) -> None:
        self._settings = settings
        self.path = path
        self._branch = branch
        self._offline = offline
        self._fetches = bool(remote_urls(path)) and not offline

    def look(self) -> GitState:
        """Raises where Git cannot be reached, and where a fleet has become none."""
        if self._fetches:
            run_git(self.path, "fetch", "--quiet", "origin")
        repository = Repository(self.path)
        tree = open_fetched(self._settings, repository, self._branch, offline=self._offline)
        fleet = load_fleet(tree)
        if not fleet.entries:
            raise FleetError("no environment has an app any more, and nothing is changed for it")
        return GitState(fleet, desired_at(self.path, tree))

    def at(self, commit: str) -> Desired:
        """An earlier commit, which the main branch of now vouches for."""
        repository = Repository(self.path)
        main = open_fetched(self._settings, repository, self._branch, offline=self._offline)
        tree = commit_tree(repository, commit)
        follow_trusted(self._settings, tree, self.path, trusted=main, offline=self._offline)
        return desired_at(self.path, tree)
