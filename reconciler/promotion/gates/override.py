"""Letting a promotion pass a gate that is not open.

A comment on the pull request does it, and is the record of it. Its first line is

    /override soak,health 4f0c…9e3d the fix of an incident

with the gates, the commit that the branch is at, and a reason. So it does not hold for what the
pull request becomes later, and whoever judges it again finds it again. The commit is named in full:
another that begins alike is made within minutes. Where such lines are orders to the forge itself,
what we say is kept with a backslash before it.

A forge says who began a comment, and lets others edit it: one that was edited says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reconciler.errors import ReconcilerError
from reconciler.forges.forge import LOCAL, Comment
from reconciler.git.addresses import is_full_name
from reconciler.promotion.gates.accounts import one_of
from reconciler.promotion.gates.override_line import COMMAND, Override, line, typed_line
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.suggestions import did_you_mean

NAME = "override"
WORDS = re.compile(
    r"(?P<gates>[a-z0-9][a-z0-9,-]*) +(?P<commit>[0-9a-f]{7,40})(?: +(?P<why>\S.*))?"
)


def overridden(question: GateQuestion, results: Sequence[GateResult]) -> list[GateResult]:
    """The results with those overridden that somebody may and wants to, and why others are not."""
    names = {result.name for result in results}
    allowed = question.target.promotion.overrides
    may = one_of(allowed, question.forge) if question.forge else _anybody
    judged = [
        (one, one if isinstance(one, GateResult) else _problem(question, one, names, may))
        for one in (*question.overrides, *_comments(question))
    ]
    counted = [one for one, problem in judged if isinstance(one, Override) and not problem]
    problems = [problem for _, problem in judged if problem]
    return [*(_with(result, counted) for result in results), *problems]


def _with(result: GateResult, overrides: Sequence[Override]) -> GateResult:
    for override in overrides:
        if result.name in override.gates and not result.passes:
            said = f"{override.by}: {override.reason} (it is {result.state}: {result.evidence})"
            return replace(
                result,
                state=Gate.overridden,
                evidence=said,
                opens=None,
                hint="",
                override=override,
            )
    return result


def _anybody(_: str) -> bool:
    return True


def _problem(
    question: GateQuestion, found: Override, names: set[str], may: Callable[[str], bool]
) -> GateResult | None:
    """Why an override does not count."""
    if not found.reason.strip():
        return _note(f"{found.by} gives no reason", f"write {_form(question)}")
    try:
        allowed = may(found.by)
    except ReconcilerError as e:  # a team that is not shown says nothing of the others' words
        return _note(e.what, e.hint)
    if not allowed:
        return _note(
            f"{found.by} may not override a gate of {question.target.name}",
            "promotion.overrides of its environment.yaml names those who may",
        )
    unknown = [gate for gate in found.gates if gate not in names]
    if unknown:
        return _note(
            f"{found.by} overrides {unknown[0]}, and there is no such gate here",
            did_you_mean(unknown[0], sorted(names)),
        )
    return None


def _comments(question: GateQuestion) -> Iterator[Override | GateResult]:
    """What comments say, or why they say nothing."""
    if question.forge is None or question.pull is None:
        return
    form = _form(question)
    for comment in question.forge.comments(question.pull):
        first = comment.body.strip().partition("\n")[0].strip()
        command, _, words = first.partition(" ")
        if command.removeprefix("\\") == COMMAND:
            yield _said(comment, words.strip(), question.pull.commit, form)


def _said(comment: Comment, words: str, tip: str, form: str) -> Override | GateResult:
    who, match = comment.author, WORDS.fullmatch(words)
    if comment.edited:
        return _note(
            f"a comment that {who} began was edited, and may hold the words of somebody else",
            f"write a new one: {form}",
        )
    if match is None:
        return _note(f"the override of {who} cannot be read", f"write {form}")
    gates, commit = match["gates"], match["commit"]
    if not is_full_name(commit):
        return _note(
            f"{who} overrides {gates} for {commit}, which is not the whole name of a commit",
            f"write {form}",
        )
    if commit != tip:
        return _note(
            f"{who} overrides {gates} for {commit[:10]}, and the branch is at {tip[:10]}",
            f"write it for the commit that the branch is at now: {form}",
        )
    return Override(tuple(filter(None, gates.split(","))), match["why"] or "", who)


def _form(question: GateQuestion) -> str:
    plan = question.plan
    if question.forge and question.forge.kind == LOCAL:
        return typed_line(plan.source, plan.target, [step.app for step in plan.due])
    return line("GATE", question.pull.commit if question.pull else "COMMIT", "REASON")


def _note(said: str, hint: str) -> GateResult:
    """Nothing waits for an override that does not count."""
    return GateResult(NAME, Gate.open, said, hint=hint)
