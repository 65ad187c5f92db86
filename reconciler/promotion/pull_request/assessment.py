"""What a promotion waits for, and what its pull request says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from reconciler.forges.forge import LOCAL, OWN_NUMBER, Forge, PullRequest
from reconciler.health.sources import HealthSources
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.override_line import line, typed_line
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.commit_text import headline
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionKind
from reconciler.promotion.pull_request.arrival_witness import Witness
from reconciler.promotion.pull_request.asker import goes_along
from reconciler.promotion.pull_request.branch import BranchState
from reconciler.promotion.pull_request.gate_question import question_of
from reconciler.promotion.pull_request.session import Assessment
from reconciler.promotion.report.inspection import Inspection, inspect_target
from reconciler.promotion.report.report import report_of
from reconciler.render.renderer import Renderer
from reconciler.text.markdown import code, prose, quiet
from reconciler.trees.tree import NOTHING

MOST_NAMED = 10
# Where forges look for code owners: without any there is nothing to ask.
OWNERS = ("", "docs/", ".github/", ".gitea/", ".forgejo/", ".gitlab/")


@dataclass(slots=True)
class Assessor:
    """Asks the gates and writes the report, each time as it is now."""

    renderer: Renderer  # with a kernel that checks
    sources: HealthSources
    now: Callable[[], datetime]
    forge: Forge
    witness: Witness | None  # none where nothing may be written
    _inspected: tuple[PlannedPromotion, Inspection] | None = field(default=None, init=False)

    def __call__(
        self,
        planned: PlannedPromotion,
        branch: BranchState,
        pull: PullRequest | None,
        others: Sequence[PullRequest],
        attached: str,
        number: int | None,
    ) -> Assessment:
        inspection = self._inspect(planned)
        asked = question_of(
            planned,
            inspection,
            self.renderer,
            self.sources,
            self.now(),
            self.forge,
            pull,
            others,
            branch.theirs,
            partial(self.witness, main=planned.main) if self.witness else None,
        )
        results = judge(asked)
        report = report_of(
            planned.plan,
            inspection,
            results,
            repository=planned.base.repository,
            forge=self.forge,
            attached=attached,
            to_pass=_to_pass(planned, results, branch.tip or "COMMIT", self.forge),
        )
        owners: tuple[str, ...] = ()
        if any(planned.tree.look(f"{folder}CODEOWNERS") is not NOTHING for folder in OWNERS):
            owners = self.forge.code_owners(sorted(planned.plan.edits), planned.main)
        notes = [*_notes(planned, branch)]
        if self.forge.kind == LOCAL:
            notes.insert(0, _without_a_page(str(number or OWN_NUMBER)))
        return Assessment(
            tuple(results),
            quiet(headline(planned.plan, planned.request.kind)),
            "".join(f"{line}\n\n" for line in notes) + report.body,
            tuple(dict.fromkeys([*planned.target.promotion.reviewers, *owners])),
            report.whole.encode() if report.cut else None,
            tuple(asked.lacks or ()),
        )

    def _inspect(self, planned: PlannedPromotion) -> Inspection:
        """Once, though it is asked for before and after the pull request is made."""
        if self._inspected is None or self._inspected[0] is not planned:
            repository = planned.base.repository
            found = inspect_target(planned.plan, self.renderer, planned.tree, repository)
            self._inspected = (planned, found)
        return self._inspected[1]


def _to_pass(
    planned: PlannedPromotion, results: Sequence[GateResult], commit: str, forge: Forge
) -> str:
    """For those to paste who may let a gate pass, if there is one to pass."""
    closed = any(not result.passes for result in results)
    if not closed or not planned.target.promotion.overrides:
        return ""
    request = planned.request
    if forge.kind == LOCAL:
        typed = request.kind is PromotionKind.promotion
        return typed_line(request.source, request.target, request.apps) if typed else ""
    return line("GATE", commit, "REASON")


def _without_a_page(number: str) -> str:
    """What a forge has buttons for."""
    approve, merge = (f"`reconciler promote {word} {number}`" for word in ("approve", "merge"))
    return f"{approve} approves this, as somebody else, and {merge} merges it."


def _notes(planned: PlannedPromotion, branch: BranchState) -> Iterator[str]:
    """What is special about this one."""
    request, target = planned.request, planned.target
    match request.kind:
        case PromotionKind.rollback:
            why = f" {prose(request.reason)}." if request.reason else ""
            yield (
                f"**This goes back.**{why} The release that it takes away is held: it comes again "
                "only if somebody overrides the gate `hold`, or in a newer one."
            )
        case PromotionKind.hotfix:
            yield (
                f"**{code(request.source)} has what {code(request.target)} lacks.** Until it is "
                "here, nothing newer is promoted over it."
            )
        case PromotionKind.promotion:
            if request.unheld:
                yield f"**It was rolled back before**, and comes again: {prose(request.unheld)}."
    alone = target.promotion.auto_merge and request.kind is not PromotionKind.hotfix
    if alone and not goes_along(request, target):
        back = request.kind is PromotionKind.rollback
        fails = "while the rollout that it takes back fails, or " if back else ""
        yield (
            f"It is merged automatically only {fails}once somebody whom `promotion.overrides` of "
            f"{code(request.target)} names has approved this commit."
        )
    if branch.theirs:
        named = ", ".join(
            f"{commit.id[:10]} {prose(commit.subject)} ({prose(commit.author)})"
            for commit in branch.theirs[:MOST_NAMED]
        )
        kept = "They are kept, and it is not merged automatically."
        if not (branch.is_current or branch.fits_on_top):
            kept = "They touch the same files, so the branch is left as it is."
        yield f"**There are commits of others on this branch**: {named}. {kept}"
