"""What the gates are asked about a promotion, with what was found in its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.history import About
from reconciler.model.environment import Environment
from reconciler.model.promotion import Approvals, ChecksPass, SecretsSealed
from reconciler.promotion.conduct.planning import Scene
from reconciler.promotion.errand import Kind
from reconciler.promotion.gates.question import Lack, Question
from reconciler.promotion.gates.sources.sources import Sources
from reconciler.promotion.report.inspection import Inspection
from reconciler.render.renderer import Renderer

# What a way back waits for: nothing that only time or the environment before can give.
ON_THE_WAY_BACK = (Approvals, ChecksPass, SecretsSealed)


def question_of(
    scene: Scene,
    inspection: Inspection,
    renderer: Renderer,
    sources: Sources,
    now: datetime,
    forge: Forge | None = None,
    pull: PullRequest | None = None,
    others: Sequence[PullRequest] = (),
    theirs: Sequence[About] = (),
    seen: Callable[[str], datetime] | None = None,
) -> Question:
    return Question(
        fleet=scene.fleet,
        source=scene.source,
        target=_gated(scene.target, scene.errand.kind),
        plan=scene.plan,
        repository=scene.ground.repository,
        tree=scene.tree,
        renderer=renderer,
        sources=sources,
        now=now,
        forge=forge,
        pull=pull,
        open_pulls=others,
        findings=[*inspection.findings, *inspection.new],
        unchecked=[(folder.rpartition("/")[2], error) for folder, error in inspection.failed],
        lacks=[
            Lack(s.entry.partition("/")[2], f"{s.namespace}/{s.name}: {s.why}", s.command)
            for s in inspection.secrets
        ],
        theirs=theirs,
        unheld=scene.unheld,
        seen=seen,
    )


def _gated(target: Environment, kind: Kind) -> Environment:
    if kind is Kind.promotion:
        return target
    gates = tuple(g for g in target.promotion.gates if isinstance(g, ON_THE_WAY_BACK))
    return replace(target, promotion=replace(target.promotion, gates=gates))
