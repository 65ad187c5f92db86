"""What a promotion waits for, and what its pull request says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from reconciler.forges.forge import Forge, PullRequest
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.override import line
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.plan.commit_text import headline
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionKind
from reconciler.promotion.pull_request.arrival_witness import Witness
from reconciler.promotion.pull_request.asker import goes_along
from reconciler.promotion.pull_request.branch import BranchOutcome, Proposal
from reconciler.promotion.pull_request.gate_question import question_of
from reconciler.promotion.report.inspection import Inspection, inspect_target
from reconciler.promotion.report.report import FILE, PromotionReport, report_of
from reconciler.render.renderer import Renderer
from reconciler.text.markdown import code, prose, quiet
from reconciler.trees.tree import NOTHING

MOST_NAMED = 10
# Where forges look for code owners: without any there is nothing to ask.
OWNERS = ("", "docs/", ".github/", ".gitea/", ".forgejo/", ".gitlab/")


@dataclass(frozen=True, slots=True)
class Assessment:
    results: tuple[GateResult, ...]
    title: str
    body: str
    reviewers: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return all(result.passes for result in self.results)

    @property
    def is_shut(self) -> bool:
        return any(result.state is Gate.shut for result in self.results)


@dataclass(slots=True)
class Assessor:
    """Asks the gates and writes the report, each time as it is now."""

    renderer: Renderer  # with a kernel that checks
    sources: HealthSources
    now: Callable[[], datetime]
    forge: Forge
    witness: Witness
    _inspected: tuple[PlannedPromotion, Inspection] | None = field(default=None, init=False)

    def __call__(
        self,
        scene: PlannedPromotion,
        pull: PullRequest | None,
        proposal: Proposal,
        others: Sequence[PullRequest] = (),
    ) -> Assessment:
        inspection = self._inspect(scene)
        asked = question_of(
            scene,
            inspection,
            self.renderer,
            self.sources,
            self.now(),
            self.forge,
            pull,
            others,
            proposal.theirs,
            partial(self.witness, main=scene.main),
        )
        results = judge(asked)
        to_pass = _to_pass(scene.target, results, proposal.commit)
        report = self._report(scene, inspection, results, pull, to_pass)
        notes = "".join(f"{line}\n\n" for line in _notes(scene, proposal))
        owners: tuple[str, ...] = ()
        if any(scene.tree.look(f"{folder}CODEOWNERS") is not NOTHING for folder in OWNERS):
            owners = self.forge.code_owners(sorted(scene.plan.edits), scene.main)
        return Assessment(
            tuple(results),
            quiet(headline(scene.plan, scene.errand.kind)),
            notes + report.body,
            tuple(dict.fromkeys([*scene.target.promotion.reviewers, *owners])),
        )

    def _inspect(self, scene: PlannedPromotion) -> Inspection:
        """Once, though it is asked for before and after the pull request is made."""
        if self._inspected is None or self._inspected[0] is not scene:
            repository = scene.ground.repository
            found = inspect_target(scene.plan, self.renderer, scene.tree, repository)
            self._inspected = (scene, found)
        return self._inspected[1]

    def _report(
        self,
        scene: PlannedPromotion,
        inspection: Inspection,
        results: Sequence[GateResult],
        pull: PullRequest | None,
        to_pass: str,
    ) -> PromotionReport:
        def written(attached: str = "") -> PromotionReport:
            return report_of(
                scene.plan,
                inspection,
                results,
                repository=scene.ground.repository,
                forge=self.forge,
                attached=attached,
                to_pass=to_pass,
            )

        report = written()
        if not report.cut or pull is None:
            return report
        url = self.forge.attach(pull, FILE, report.whole.encode())
        return written(url) if url else report


def _to_pass(target: Environment, results: Sequence[GateResult], commit: str) -> str:
    """For those to paste who may let a gate pass, if there is one to pass."""
    closed = any(not result.passes for result in results)
    return line("GATE", commit, "REASON") if closed and target.promotion.overrides else ""


def _notes(scene: PlannedPromotion, proposal: Proposal) -> Iterator[str]:
    """What is special about this one."""
    errand, target = scene.errand, scene.target
    match errand.kind:
        case PromotionKind.rollback:
            why = f" {prose(errand.reason)}." if errand.reason else ""
            yield (
                f"**This goes back.**{why} The release that it takes away is held: it comes again "
                "only if somebody overrides that, or in a newer one."
            )
        case PromotionKind.hotfix:
            yield (
                f"**{code(errand.source)} has what {code(errand.target)} lacks.** Until it is "
                "here, nothing newer is promoted over it."
            )
        case PromotionKind.promotion:
            if errand.unheld:
                yield f"**It was rolled back before**, and comes again: {prose(errand.unheld)}."
    alone = target.promotion.auto_merge and errand.kind is not PromotionKind.hotfix
    if alone and not goes_along(errand, target):
        back = errand.kind is PromotionKind.rollback
        fails = "while the rollout that it takes back fails, or " if back else ""
        yield (
            f"By itself it is merged only {fails}once "
            f"somebody has approved this commit whom `promotion.overrides` of "
            f"{code(errand.target)} names."
        )
    if proposal.theirs:
        named = ", ".join(
            f"{commit.id[:10]} {prose(commit.subject)} ({prose(commit.author)})"
            for commit in proposal.theirs[:MOST_NAMED]
        )
        kept = "They are kept, and it is not merged by itself."
        if proposal.outcome is BranchOutcome.left:
            kept = "They touch the same files, so the branch is left as it is."
        yield f"**There are commits of others on this branch**: {named}. {kept}"
