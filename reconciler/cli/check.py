"""reconciler check"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from reconciler.checks.as_json import document
from reconciler.checks.catalogue import RULES, UNKNOWN_KIND
from reconciler.checks.check import CheckReport, check
from reconciler.checks.finding import POLICY, Finding, Severity
from reconciler.checks.finding_places import with_places
from reconciler.checks.github_annotations import commands
from reconciler.checks.groups import groups_of
from reconciler.checks.inherited import Inherited, without_inherited
from reconciler.checks.sarif import sarif
from reconciler.checks.unseen import UNSEEN
from reconciler.cli.guard_cases import try_cases
from reconciler.cli.options import NoCache, Offline, Root
from reconciler.cli.output import (
    console,
    progress,
    show_error,
    show_remark,
    while_somebody_reads,
    write_json,
)
from reconciler.cli.variables import SETTINGS
from reconciler.errors import Place, RepositoryError, UsageError, printable
from reconciler.model.globs import matches
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.apps import apps_called, without_components
from reconciler.session.opened import open_store
from reconciler.session.trees import find_source, open_repository, open_tree, where_from
from reconciler.text.markdown_lists import count
from reconciler.text.suggestions import listing, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.git.repository import Repository
    from reconciler.trees.tree import Tree

EXAMPLES = """**Examples**

`reconciler check`: everything in all environments

`reconciler check prod/gethrelay --level warning`: one app, without the notes

`reconciler check prod --ref v1.2.0 --rule 'references/*'`: some rules, at a tag

`reconciler check -o sarif > check.sarif`: for a code host

`reconciler check --cases image-digests`: whether a guard says of its cases what they expect
"""

COLOURS = {Severity.error: "bold red", Severity.warning: "bold yellow", Severity.note: "bold cyan"}
SOME = 3
UNCHECKED = {UNKNOWN_KIND, *(rule.id for rule in UNSEEN)}  # told once, with how many


class CheckOutput(StrEnum):
    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


def check_(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|ENV[/APP]", help="These apps; otherwise all."),
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option("--ref", metavar="REV", help="Check this revision and not the files on disk."),
    ] = None,
    output: Annotated[
        CheckOutput, typer.Option("--output", "-o", help="Output format.")
    ] = CheckOutput.text,
    level: Annotated[
        Severity, typer.Option("--level", help="The least severity that is shown.")
    ] = Severity.note,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="GLOB", help="Only these rules, such as 'references/*'."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="GLOB", help="All but these rules.")
    ] = None,
    staged: Annotated[
        bool,
        typer.Option(
            "--staged",
            help="Check what the next commit would hold; what HEAD has already stops nothing.",
        ),
    ] = False,
    cases: Annotated[
        bool, typer.Option("--cases", help="Try the cases of the guards, and check no app.")
    ] = False,
    root: Root = None,
    offline: Offline = False,
    no_cache: NoCache = False,
) -> None:
    """Validate what the apps render to: schemas, references, policies, sealed secrets."""
    wanted = names or []
    for pattern in (*(rules or ()), *(ignore or ())):
        _check_pattern(pattern)
    source = find_source(wanted, root)
    if staged and ref is not None:
        raise UsageError("--staged and --ref exclude each other", hint="name one of them")
    tree = open_tree(SETTINGS, source, ref, offline=offline, staged=staged)
    if cases:
        try_cases(tree, wanted, output.value, cache=not no_cache)
        return
    chosen = apps_called([tree], wanted, source)
    groups = groups_of(tree, chosen if wanted else without_components(tree, chosen))
    total = sum(len(g.apps) + len(g.beside) for g in groups)
    repository = open_repository(source)
    with (
        Kernel(CHECKING) as kernel,
        Renderer(open_store(SETTINGS, not no_cache), kernel) as renderer,
    ):
        with progress("checking", 2 * total) as advance:
            reports = [
                check(renderer, tree, g.apps, g.beside, g.settings, repository, advance)
                for g in groups
            ]
        reports = [_chosen(r, level, rules or ["*/*"], ignore or []) for r in _once(reports)]
        counted = Inherited(tuple(reports))
        if staged and repository:
            counted = _new(renderer, tree, reports, repository, offline=offline)
        reports = [
            replace(r, findings=tuple(with_places(renderer, tree, r.findings))) for r in reports
        ]
    with while_somebody_reads():
        _write_as(output, reports, source)
        if output is not CheckOutput.json:
            for r in reports:
                for _, error in r.failed:
                    show_error(error, root=source)
        if counted.findings:
            show_remark(_not_counted(counted))
    if any(r.failed for r in counted.reports):
        raise typer.Exit(2)
    if any(r.fails for r in counted.reports):
        raise typer.Exit(1)


def _new(
    renderer: Renderer,
    tree: Tree,
    reports: Sequence[CheckReport],
    repository: Repository,
    *,
    offline: bool,
) -> Inherited:
    """A commit is not stopped by what HEAD has already in apps that it leaves as they are."""
    try:
        head = open_tree(SETTINGS, repository.path, "HEAD", offline=offline)
    except RepositoryError:  # the first commit
        return Inherited(tuple(reports))

    def recheck(apps: Sequence[str]) -> list[CheckReport]:
        return [
            check(renderer, head, g.apps, g.beside, g.settings, repository)
            for g in groups_of(head, apps)
        ]

    return without_inherited(renderer, head, tree, reports, recheck)


def _not_counted(counted: Inherited) -> str:
    number, apps = counted.findings, len(counted.apps)
    about = (
        f"{count(number, 'finding')} of {count(apps, 'app')}" if apps else count(number, "finding")
    )
    does, it = ("does", "it") if number == 1 else ("do", "them")
    leaves = "what it is about" if number == 1 else "what they are about"
    return (
        f"{about} {does} not stop the commit: HEAD has {it} already, "
        f"and what is staged leaves {leaves} as it is"
    )


def _write_as(output: CheckOutput, reports: Sequence[CheckReport], source: str) -> None:
    findings = [f for r in reports for f in r.findings]
    match output:
        case CheckOutput.json:
            write_json(document(reports))
        case CheckOutput.sarif:
            write_json(sarif([*_failures(reports), *findings]))
        case CheckOutput.github:
            for line in commands([*_failures(reports), *findings]):
                typer.echo(line)
        case CheckOutput.text:
            _write(findings, source)
            _sum_up(reports)


def _check_pattern(pattern: str) -> None:
    known = [rule.id for rule in RULES]
    if not pattern.startswith(POLICY) and not any(matches(pattern, name) for name in known):
        raise UsageError(
            f"no rule is called {pattern}",
            hint=meant(pattern, known) or f"the rules are {listing(known)}",
        )


def _once(reports: Sequence[CheckReport]) -> list[CheckReport]:
    """What is wrong with a file of rules is wrong in every environment, and said once."""
    said: set[tuple[str, str, str]] = set()
    found = []
    for report in reports:
        kept = []
        for f in report.findings:
            key = (f.rule, str(f.where), f.what)
            if f.folder or key not in said:
                kept.append(f)
            said.add(key)
        found.append(replace(report, findings=tuple(kept)))
    return found


def _chosen(
    report: CheckReport, level: Severity, rules: Sequence[str], ignore: Sequence[str]
) -> CheckReport:
    kept = [
        f
        for f in report.findings
        if f.severity.reaches(level)
        and any(matches(pattern, f.rule) for pattern in rules)
        and not any(matches(pattern, f.rule) for pattern in ignore)
    ]
    return replace(report, findings=tuple(kept))


def _failures(reports: Sequence[CheckReport]) -> list[Finding]:
    """Apps that do not render, as findings: where only those are written."""
    return [
        Finding(
            "render/failed",
            Severity.error,
            error.what,
            error.hint,
            folder=app,
            where=error.where or Place(app),
        )
        for r in reports
        for app, error in r.failed
    ]


def _write(findings: Sequence[Finding], root: str) -> None:
    """What is the same in several objects of one file is said once."""
    out = console(stderr=False)
    same: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    unchecked: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for f in findings:
        if _unchecked(f):
            unchecked[f.rule, f.what, f.hint].append(f)
            continue
        where = str(where_from(f.where, root)) if f.where else f.folder
        same[where, f.rule, f.what, f.hint, f.severity].append(f)
    for (where, rule, what, hint, _), about in same.items():
        severity = about[0].severity
        out.print(
            Text.assemble(
                (printable(where) + ": ", "bold"),
                (f"{severity}: ", COLOURS[severity]),
                printable(what),
                (f" [{rule}]", "dim"),
            )
        )
        for f in about[:SOME]:
            if f.object:
                path = f", {f.path}" if f.path else ""
                out.print(Text(printable(f"  {f.folder}: {f.object}{path}"), "dim"))
        if len(about) > SOME:
            out.print(Text(f"  and {len(about) - SOME} more", "dim"))
        if hint:
            out.print(Text(printable(f"  to do: {hint}")))
    for (rule, what, hint), about in unchecked.items():
        severity = about[0].severity
        apps = len({f.folder for f in about})
        said = f"{what}; {count(len(about), 'object')} of {count(apps, 'app')} not checked"
        out.print(
            Text.assemble(
                (f"{severity}: ", COLOURS[severity]),
                printable(said),
                (f" [{rule}]", "dim"),
            )
        )
        if hint:
            out.print(Text(printable(f"  to do: {hint}")))


def _unchecked(finding: Finding) -> bool:
    return finding.rule in UNCHECKED and finding.severity is not Severity.error


def _sum_up(reports: Sequence[CheckReport]) -> None:
    failed = sum(len(r.failed) for r in reports)
    apps = sum(r.apps for r in reports)
    objects = sum(r.objects for r in reports)
    findings = [f for r in reports for f in r.findings]
    found_of = {s: sum(f.severity is s and not _unchecked(f) for f in findings) for s in Severity}
    counts = [count(number, str(s)) for s, number in found_of.items() if number]
    if unchecked := sum(map(_unchecked, findings)):
        counts.append(f"{count(unchecked, 'object')} not checked")
    found = ", ".join(counts) or "nothing found"
    ignored = sum(len(r.ignored) for r in reports)
    if ignored:
        found += f", {ignored} ignored"
    if failed:
        found += f"; {count(failed, 'app')} could not be checked"
    about = [count(number, what) for number, what in ((apps, "app"), (objects, "object")) if number]
    console().print(Text(f"{', '.join(about)}: {found}"))
