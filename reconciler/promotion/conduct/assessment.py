"""What a promotion waits for, and what its pull request says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.forges.forge import Forge, PullRequest
from reconciler.model.environment import Environment
from reconciler.model.promotion import Approvals, ChecksPass, SecretsSealed
from reconciler.promotion.conduct.branch import Proposal
from reconciler.promotion.conduct.planning import Scene
from reconciler.promotion.errand import Kind
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.question import Question
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.sources.sources import Sources
from reconciler.render.renderer import Renderer

# What a way back waits for: nothing that only time or the environment before can give.
ON_THE_WAY_BACK = (Approvals, ChecksPass, SecretsSealed)


@dataclass(frozen=True, slots=True)
class Assessment:
    results: tuple[Result, ...]
    title: str
    body: str
    whole: str = ""
    reviewers: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return all(result.passes for result in self.results)

    @property
    def is_shut(self) -> bool:
        return any(result.state is Gate.shut for result in self.results)


@dataclass(frozen=True, slots=True)
class Assessor:
    """Asks the gates and writes the report, each time as it is now."""

    renderer: Renderer
    sources: Sources
    now: Callable[[], datetime]
    forge: Forge

    def __call__(
        self,
        scene: Scene,
        pull: PullRequest | None,
        proposal: Proposal,
        others: Sequence[PullRequest] = (),
    ) -> Assessment:
        results = tuple(judge(self._question(scene, pull, others)))
        promotion = scene.target.promotion
        owners = self.forge.code_owners(sorted(scene.plan.edits), scene.main)
        return Assessment(
            results,
            scene.plan.target,
            "",
            reviewers=tuple(dict.fromkeys([*promotion.reviewers, *owners])),
        )

    def _question(
        self, scene: Scene, pull: PullRequest | None, others: Sequence[PullRequest]
    ) -> Question:
        return Question(
            fleet=scene.fleet,
            source=scene.source,
            target=_gated(scene.target, scene.errand.kind),
            plan=scene.plan,
            repository=scene.ground.repository,
            tree=scene.tree,
            renderer=self.renderer,
            sources=self.sources,
            now=self.now(),
            forge=self.forge,
            pull=pull,
            open_pulls=others,
        )


def _gated(target: Environment, kind: Kind) -> Environment:
    if kind is Kind.promotion:
        return target
    gates = tuple(g for g in target.promotion.gates if isinstance(g, ON_THE_WAY_BACK))
    return replace(target, promotion=replace(target.promotion, gates=gates))
