"""What a promotion waits for, and what its pull request says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from reconciler.compare.escape import code, prose, quiet
from reconciler.forges.forge import Forge, PullRequest
from reconciler.git.tree import NOTHING
from reconciler.model.environment import Environment
from reconciler.promotion.conduct.asker import goes_along
from reconciler.promotion.conduct.branch import Outcome, Proposal
from reconciler.promotion.conduct.planning import Scene
from reconciler.promotion.conduct.question import question_of
from reconciler.promotion.conduct.witness import Witness
from reconciler.promotion.errand import Kind
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.override import line
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.sources.sources import Sources
from reconciler.promotion.proposal import headline
from reconciler.promotion.report.inspection import Inspection, inspect_target
from reconciler.promotion.report.report import FILE, Report, report_of
from reconciler.render.renderer import Renderer

MOST_NAMED = 10
# Where forges look for code owners: without any there is nothing to ask.
OWNERS = ("", "docs/", ".github/", ".gitea/", ".forgejo/", ".gitlab/")


@dataclass(frozen=True, slots=True)
class Assessment:
    results: tuple[Result, ...]
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
    sources: Sources
    now: Callable[[], datetime]
    forge: Forge
    witness: Witness
    _inspected: tuple[Scene, Inspection] | None = field(default=None, init=False)

    def __call__(
        self,
        scene: Scene,
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

    def _inspect(self, scene: Scene) -> Inspection:
        """Once, though it is asked for before and after the pull request is made."""
        if self._inspected is None or self._inspected[0] is not scene:
            repository = scene.ground.repository
            found = inspect_target(scene.plan, self.renderer, scene.tree, repository)
            self._inspected = (scene, found)
        return self._inspected[1]

    def _report(
        self,
        scene: Scene,
        inspection: Inspection,
        results: Sequence[Result],
        pull: PullRequest | None,
        to_pass: str,
    ) -> Report:
        def written(attached: str = "") -> Report:
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


def _to_pass(target: Environment, results: Sequence[Result], commit: str) -> str:
    """For those to paste who may let a gate pass, if there is one to pass."""
    closed = any(not result.passes for result in results)
    return line("GATE", commit, "REASON") if closed and target.promotion.overrides else ""


def _notes(scene: Scene, proposal: Proposal) -> Iterator[str]:
    """What is special about this one."""
    errand, target = scene.errand, scene.target
    match errand.kind:
        case Kind.rollback:
            why = f" {prose(errand.reason)}." if errand.reason else ""
            yield (
                f"**This goes back.**{why} The release that it takes away is held: it comes again "
                "only if somebody overrides that, or in a newer one."
            )
        case Kind.hotfix:
            yield (
                f"**{code(errand.source)} has what {code(errand.target)} lacks.** Until it is "
                "here, nothing newer is promoted over it."
            )
        case Kind.promotion:
            if errand.unheld:
                yield f"**It was rolled back before**, and comes again: {prose(errand.unheld)}."
    alone = target.promotion.auto_merge and errand.kind is not Kind.hotfix
    if alone and not goes_along(errand, target):
        fails = "while the rollout that it takes back fails, or "
        yield (
            f"By itself it is merged only {fails if errand.kind is Kind.rollback else ''}once "
            f"somebody has approved this commit whom `promotion.overrides` of "
            f"{code(errand.target)} names."
        )
    if proposal.theirs:
        named = ", ".join(
            f"{commit.id[:10]} {prose(commit.subject)} ({prose(commit.author)})"
            for commit in proposal.theirs[:MOST_NAMED]
        )
        kept = "They are kept, and it is not merged by itself."
        if proposal.outcome is Outcome.left:
            kept = "They touch the same files, so the branch is left as it is."
        yield f"**There are commits of others on this branch**: {named}. {kept}"
