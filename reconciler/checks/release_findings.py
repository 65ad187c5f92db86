"""How the entries of an environment name their release, held against what its policy asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.errors import Place
from reconciler.git.repository import Repository
from reconciler.model.entry import Entry, entry_of
from reconciler.model.environment import Releases
from reconciler.model.paths import kustomization_in
from reconciler.model.release import read_release
from reconciler.render.renderer import Render
from reconciler.trees.pins import PinnedCommit, pins_of
from reconciler.trees.tree import Tree

POLICY = CheckRule(
    "releases/policy",
    Severity.error,
    """An entry names its release in another way than its environment wants.

`releases.policy` of environment.yaml says whether entries pin a commit or follow the branch.
""",
)
FULL_COMMIT = CheckRule(
    "releases/full-commit",
    Severity.error,
    """A pin names a branch, a tag or a part of a commit's name.

What it leads to may change without anybody changing the entry. Write all 40 characters of the
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
RELEASES = (POLICY, FULL_COMMIT, REACHABLE)


def release_findings(
    tree: Tree, repository: Repository | None, render: Render, releases: Releases
) -> Iterator[Finding]:
    """What is to be said about the pins of one app, or about there being none."""
    entry = entry_of(render.path)
    if entry is None:
        return
    pins = pins_of(tree, render.paths)
    if bool(pins) is not (releases.policy == "pin") and releases.policy != "any":
        file = kustomization_in(tree, render.path) or render.path
        what = "the environment wants releases to be pinned, and this entry follows the branch"
        hint = "name the overlay by a URL with ?ref= and a commit"
        if pins:
            what = "the environment follows the branch, and this entry pins a commit"
            hint = "name the overlay by its path"
        yield _finding(POLICY, render, Place(pins[0].file if pins else file), what, hint)
    for pin in pins:
        where = _place(tree, entry, pin)
        if releases.full_commit and not pin.exact:
            hint = f"write ?ref={pin.commit}" if pin.commit else "write the commit itself"
            yield _finding(FULL_COMMIT, render, where, "the pin does not name a commit", hint)
        if repository:
            yield from _unreachable(repository, render, pin, where, releases.branch)


def _unreachable(
    repository: Repository, render: Render, pin: PinnedCommit, where: Place, branch: str
) -> Iterator[Finding]:
    holds = repository.holds(branch, pin.commit)
    if holds:
        return
    name = branch or "the main branch"
    if holds is None:
        what = f"this clone does not hold enough of {name} to tell whether {pin.commit} is on it"
        finding = _finding(REACHABLE, render, where, what, "fetch the whole history")
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
