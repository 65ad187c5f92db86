"""Manifests that a guard must pass or fail, which lie beside it and say in their names which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.checks.finding import POLICY, Severity
from reconciler.checks.judge import CASES, YAML, Judge
from reconciler.checks.settings import NEWEST, CheckSettings
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.tree import FILE, FOLDER, Tree

EXPECTS = re.compile(r"^# expects: (.*)$", re.MULTILINE)
PASSES, FAILS = "passes-", "fails-"


@dataclass(frozen=True, slots=True)
class Guard:
    folder: str
    cases: tuple[str, ...]  # the paths of their files


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`fault` says what is not as the case says; none if all is."""

    case: str
    said: tuple[str, ...]  # by the guard
    fault: str = ""


def guards_in(tree: Tree, folders: Iterable[str]) -> Iterator[Guard]:
    """Each folder with rules of its own, in these and below them."""
    for folder in folders:
        if tree.look(folder).kind != FOLDER:
            continue
        names = tree.names(folder)
        inside = [f"{folder}/{name}" for name in names if name != CASES]
        if CASES in names or f"{folder}/policy.yaml" in inside:
            cases = f"{folder}/{CASES}"
            there = tree.names(cases) if CASES in names else []
            found = (f"{cases}/{name}" for name in there if name.endswith(YAML))
            yield Guard(folder, tuple(path for path in found if tree.look(path).kind == FILE))
        else:
            yield from guards_in(tree, inside)


def try_guard(
    renderer: Renderer, tree: Tree, guard: Guard, kubernetes: str = NEWEST
) -> list[CaseResult]:
    """Raises what keeps a case from being looked at; a wrong guard fails all of its cases."""
    settings = CheckSettings(kubernetes=kubernetes, policies=(guard.folder,))
    results = []
    for case in guard.cases:
        text = tree.fetch(case)[1]
        render = Render(case, text, [], b"", cached=False)
        judge = Judge(renderer, tree, settings, [render])
        faults = judge.faults()
        wrong = [fault for fault in faults if fault.severity is Severity.error]
        (judged,) = judge.judge([render])
        if judged.error:
            raise judged.error
        said = tuple(f.what for f in judged.findings if f.rule.startswith(POLICY))
        fault = _fault(case, text.decode(errors="replace"), said)
        if wrong:
            fault = f"the guard is wrong: {wrong[0].what}"
        elif fault and faults:
            fault += f" ({faults[0].what})"
        results.append(CaseResult(case, said, fault))
    return results


def _fault(case: str, text: str, said: tuple[str, ...]) -> str:
    name = case.rpartition("/")[2]
    if name.startswith(PASSES):
        return f"it must pass, and the guard says: {said[0]}" if said else ""
    if not name.startswith(FAILS):
        return f"nobody can tell what is expected: call it {PASSES}{name} or {FAILS}{name}"
    if not said:
        return "it must fail, and passes"
    lacking = [e for e in EXPECTS.findall(text) if not any(what.startswith(e) for what in said)]
    return f"expected {lacking[0]!r}, and the guard says: {said[0]}" if lacking else ""
