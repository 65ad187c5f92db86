"""What the gates are asked about a promotion, with what was found in its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.file_history import CommitSummary
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.model.promotion import Approvals, ChecksPass, SecretsSealed
from reconciler.promotion.gates.question import GateQuestion, MissingSecret
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionKind
from reconciler.promotion.report.inspection import Inspection
from reconciler.render.renderer import Renderer

# What a way back waits for: nothing that only time or the environment before can give.
ON_THE_WAY_BACK = (Approvals, ChecksPass, SecretsSealed)


def question_of(
    planned: PlannedPromotion,
    inspection: Inspection,
    renderer: Renderer,
    sources: HealthSources,
    now: datetime,
    forge: Forge | None = None,
    pull: PullRequest | None = None,
    others: Sequence[PullRequest] = (),
    theirs: Sequence[CommitSummary] = (),
    seen: Callable[[str], datetime] | None = None,
) -> GateQuestion:
    return GateQuestion(
        fleet=planned.fleet,
        source=planned.source,
        target=_gated(planned.target, planned.request.kind),
        plan=planned.plan,
        repository=planned.base.repository,
        tree=planned.tree,
        renderer=renderer,
        sources=sources,
        now=now,
        forge=forge,
        pull=pull,
        open_pulls=others,
        findings=[*inspection.findings, *inspection.new],
        unchecked=[
            (AppName(folder.rpartition("/")[2]), error) for folder, error in inspection.failed
        ],
        lacks=[
            MissingSecret(s.entry.app, f"{s.namespace}/{s.name}: {s.why}", s.command)
            for s in inspection.secrets
        ],
        theirs=theirs,
        unheld=planned.unheld,
        seen=seen,
    )


def _gated(target: Environment, kind: PromotionKind) -> Environment:
    if kind is PromotionKind.promotion:
        return target
    gates = tuple(g for g in target.promotion.gates if isinstance(g, ON_THE_WAY_BACK))
    return replace(target, promotion=replace(target.promotion, gates=gates))
