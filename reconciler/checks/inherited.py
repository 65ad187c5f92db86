"""What was wrong before a change already, in apps that the change leaves as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.checks.check import CheckReport
from reconciler.checks.finding import Finding
from reconciler.errors import ReconcilerError
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.tree import Tree

Recheck = Callable[[Sequence[str]], Sequence[CheckReport]]


@dataclass(frozen=True, slots=True)
class Inherited:
    """Reports without what was there before, and how much of it there is in which apps."""

    reports: tuple[CheckReport, ...]
    findings: int = 0
    apps: frozenset[str] = frozenset()


def without_inherited(
    renderer: Renderer, before: Tree, after: Tree, reports: Sequence[CheckReport], recheck: Recheck
) -> Inherited:
    """An app whose render is the same can be wrong in a new way: by a guard, or another app.

    So its findings of before are looked up, by a check of these apps as they were.
    """
    wrong = sorted({app for report in reports for app in _wrong(report)})
    pairs = zip(renderer.render_all(before, wrong), renderer.render_all(after, wrong), strict=True)
    same = {new.path for old, new in pairs if _unchanged(old, new, before, after)}
    with_faults = {app for report in reports for app in _with_faults(report)}
    if not same and not with_faults:
        return Inherited(tuple(reports))
    known = [*recheck(sorted(same | with_faults))]
    found = {_key(f) for report in known for f in report.findings}
    failed = {(app, _text(error)) for report in known for app, error in report.failed}

    def untouched(f: Finding) -> bool:
        if f.folder or not f.where:
            return f.folder in same
        return before.look(f.where.file).token == after.look(f.where.file).token

    kept = tuple(
        replace(
            report,
            findings=tuple(f for f in report.findings if not (untouched(f) and _key(f) in found)),
            failed=tuple(
                (app, error)
                for app, error in report.failed
                if not (app in same and (app, _text(error)) in failed)
            ),
        )
        for report in reports
    )
    return Inherited(kept, *_left_out(reports, kept))


def _with_faults(report: CheckReport) -> Iterator[str]:
    """An app by whose check the faults of the rules themselves come out."""
    if any(not f.folder and report.stops(f) for f in report.findings):
        yield from [*report.world.entries][:1]


def _wrong(report: CheckReport) -> Iterator[str]:
    yield from (f.folder for f in report.findings if f.folder and report.stops(f))
    yield from (app for app, _ in report.failed)


def _left_out(
    reports: Sequence[CheckReport], kept: Sequence[CheckReport]
) -> tuple[int, frozenset[str]]:
    gone = [
        app
        for report, rest in zip(reports, kept, strict=True)
        for app in (
            *(f.folder for f in report.findings if f not in rest.findings and report.stops(f)),
            *(app for app, error in report.failed if (app, error) not in rest.failed),
        )
    ]
    return len(gone), frozenset(filter(None, gone))


def _unchanged(old: Render, new: Render, before: Tree, after: Tree) -> bool:
    """Two errors that read alike may hide an edit between them, so what was read counts then."""
    if old.error and new.error:
        return _text(old.error) == _text(new.error) and all(
            before.look(path).token == after.look(path).token for path in new.paths
        )
    return not old.error and not new.error and old.manifest == new.manifest


def _text(error: ReconcilerError) -> str:
    return "\n".join(error.lines())


def _key(f: Finding) -> tuple[object, ...]:
    return f.rule, f.folder, f.object, f.path, f.what
