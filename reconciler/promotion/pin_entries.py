"""Entries that follow the branch, with the same overlays pinned to a commit of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.errors import FleetError, UsageError
from reconciler.git.addresses import remote_urls
from reconciler.git.branches import OwnBranches, main_branch
from reconciler.git.kustomize_urls import kustomize_url
from reconciler.git.names import CommitId
from reconciler.git.repository import ORIGIN, Repository
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.followed_overlays import followed_overlays, overlay_at
from reconciler.model.paths import ENVIRONMENT_FILE, Folder, kustomization_in
from reconciler.model.release import read_release
from reconciler.promotion.plan.entry_fields import BASES, read_fields
from reconciler.promotion.plan.plan import EntryEdit
from reconciler.trees.commit import CommitTree
from reconciler.trees.tree import Tree
from reconciler.yaml.edit import edited
from reconciler.yaml.read import read_documents

POLICY = "releases.policy"
NAME_THE_REPOSITORY = (
    "git remote add origin URL, or list the repository's URL under repositories in environment.yaml"
)


@dataclass(frozen=True, slots=True)
class PinnedEntry:
    """An entry and what it pins now: nothing where it `pins` already, or names no overlay."""

    entry: Entry
    pins: bool
    overlays: tuple[Folder, ...] = ()
    edit: EntryEdit | None = None


@dataclass(frozen=True, slots=True)
class PinnedEnvironment:
    """Entries of one environment, and its policy where all of them pin from now on."""

    environment: Environment
    commit: CommitId
    entries: tuple[PinnedEntry, ...]
    policy: EntryEdit | None = None

    @property
    def edits(self) -> list[EntryEdit]:
        found = [*(pinned.edit for pinned in self.entries), self.policy]
        return [edit for edit in found if edit]


def pin_entries(
    tree: Tree,
    repository: Repository,
    environment: Environment,
    entries: Iterable[Entry],
    others: Iterable[Entry],
    revision: str | None,
) -> PinnedEnvironment:
    """What pins these entries; the `others` of the environment stay as they are."""
    if environment.releases.policy == "follow":
        raise environment.error(
            POLICY,
            f"the apps of {environment.name} are to follow the branch",
            hint="remove this line, and they can pin a commit",
        )
    commit = _commit(repository, environment, revision)
    url = _url(repository, environment)
    there = CommitTree(repository, commit)
    found = tuple(_pinned(tree, there, entry, url) for entry in entries)
    rest = [read_release(tree, entry).pins for entry in others]
    changes = any(pinned.edit for pinned in found)
    alike = all(pinned.pins for pinned in found) and all(rest)
    policy = _policy(tree, environment) if changes and alike else None
    return PinnedEnvironment(environment, commit, found, policy)


def _commit(repository: Repository, environment: Environment, revision: str | None) -> CommitId:
    branch = environment.releases.branch
    if remote_urls(repository.path) and not OwnBranches(repository.path).tips(ORIGIN):
        raise UsageError(
            "nothing is known of origin, so no commit can be pinned that others could fetch",
            hint=f"git push -u origin {main_branch(repository.path, branch)}, or git fetch",
        )
    tip = repository.fetched_branch(branch)
    if revision is None:
        return tip
    commit = repository.resolve(revision)
    if not repository.holds(branch, commit):
        name = main_branch(repository.path, branch)
        raise UsageError(
            f"{commit[:10]} is not on the branch {name}, as far as this clone knows",
            why="nobody reviewed it, and Git may drop it",
            hint=f"merge it and git fetch, or name a commit of {name}",
        )
    return commit


def _url(repository: Repository, environment: Environment) -> str:
    """By which Kustomize finds the repository: origin's, or what the environment calls it."""
    known = [*remote_urls(repository.path)[:1], *environment.repositories]
    taken = (kustomize_url(url, repository.path) for url in known)
    found = next((url for url in taken if url), None)
    if found:
        return found
    what = "Kustomize takes no URL of this repository" if known else "this repository has no URL"
    raise UsageError(
        what, why="a pin names the repository and a commit of it", hint=NAME_THE_REPOSITORY
    )


def _pinned(tree: Tree, there: CommitTree, entry: Entry, url: str) -> PinnedEntry:
    overlays = tuple(followed_overlays(tree, entry))
    path = kustomization_in(tree, entry.folder)
    if not overlays or not path:
        return PinnedEntry(entry, pins=bool(read_release(tree, entry).pins))
    content = read(tree, path)
    document = read_fields(content, path).document
    assert document  # noqa: S101
    value = copy.deepcopy(document.value)
    for field in BASES:
        items: Any = value.get(field)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            overlay = overlay_at(tree, entry, item) if isinstance(item, str) else None
            if overlay and not kustomization_in(there, overlay):
                raise FleetError(
                    f"{there.commit[:10]} has no {overlay}",
                    where=document.place(field, i),
                    why="what is pinned must have been merged",
                    hint="commit it, and push or merge it, first; or name a later --commit",
                )
            if overlay:
                items[i] = f"{url}//{overlay}?ref={there.commit}"
    made = edited(document, value)
    edit = EntryEdit(path, content, made.encoded(content), made.rewritten)
    return PinnedEntry(entry, True, overlays, edit)


def _policy(tree: Tree, environment: Environment) -> EntryEdit | None:
    """The environment's file with the policy, unless it has one."""
    if POLICY in environment.places:
        return None
    path = f"{environment.folder}/{ENVIRONMENT_FILE}"
    content = read(tree, path)
    (document,) = read_documents(content, path)
    releases = document.value.get("releases") or {}
    made = edited(document, {**document.value, "releases": {**releases, "policy": "pin"}})
    return EntryEdit(path, content, made.encoded(content), made.rewritten)
