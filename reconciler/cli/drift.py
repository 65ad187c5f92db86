"""reconciler drift"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import typer

from reconciler.cli.diff import styled
from reconciler.cli.options import DataOutput, DataOutputOption, NoCache, Offline, Root
from reconciler.cli.output import show_error, show_warning, write_apps
from reconciler.cli.reconciling import Names, Reconciling, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflict_rules import conflict_rules
from reconciler.compare.as_json import identity_document
from reconciler.compare.outline import HIDDEN, cut, is_block, scalar
from reconciler.controller.inspection.drift import (
    AppDrift,
    DriftAction,
    DriftKind,
    FieldDrift,
    ForeignField,
    ObjectDrift,
)
from reconciler.controller.inspection.find_drift import LastSync, find_drift
from reconciler.errors import CheckFailed, RepositoryError
from reconciler.kubernetes.values import ABSENT, Absent, Value, hides, plain, token
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.text.diff_lines import ADDED, CHANGED, PLAIN, REMOVED, Line
from reconciler.text.markdown_lists import count
from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler drift prod`: what somebody changed in the cluster since the last sync, and who did

`reconciler drift prod/shop -o json`: one app, for programs
"""
SIGNS = {DriftKind.changed: CHANGED, DriftKind.deleted: REMOVED, DriftKind.replaced: CHANGED}
ACTIONS = {
    DriftAction.corrected: "it would be set back",
    DriftAction.left: "it is left so",
    DriftAction.refused: "nothing of the object would be changed",
    DriftAction.reported: "it is only reported",
}


def drift(
    names: Names,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Show what somebody changed in the cluster since the last sync: what, who, and when.

    With each field comes the rule by which it is set back, left or refused. Fields that Git does
    not say, and somebody set, are told apart: they are no drift. The exit code is 1 if something
    drifted.
    """
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    found: list[tuple[Entry, AppDrift]] = []
    with Renderer(open_store(SETTINGS, not no_cache)) as renderer:
        commits = _Commits(work)
        for environment, entries in work.apps():
            look = partial(_look, commits, renderer, environment, entries)
            found += work.run(environment, look)
    if output is not DataOutput.text:
        write_apps(output, (_document(*one) for one in found))
    else:
        for entry, one in found:
            _show(entry, one)
    if any(one.has_drifted for _, one in found):
        raise typer.Exit(CheckFailed.exit_code)


@dataclass(slots=True)
class _Commits:
    """Each commit that was applied, read once."""

    work: Reconciling
    known: dict[str, tuple[Fleet, Tree]] = field(default_factory=dict)

    def at(self, entry: Entry, commit: str) -> tuple[Fleet, Tree]:
        if commit not in self.known:
            try:
                self.known[commit] = self.work.at(commit)
            except RepositoryError:
                show_warning(
                    f"{entry} was applied at {commit[:10]}, which is not in this clone: "
                    f"what changed in Git since then is not looked at"
                )
                self.known[commit] = self.work.fleet, self.work.desired.tree
        return self.known[commit]


async def _look(
    commits: _Commits,
    renderer: Renderer,
    environment: Environment,
    entries: Sequence[Entry],
    client: ApiClient,
) -> list[tuple[Entry, AppDrift]]:
    found = []
    for entry in entries:
        app = commits.work.app(client, environment, entry)
        about = await app.read(commits.work.desired)
        if about is None:
            found.append((entry, AppDrift("")))
            continue
        fleet, tree = commits.at(entry, about.commit)
        then = fleet.environment(entry.environment)
        last = LastSync(tree, about.commit, then, app.items)
        rules, reports = conflict_rules(environment), environment.reconcile.drift == "report"
        done = await find_drift(client, renderer, entry, last, rules, reports=reports)
        found.append((entry, done))
    return found


def _show(entry: Entry, found: AppDrift) -> None:
    typer.echo(typer.style(f"{entry}: {_summary(found)}", bold=True))
    for one in found.objects:
        for line in _object_lines(one):
            typer.echo(styled(line))
        if one.error:
            show_error(one.error)
    for foreign in found.foreign:
        typer.echo(styled(_foreign_line(foreign)))
    for unseen in found.unseen:
        typer.echo(styled(Line(PLAIN, f"{unseen}: what is there of it is not known")))


def _summary(found: AppDrift) -> str:
    if not found.commit:
        return "nothing is applied"
    drifted = sum(one.is_drift for one in found.objects)
    of = f"{drifted:,} of {count(found.total, 'object')} drifted since {found.commit[:10]}"
    foreign = f", {count(len(found.foreign), 'foreign field')}" if found.foreign else ""
    return of + foreign


def _object_lines(found: ObjectDrift) -> Iterator[Line]:
    yield Line(SIGNS[found.kind] if found.is_drift else PLAIN, str(found.identity))
    then = "made again" if found.action is DriftAction.corrected else "only reported"
    if found.kind is DriftKind.deleted:
        yield Line(PLAIN, f"  deleted, and who did it is not known; it would be {then}")
    elif found.kind is DriftKind.replaced:
        yield Line(PLAIN, "  deleted, and made anew by somebody")
    if found.error:
        yield Line(PLAIN, "  changed; which fields is not known")
    for one in found.fields:
        yield from _field_lines(one)


def _field_lines(found: FieldDrift) -> Iterator[Line]:
    if hides(found.git) and hides(found.cluster):
        yield Line(CHANGED, f"  {found.field}: another value than in Git {HIDDEN}")
    else:
        yield Line(REMOVED, f"  {found.field}: {_value(found.git)} in Git")
        yield Line(ADDED, f"  {found.field}: {_value(found.cluster)} in the cluster")
    who = _writer(found.manager, found.time) if found.manager else "who removed it is not known"
    yield Line(PLAIN, f"    {who}; {ACTIONS[found.action]} ({found.rule})")


def _foreign_line(found: ForeignField) -> Line:
    who = _writer(found.manager, found.time)
    return Line(PLAIN, f"{found.identity} {found.field}: {_value(found.value)}; foreign, {who}")


def _writer(manager: str, time: str) -> str:
    return f"{cut(manager)} wrote it" + (f" at {time}" if time else "")


def _value(value: Value | Absent) -> str:
    """On one line, however much it is."""
    if value is ABSENT:
        return "nothing"
    if is_block(value) and not isinstance(value, str):
        return cut(token(plain(value)))
    return scalar(value).replace("\n", "\\n")


def _document(entry: Entry, found: AppDrift) -> dict[str, Any]:
    return {
        "environment": entry.environment,
        "app": entry.app,
        "commit": found.commit or None,
        "drifted": found.has_drifted,
        "objects": [_object_document(one) for one in found.objects],
        "foreign": [
            {
                **identity_document(one.identity),
                "field": one.field,
                "value": plain(one.value),
                "hidden": hides(one.value),
                "by": one.manager,
                "at": one.time or None,
            }
            for one in found.foreign
            if one.value is not ABSENT
        ],
        "unseen": [one.as_json() for one in found.unseen],
    }


def _object_document(found: ObjectDrift) -> dict[str, Any]:
    return {
        **identity_document(found.identity),
        "change": found.kind.value,
        "drifted": found.is_drift,
        "action": found.action.value,
        "rule": found.rule,
        "fields": [_field_document(one) for one in found.fields],
        "error": found.error.as_json() if found.error else None,
    }


def _field_document(found: FieldDrift) -> dict[str, Any]:
    document: dict[str, Any] = {
        "field": found.field,
        "hidden": hides(found.git) or hides(found.cluster),
        "by": found.manager or None,
        "at": found.time or None,
        "action": found.action.value,
        "rule": found.rule,
    }
    sides = {"git": found.git, "cluster": found.cluster}
    return document | {side: plain(v) for side, v in sides.items() if v is not ABSENT}
