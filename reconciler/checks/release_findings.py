"""How the entries of an environment name their release, held against what its policy asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.errors import Place
from reconciler.git.repository import Repository
from reconciler.model.entry import Entry
from reconciler.model.environment import Releases
from reconciler.model.followed_overlays import followed_overlays
from reconciler.model.paths import (
    ENVIRONMENT_FILE,
    environment_folder,
    kustomization_in,
)
from reconciler.model.release import read_release
from reconciler.render.renderer import Render
from reconciler.text.suggestions import listing
from reconciler.trees.pins import PinnedCommit, pins_of
from reconciler.trees.tree import Tree

POLICY = CheckRule(
    "releases/policy",
    Severity.error,
    """An app names its release in another way than its environment wants.

`releases.policy` of environment.yaml says whether its apps pin a commit or follow the branch.
""",
)
FULL_COMMIT = CheckRule(
    "releases/full-commit",
    Severity.error,
    """A pin names a branch, a tag or a part of a commit's name.

What it leads to may change without any change in the environment. Write all 40 characters of the
commit, or allow other names with `releases.fullCommit: false`.
""",
)
REACHABLE = CheckRule(
    "releases/reachable",
    Severity.error,
    """A pinned commit is not on the main branch.

It was never merged, or no longer is: nobody reviewed it, and Git may drop it. The branch is
`releases.branch` of environment.yaml, and otherwise the default branch of `origin`. In a shallow
clone that does not hold enough of the history this is a warning.
""",
)
FOLLOWS = CheckRule(
    "releases/follows-branch",
    Severity.note,
    """An environment that releases are promoted to has apps that follow the branch.

An edit of an overlay reaches such an environment as soon as it is merged, and no gate sees it: only
what the app's folder in the environment says, such as an image's tag, comes by a promotion.
`reconciler pin ENV` lets its apps pin a commit; say `releases: {policy: follow}` if it is meant.
""",
)
RELEASES = (POLICY, FULL_COMMIT, REACHABLE, FOLLOWS)


def release_findings(
    tree: Tree, repository: Repository | None, render: Render, entry: Entry, releases: Releases
) -> Iterator[Finding]:
    """What is to be said about the pins of one app, or about there being none."""
    pins = pins_of(tree, render.paths)
    if bool(pins) is not (releases.policy == "pin") and releases.policy != "any":
        file = kustomization_in(tree, render.path) or render.path
        what = "the environment pins its releases, and this app follows the branch"
        hint = f"reconciler pin {entry}"
        if pins:
            what = "the environment follows the branch, and this app pins a commit"
            hint = "name the overlay by its path"
        yield _finding(POLICY, render, Place(pins[0].file if pins else file), what, hint)
    for pin in pins:
        where = _place(tree, entry, pin)
        if releases.full_commit and not pin.exact:
            hint = (
                f"write ?ref={pin.commit}" if pin.commit else "write all 40 characters of a commit"
            )
            yield _finding(FULL_COMMIT, render, where, "the pin does not name a commit", hint)
        if repository:
            yield from _unreachable(repository, render, pin, where, releases.branch)


def follows_findings(
    tree: Tree, renders: Iterable[Render], entries: Mapping[str, Entry]
) -> Iterator[Finding]:
    """Once for each environment, however many of its apps follow the branch."""
    following: dict[str, list[str]] = defaultdict(list)
    for render in renders:
        entry = entries.get(render.path)
        if entry and followed_overlays(tree, entry) and not pins_of(tree, render.paths):
            following[entry.environment].append(entry.app)
    for name, apps in following.items():
        said = listing(apps[:3]) + (f" and {len(apps) - 3:,} more" if len(apps) > 3 else "")
        yield Finding(
            FOLLOWS.id,
            FOLLOWS.severity,
            f"an edit of an overlay reaches {name} at once, and no gate sees it: {said} "
            f"{'follows' if len(apps) == 1 else 'follow'} the branch",
            f"reconciler pin {name}, or say releases: {{policy: follow}} if it is meant",
            where=Place(f"{environment_folder(name)}/{ENVIRONMENT_FILE}"),
        )


def _unreachable(
    repository: Repository, render: Render, pin: PinnedCommit, where: Place, branch: str
) -> Iterator[Finding]:
    holds = repository.holds(branch, pin.commit)
    if holds:
        return
    name = branch or "the main branch"
    if holds is None and not repository.is_shallow:
        unknown = branch or "the main branch of origin"
        what = f"whether {pin.commit} was merged cannot be told: {unknown} is not known here"
        hint = f"git fetch origin {branch}" if branch else "git remote set-head origin --auto"
        finding = _finding(REACHABLE, render, where, what, hint)
        yield replace(finding, severity=Severity.warning)
        return
    if holds is None:
        what = f"this clone does not hold enough of {name} to tell whether {pin.commit} is on it"
        finding = _finding(REACHABLE, render, where, what, "git fetch --unshallow")
        yield replace(finding, severity=Severity.warning)
        return
    what = f"the commit {pin.commit} is not on {name}"
    yield _finding(REACHABLE, render, where, what, "merge it, or pin what is merged")


def _place(tree: Tree, entry: Entry, pin: PinnedCommit) -> Place:
    """The line of the URL, if it is the entry itself that names it."""
    if pin.file == kustomization_in(tree, entry.folder):
        for named in read_release(tree, entry).pins:
            if named.ref and pin.url.endswith(named.ref):
                return named.place
    return Place(pin.file)


def _finding(rule: CheckRule, render: Render, where: Place, what: str, hint: str) -> Finding:
    return Finding(rule.id, rule.severity, what, hint, folder=render.path, where=where)
