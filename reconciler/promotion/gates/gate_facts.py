"""What the main branch tells of a release: which environment has it, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from reconciler.errors import FleetError, ReconcilerError
from reconciler.git.file_history import CommitSummary, FileVersion
from reconciler.health.evidence import Evidence, HealthQuestion
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.gates.arrival import Arrivals, time_of
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.rendered_entries import RenderedEntries
from reconciler.promotion.gates.result import GateResult, refused
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress, read_fields
from reconciler.promotion.plan.field_decisions import ABSENT, Decision
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.pin_matching import counterpart
from reconciler.promotion.plan.pinned_commit import is_ancestor, leads_to
from reconciler.promotion.plan.plan import PromotionStep
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.text.durations import moment


@dataclass(frozen=True, slots=True)
class ReleaseRun:
    """From the commit that brought a release to an environment, to the one that replaced it."""

    since: CommitSummary
    begin: datetime
    until: CommitSummary | None = None
    end: datetime | None = None
    doubt: str = ""  # why nobody knows when it began


Looked = list[Evidence] | ReconcilerError


class GateFacts:
    """What several gates want to know, found out once."""

    def __init__(self, question: GateQuestion) -> None:
        self.question = question
        self.run = lru_cache(maxsize=None)(self._run)
        self._record = lru_cache(maxsize=None)(self._history)
        self._target = lru_cache(maxsize=None)(self._read)
        self._changes = question.repository.changes(question.plan.base)
        self._arrivals = Arrivals(question.repository, question.now, question.seen)
        self._rendered = RenderedEntries(question.renderer, question.repository, question.tree)

    @property
    def due(self) -> list[PromotionStep]:
        return self.question.plan.due

    def look(self, environment: Environment) -> Iterator[tuple[PromotionStep, Looked]]:
        """What is known of each release's health there, or why nobody can ask."""
        found = {step.app: self._asked(environment, step) for step in self.due}
        asked = {app: one for app, one in found.items() if isinstance(one, HealthQuestion)}
        answers = self.question.sources.look(environment, list(asked.values()))
        known: dict[str, Looked] = dict(zip(asked, answers, strict=True))
        for step in self.due:
            one = found[step.app]
            yield step, one if isinstance(one, ReconcilerError) else known[step.app]

    def judged(
        self, name: str, judge: Callable[[str, list[Evidence]], GateResult]
    ) -> Iterator[GateResult]:
        """By what is known of each release's health in the source, or closed if nobody can ask."""
        for step, found in self.look(self.question.source):
            if isinstance(found, ReconcilerError):
                yield refused(name, found, step.app)
            else:
                yield judge(step.app, found)

    def _asked(
        self, environment: Environment, step: PromotionStep
    ) -> HealthQuestion | ReconcilerError:
        try:
            run = self.run(step.app)
        except ReconcilerError as e:
            return e
        entry = environment.entry(step.app)
        return self._rendered.asked(entry, run.begin, run.end or self.question.now)

    def runs(self, environment: Environment, step: PromotionStep) -> bool:
        """Does an environment run what a step promotes, or something that builds on it?"""
        _, fields = next(self._versions(environment.entry(step.app)))
        return fields is not None and self._has(environment, step, fields, exactly=False)

    def _run(self, app: AppName) -> ReleaseRun:
        """When the source ran the very release that a step promotes.

        All of it counts that the target's policy does not keep out: a release of which one image
        was another is another one. If the source follows the branch, what its entry builds on
        counts too.
        """
        (step,) = [step for step in self.due if step.app == app]
        entry = self.question.source.entry(app)
        since, until = self._entry_run(step, entry)
        if not step.follows:
            return self._timed(since, until)
        built, replaced = self._base_run(step, entry)
        runs = (self._timed(one, until or replaced) for one in (since, built))
        return max(runs, key=lambda run: run.begin)

    def _timed(self, since: CommitSummary, until: CommitSummary | None) -> ReleaseRun:
        begin = self._arrivals.since(since)
        doubt = ""
        if begin is None:
            begin = self.question.now
            date = moment(time_of(since.time))
            doubt = f"the commit {since.id[:10]} is dated {date}, which is still to come"
        end = (self._arrivals.until(until) or begin) if until else None
        return ReleaseRun(since, begin, until, end, doubt)

    def _entry_run(
        self, step: PromotionStep, entry: Entry
    ) -> tuple[CommitSummary, CommitSummary | None]:
        """The commit that brought it, and the one that replaced it."""
        question = self.question
        since: CommitSummary | None = None
        until: CommitSummary | None = None
        release: Mapping[FieldAddress, Any] = {}
        for version, fields in self._versions(entry):
            if since is None:
                if not fields or not self._has(question.source, step, fields, exactly=True):
                    until = version.commit
                    continue
                release = release_fields(question.target, step.app, fields)
            elif fields is None or release_fields(question.target, step.app, fields) != release:
                break
            since = version.commit
        if since is None:
            raise FleetError(
                f"{entry} has never run this release",
                hint="if this clone is shallow: git fetch --unshallow",
            )
        return since, until

    def _base_run(
        self, step: PromotionStep, entry: Entry
    ) -> tuple[CommitSummary, CommitSummary | None]:
        """Of what an entry that follows the branch builds on."""
        base = self.question.plan.base
        own = f"{entry.folder}/"
        paths = [path for path in self._rendered.paths(entry) if not path.startswith(own)]
        tip = next((line.source for line in step.ancestries), base)
        until: CommitSummary | None = None
        for commit in self._changes.of(paths):
            if tip in (base, commit.id) or is_ancestor(self.question.repository, commit.id, tip):
                return commit, until
            until = commit
        raise FleetError(
            f"this clone does not tell since when {entry} runs {tip[:10]}",
            hint="if it is shallow: git fetch --unshallow",
        )

    def _versions(self, entry: Entry) -> Iterator[tuple[FileVersion, EntryFields | None]]:
        return self._record(entry.environment).versions(self._known_file(entry))

    def _has(
        self, environment: Environment, step: PromotionStep, fields: EntryFields, *, exactly: bool
    ) -> bool:
        """Is what a step promotes in an entry of the environment?"""
        return all(
            self._has_commit(environment, step, fields, decision, exactly)
            if decision.address.is_ref
            else fields.values.get(decision.address, ABSENT) == decision.source
            for decision in step.edits
        )

    def _has_commit(
        self,
        environment: Environment,
        step: PromotionStep,
        fields: EntryFields,
        decision: Decision,
        exactly: bool,
    ) -> bool:
        """In the pin of the same overlay: others may have the commit long before."""
        if not fields.pins:
            return True
        names = environment.name, self.question.target.name
        came = counterpart(names, fields, self._target(step.entry), decision.address)
        if came is None:
            return False
        ref, commit = fields.pins[came].ref, str(decision.source)
        return leads_to(self.question.repository, ref, commit, exactly=exactly)

    def _read(self, entry: Entry) -> EntryFields:
        file = self._known_file(entry)
        return read_fields(read(self.question.tree, file), file)

    def _history(self, environment: str) -> EntryPast:
        """Of all apps together: the branch is walked once."""
        here = self.question.fleet.environment(environment)
        entries = (here.entry(step.app) for step in self.due)
        files = filter(None, map(self._file, entries))
        return EntryPast(self.question.repository.history(self.question.plan.base, files))

    def _file(self, entry: Entry) -> str | None:
        return kustomization_in(self.question.tree, entry.folder)

    def _known_file(self, entry: Entry) -> str:
        file = self._file(entry)
        if file is None:
            raise FleetError(f"there is no app {entry}")
        return file
