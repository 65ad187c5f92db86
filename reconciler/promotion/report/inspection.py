"""The target as it would be after the promotion: what is wrong with it, lacks, or is risky."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.checks.check import CheckReport, check
from reconciler.checks.finding import Finding
from reconciler.checks.finding_places import with_places
from reconciler.checks.groups import groups_of
from reconciler.compare.report import NewCertificate
from reconciler.errors import ReconcilerError
from reconciler.git.repository import Repository
from reconciler.model.layout import Layout
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.report.missing_secrets import (
    MissingSecretReport,
    missing_secrets,
    unused_certificate,
)
from reconciler.promotion.report.risks.all_risks import risks_of
from reconciler.promotion.report.risks.before_after import BeforeAfter
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class Inspection:
    """All findings about the apps that are promoted, and what is new in all of the environment."""

    findings: tuple[Finding, ...] = ()
    new: tuple[Finding, ...] = ()
    secrets: tuple[MissingSecretReport, ...] = ()
    risks: tuple[Finding, ...] = ()
    failed: tuple[tuple[str, ReconcilerError], ...] = ()  # apps that could not be looked at
    fails: bool = False  # does environment.yaml say that this must not go on?
    certificate: NewCertificate | None = None  # of the target, if nothing was sealed with it yet


def inspect_target(
    plan: Plan,
    renderer: Renderer,
    tree: Tree,
    repository: Repository | None = None,
    progress: Callable[[Render], None] | None = None,
) -> Inspection:
    """The renderer's kernel must be one that checks (render.binary.CHECKING).

    All of the environment is rendered, before and after: apps lean on each other, and share
    quotas.
    """
    promoted = {step.entry.folder for step in plan.due}
    if not promoted:
        return Inspection()
    every = [entry.folder for entry in Layout(tree).entries(plan.target)]
    after = EditedTree(tree, plan.edits)
    reports = []
    for side in (tree, after):
        (group,) = groups_of(side, every)
        found = check(renderer, side, group.apps, (), group.settings, repository, progress)
        reports.append(found)
    was, now = reports
    known = {_key(finding) for finding in was.findings}
    new = [f for f in now.findings if _key(f) not in known]
    worlds = BeforeAfter(was.world, now.world, plan)
    return Inspection(
        findings=tuple(f for f in now.findings if f.folder in promoted),
        new=tuple(with_places(renderer, after, new)),
        secrets=tuple(missing_secrets(renderer, tree, plan, now)),
        certificate=unused_certificate(tree, plan.target, was.world),
        risks=tuple(risks_of(worlds)),
        failed=tuple((app, e) for app, e in now.failed if app in promoted or _worked(was, app)),
        fails=any(
            f.severity.reaches(now.fail_on)
            for f in now.findings
            if f.folder in promoted or f in new
        ),
    )


def _worked(report: CheckReport, app: str) -> bool:
    return app not in [failed for failed, _ in report.failed]


def _key(finding: Finding) -> tuple[str, ...]:
    """What makes it the same finding, though the object may stand elsewhere in the manifest."""
    return finding.rule, finding.folder, str(finding.object), finding.what, str(finding.where)
