"""reconciler check --cases"""

from __future__ import annotations

import typer
from rich.text import Text

from reconciler.checks.guard_cases import CaseResult, Guard, guards_in, try_guard
from reconciler.checks.settings import NEWEST, POLICIES
from reconciler.cli.output import console, while_somebody_reads, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError, printable
from reconciler.model.environment import Environment
from reconciler.model.fleet import environment_names, load_fleet
from reconciler.model.globs import matches
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.text.markdown_lists import count
from reconciler.text.suggestions import did_you_mean
from reconciler.trees.tree import Tree


def try_cases(tree: Tree, names: list[str], output: str, *, cache: bool) -> None:
    """Exit code 1 if a case is not as it says."""
    if output not in ("text", "json"):
        raise UsageError(f"--cases is not written as {output}", hint="write -o text or -o json")
    environments = load_fleet(tree).environments if environment_names(tree) else ()
    guards = _chosen(tree, environments, names)
    minor = max((e.kubernetes or NEWEST for e in environments), key=_number, default=NEWEST)
    with (
        Kernel(CHECKING) as kernel,
        Renderer(open_store(SETTINGS, cache), kernel) as renderer,
    ):
        results = {guard: try_guard(renderer, tree, guard, minor) for guard in guards}
    with while_somebody_reads():
        if output == "json":
            write_json({"version": 1, "guards": [_document(*r) for r in results.items()]})
        else:
            _show(results)
    if any(result.fault for found in results.values() for result in found):
        raise typer.Exit(1)


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _chosen(tree: Tree, environments: tuple[Environment, ...], names: list[str]) -> list[Guard]:
    named = [f for e in environments for f in e.checks.policies or POLICIES] or [*POLICIES]
    folders = list(dict.fromkeys(named))
    guards = list(guards_in(tree, folders))
    if not guards:
        raise UsageError(
            f"there is no guard in {', '.join(folders)}",
            hint="a guard is a folder with policy.yaml and cases/",
        )
    if not names:
        return guards
    known = {guard.folder.rpartition("/")[2]: guard for guard in guards}
    chosen: dict[str, Guard] = {}
    for typed in names:
        name = typed.rstrip("/")
        found = {n: g for n, g in known.items() if matches(name, n) or g.folder == name}
        if not found:
            hint = did_you_mean(name, known)
            raise UsageError(f"there is no guard {typed} in {', '.join(folders)}", hint=hint)
        chosen |= found
    return list(chosen.values())


def _document(guard: Guard, results: list[CaseResult]) -> dict[str, object]:
    return {
        "guard": guard.folder,
        "cases": [
            {"case": r.case, "said": list(r.said), "fault": r.fault or None} for r in results
        ],
    }


def _show(results: dict[Guard, list[CaseResult]]) -> None:
    out = console(stderr=False)
    for guard, found in results.items():
        for result in found:
            if result.fault:
                said = printable(f"{result.case}: {result.fault}")
                out.print(Text.assemble(("failed  ", "bold red"), said))
            else:
                out.print(Text.assemble(("ok      ", "green"), printable(result.case)))
        if not found:
            said = printable(f"{guard.folder}: it has no cases")
            out.print(Text.assemble(("none    ", "bold yellow"), said))
    cases = sum(map(len, results.values()))
    if not cases:
        have = "has" if len(results) == 1 else "have"
        console().print(Text(f"{count(len(results), 'guard')} {have} no cases"))
        return
    failed = sum(bool(result.fault) for found in results.values() for result in found)
    about = f"{count(len(results), 'guard')}, {count(cases, 'case')}"
    one = "it says" if failed == 1 else "they say"
    said = f"{failed} not as {one}" if failed else "all as they say"
    console().print(Text(f"{about}: {said}"))
