"""The check of some apps, beside all others of their environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reconciler.checks.application_findings import application_findings
from reconciler.checks.certificate_findings import certificate_findings
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.image_findings import image_findings
from reconciler.checks.judge import Judge
from reconciler.checks.release_findings import follows_findings, release_findings
from reconciler.checks.rules import RULES
from reconciler.checks.settings import NEWEST, CheckSettings, covers
from reconciler.checks.unseen import as_far_as_seen
from reconciler.checks.unused_sealed import unused_sealed
from reconciler.checks.world import World
from reconciler.errors import ReconcilerError, UsageError
from reconciler.git.repository import Repository
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found, what of it is accepted, and which apps could not be looked at, and why."""

    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    failed: tuple[tuple[str, ReconcilerError], ...]
    apps: int
    objects: int
    fail_on: Severity
    world: World

    @property
    def fails(self) -> bool:
        """Is something found that must not go on?"""
        return any(map(self.stops, self.findings))

    def stops(self, finding: Finding) -> bool:
        return finding.severity.reaches(self.fail_on)


def check(
    renderer: Renderer,
    tree: Tree,
    apps: Sequence[str],
    beside: Sequence[str] = (),
    settings: CheckSettings | None = None,
    repository: Repository | None = None,
    progress: Callable[[Render], None] | None = None,
) -> CheckReport:
    """Findings about the apps; those beside them are only looked at.

    The progress is told of each app twice: when it is rendered and when it is judged.
    """
    settings = settings or CheckSettings()
    _check_version(settings.kubernetes)
    if settings.environment:
        refuse_wrong_rules(settings.environment, renderer.kernel)
    chosen = set(apps)
    everything = [*apps, *(app for app in beside if app not in chosen)]
    renders = renderer.render_all(tree, everything, progress=progress)
    good = [r for r in renders if not r.error]
    judge = Judge(renderer, tree, settings, good)
    judged = judge.judge(good, progress)
    unjudged = {j.folder: j.error for j in judged if j.error}
    failed = [(r.path, r.error or unjudged.get(r.path)) for r in renders if r.path in chosen]
    objects = (o for j in judged for o in j.objects)
    world = World(objects, settings.externals, settings.sealing, settings.entries)

    found = judge.faults()
    looked_at = {path for r in renders for path in r.paths}
    for r in good:
        if r.path in chosen:
            entry = settings.entries.get(r.path)
            if entry:
                found += release_findings(tree, repository, r, entry, settings.releases)
                found += application_findings(tree, r, entry)
                found += unused_sealed(tree, r.path, looked_at)
    for j in judged:
        if j.folder in chosen and not j.error:
            found += image_findings(tree, j.folder, j.objects)
    if settings.is_promoted_to and settings.releases.policy == "any":
        found += follows_findings(tree, (r for r in good if r.path in chosen), settings.entries)
    found += [f for j in judged if j.folder in chosen for f in j.findings]
    for rule in RULES:
        if rule.find:
            found += [f for f in rule.find(world) if f.folder in chosen]
    found = [*as_far_as_seen(found, world, tree)]
    ignored = [
        f
        for f in found
        if any(covers(i, f, settings.entries.get(f.folder)) for i in settings.ignore)
    ]
    kept = [f for f in found if f not in ignored]
    environments = dict.fromkeys(
        e.environment for at, e in settings.entries.items() if at in chosen
    )
    kept += certificate_findings(tree, repository, environments, settings.releases.branch)
    return CheckReport(
        findings=tuple(_in_order(kept, everything)),
        ignored=tuple(ignored),
        failed=tuple((app, error) for app, error in failed if error),
        apps=len(chosen),
        objects=sum(len(j.objects) for j in judged if j.folder in chosen),
        fail_on=settings.fail_on,
        world=world,
    )


def _in_order(findings: Sequence[Finding], apps: Sequence[str]) -> list[Finding]:
    """By app, then as the objects stand in the manifest; files of rules come first."""
    number = {app: i for i, app in enumerate(apps)}
    return sorted(
        findings, key=lambda f: (number.get(f.folder, -1), f.index, [*Severity].index(f.severity))
    )


def _check_version(version: str) -> None:
    parts = version.removeprefix("v").split(".")
    newest = int(NEWEST.partition(".")[2])
    if parts[0] != "1" or len(parts) < 2 or not parts[1].isdigit() or int(parts[1]) > newest:
        raise UsageError(
            f"Kubernetes {version} is not known here",
            hint=f"name a version up to {NEWEST}, such as {NEWEST}",
        )
