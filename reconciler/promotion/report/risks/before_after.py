"""The target before and after a promotion, object by object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.world import World
from reconciler.compare.difference import ObjectChange
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import Pods, pods_of
from reconciler.promotion.plan.plan import Plan

SAID = "risk/"


@dataclass(frozen=True)
class BeforeAfter:
    """Both worlds hold all of the environment; only the apps of the plan differ."""

    before: World
    after: World
    plan: Plan

    @cached_property
    def pairs(self) -> list[tuple[Object | None, Object]]:
        """Every object that an app of the plan will have, with what it was."""
        apps = {step.entry.folder for step in self.plan.due}
        was = {o.identity: o for o in self.before.objects}
        return [(was.get(o.identity), o) for o in self.after.objects if o.folder in apps]

    def changed(self, *kinds: str, group: str) -> Iterator[tuple[Object | None, Object]]:
        """Of these kinds, those that are new or not the same."""
        for was, now in self.pairs:
            if now.kind in kinds and now.group == group and (not was or was.data != now.data):
                yield was, now

    def pods(self) -> Iterator[tuple[Pods | None, Pods]]:
        for was, now in self.pairs:
            for pods in pods_of(now):
                yield next(pods_of(was), None) if was else None, pods

    def changes(self) -> Iterator[tuple[str, ObjectChange]]:
        """What the comparison found, by the folder of the app."""
        for step in self.plan.due:
            if step.difference:
                for change in step.difference.difference.objects:
                    yield step.entry.folder, change


def risk(
    name: str, severity: Severity, about: Object, what: str, hint: str, path: str = ""
) -> Finding:
    return Finding(
        SAID + name, severity, what, hint, about.folder, about.identity, about.index, path=path
    )


def risk_of(
    name: str, severity: Severity, app: str, about: Identity, what: str, hint: str
) -> Finding:
    """About an object that is only in the comparison."""
    return Finding(SAID + name, severity, what, hint, app, about)
