"""Since when an environment runs what is to be promoted, by the main branch alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from reconciler.errors import FleetError, ReconcilerError, RepositoryError
from reconciler.git.history import About
from reconciler.git.pins import is_reference
from reconciler.git.repository import Repository
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.layout import kustomization_in
from reconciler.promotion.fields import Fields
from reconciler.promotion.gates.question import Question
from reconciler.promotion.gates.sources.evidence import Asked
from reconciler.promotion.merge import ABSENT
from reconciler.promotion.past import Record
from reconciler.promotion.plan import Step
from reconciler.promotion.policy import Treatment, policy_of


@dataclass(frozen=True, slots=True)
class Run:
    """From the commit that brought a release to an environment, to the one that replaced it."""

    since: About
    until: About | None = None

    @property
    def begin(self) -> datetime:
        return time_of(self.since)

    @property
    def end(self) -> datetime | None:
        return time_of(self.until) if self.until else None


def time_of(commit: About) -> datetime:
    return datetime.fromtimestamp(commit.time, UTC)


def run_of(question: Question, step: Step) -> Run:
    """When the source ran the very release that a step promotes.

    All of it counts that the target's policy does not keep out: a release of which one image was
    another is another one. If the source follows the branch, what its entry builds on counts too.
    """
    entry = Entry(question.source.name, step.app)
    run = _entry_run(question, step, entry)
    if not step.follows:
        return run
    built = _base_run(question, step, entry)
    since = max(run.since, built.since, key=lambda commit: commit.time)
    return Run(since, run.until or built.until)


def asked_about(question: Question, environment: Environment, step: Step, run: Run) -> Asked:
    """Whether a release is healthy in an environment, as a question to where that is known."""
    entry = Entry(environment.name, step.app)
    return Asked(entry, run.begin, run.end or question.now, partial(is_same_entry, question, entry))


def is_same_entry(question: Question, entry: Entry, commit: str) -> bool | None:
    """Does an entry render from the same files at this commit? None if it is not in this clone."""
    try:
        tree = question.repository.commit(commit)
    except RepositoryError:
        return None
    paths = _paths(question, entry)
    return all(tree.look(path).token == question.tree.look(path).token for path in paths)


def runs(question: Question, step: Step, environment: Environment) -> bool:
    """Does an environment run what a step promotes, or something that builds on it?"""
    entry = Entry(environment.name, step.app)
    file = kustomization_in(question.tree, entry.folder)
    if file is None:
        return False
    record = Record(question.repository.history(question.plan.base, [file]))
    _, fields = next(record.versions(file))
    return fields is not None and _has(question.repository, step, fields, exactly=False)


def _entry_run(question: Question, step: Step, entry: Entry) -> Run:
    file = kustomization_in(question.tree, entry.folder)
    if file is None:
        raise FleetError(f"there is no app {entry}")
    record = Record(question.repository.history(question.plan.base, [file]))
    since: About | None = None
    until: About | None = None
    release: Mapping[str, Any] = {}
    for version, fields in record.versions(file):
        if since is None:
            if fields is None or not _has(question.repository, step, fields, exactly=True):
                until = version.commit
                continue
            release = _release(question.target, step.app, fields)
        elif fields is None or _release(question.target, step.app, fields) != release:
            break
        since = version.commit
    if since is None:
        raise FleetError(
            f"{entry} has never run this release", hint="is this clone shallow? fetch all of it"
        )
    return Run(since, until)


def _base_run(question: Question, step: Step, entry: Entry) -> Run:
    """Of what an entry that follows the branch builds on."""
    own = f"{entry.folder}/"
    paths = [path for path in _paths(question, entry) if not path.startswith(own)]
    tip = next((line.source for line in step.lineages), question.plan.base)
    until: About | None = None
    for commit in question.repository.changes(question.plan.base, paths):
        if question.repository.merge_base(commit.id, tip) == commit.id:
            return Run(commit, until)
        until = commit
    raise FleetError(f"this clone does not tell since when {entry} runs {tip[:10]}")


def _paths(question: Question, entry: Entry) -> list[str]:
    """All that a render of the entry looks at, but for what it pins."""
    (render,) = question.renderer.render_all(question.tree, [entry.folder])
    if render.error:
        raise render.error
    return [path for path in render.paths if not is_reference(path)]


def _has(repository: Repository, step: Step, fields: Fields, *, exactly: bool) -> bool:
    return all(
        _has_commit(repository, fields, str(decision.source), exactly)
        if decision.address.is_ref
        else fields.values.get(decision.address, ABSENT) == decision.source
        for decision in step.edits
    )


def _has_commit(repository: Repository, fields: Fields, commit: str, exactly: bool) -> bool:
    """Of several pins, one is enough: the others are other overlays."""
    if not fields.pins:
        return True
    return any(
        pin.ref == commit or _leads_to(repository, pin.ref, commit, exactly)
        for pin in fields.pins.values()
    )


def _leads_to(repository: Repository, ref: str, commit: str, exactly: bool) -> bool:
    try:
        found = repository.fetched(ref).commit
        return found == commit or (not exactly and repository.merge_base(found, commit) == commit)
    except ReconcilerError:
        return False


def _release(target: Environment, app: str, fields: Fields) -> dict[str, Any]:
    return {
        str(address): value
        for address, value in fields.values.items()
        if address.steps[0] != "secretGenerator"
        and policy_of(target, app, address).treatment is not Treatment.keep
    }
