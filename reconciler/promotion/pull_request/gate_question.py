"""What the gates are asked about a promotion, with what was found in its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.file_history import CommitSummary
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.model.promotion import Approvals, ChecksPass, Gate, SecretsSealed
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
        target=planned.target,
        gates=_gates(planned.target, planned.request.kind),
        plan=planned.plan,
        repository=planned.base.repository,
        tree=planned.tree,
        renderer=renderer,
        sources=sources,
        now=now,
        forge=forge,
        pull=pull,
        open_pulls=others,
        findings=inspection.new,
        unchecked=[
            (AppName(folder.rpartition("/")[2]), error) for folder, error in inspection.failed
        ],
        lacks=lacking(inspection),
        theirs=theirs,
        unheld=planned.unheld,
        seen=seen,
    )


def lacking(inspection: Inspection) -> list[MissingSecret]:
    return [
        MissingSecret(
            s.entry.app, f"{s.entry} lacks the Secret {s.namespace}/{s.name}: {s.why}", s.command
        )
        for s in inspection.secrets
    ]


def _gates(target: Environment, kind: PromotionKind) -> tuple[Gate, ...]:
    """On the way back only what is listed: what ran there is no worse than what is taken away."""
    if kind is PromotionKind.promotion:
        return target.gates
    return tuple(g for g in target.promotion.gates if isinstance(g, ON_THE_WAY_BACK))
