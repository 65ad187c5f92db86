"""Letting a promotion pass a gate that is not open.

A comment on the pull request does it, and is the record of it. Its first line is

    /override soak,health 1a2b3c4 the fix of an incident

with the gates, the commit that the branch is at, and a reason. So it does not hold for what the
pull request becomes later, and whoever judges it again finds it again. Where such lines are orders
to the forge itself, what we say is kept with a backslash before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.model.suggest import did_you_mean
from reconciler.promotion.gates.people import one_of
from reconciler.promotion.gates.result import Gate, Result

if TYPE_CHECKING:
    from reconciler.promotion.gates.question import Question

NAME = "override"
COMMAND = "/override"
WORDS = re.compile(
    r"(?P<gates>[a-z0-9][a-z0-9,-]*) +(?P<commit>[0-9a-f]{7,40})(?: +(?P<why>\S.*))?"
)
FORM = f"{COMMAND} GATE COMMIT REASON"


@dataclass(frozen=True, slots=True)
class Override:
    """Who lets a promotion pass which gates, and why."""

    gates: tuple[str, ...]
    reason: str
    by: str


def overridden(question: Question, results: Sequence[Result]) -> list[Result]:
    """The results with those overridden that somebody may and wants to, and why others are not."""
    names = {result.name for result in results}
    allowed = question.target.promotion.overrides
    may = one_of(allowed, question.forge) if question.forge else _anybody
    judged = [
        (one, one if isinstance(one, Result) else _problem(question, one, names, may))
        for one in (*question.overrides, *_comments(question))
    ]
    counted = [one for one, problem in judged if isinstance(one, Override) and not problem]
    problems = [problem for _, problem in judged if problem]
    return [*(_with(result, counted) for result in results), *problems]


def _with(result: Result, overrides: Sequence[Override]) -> Result:
    for override in overrides:
        if result.name in override.gates and not result.passes:
            said = f"{override.by}: {override.reason} (it is {result.state}: {result.evidence})"
            return replace(result, state=Gate.overridden, evidence=said, opens=None, hint="")
    return result


def _anybody(_: str) -> bool:
    return True


def _problem(
    question: Question, found: Override, names: set[str], may: Callable[[str], bool]
) -> Result | None:
    """Why an override does not count."""
    if not found.reason.strip():
        return _note(f"{found.by} gives no reason", f"write {FORM}")
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


def _comments(question: Question) -> Iterator[Override | Result]:
    """What comments say, or why they say nothing."""
    if question.forge is None or question.pull is None:
        return
    for comment in question.forge.comments(question.pull):
        first = comment.body.strip().partition("\n")[0].strip()
        command, _, words = first.partition(" ")
        if command.removeprefix("\\") != COMMAND:
            continue
        match = WORDS.fullmatch(words.strip())
        if match is None:
            yield _note(
                f"{comment.author} overrides in words that are not understood", f"write {FORM}"
            )
        elif not question.pull.commit.startswith(match["commit"]):
            yield _note(
                f"{comment.author} overrides {match['gates']} for {match['commit'][:10]}, "
                f"and the branch is at {question.pull.commit[:10]}",
                "say it again for the commit that the branch is at now",
            )
        else:
            gates = tuple(filter(None, match["gates"].split(",")))
            yield Override(gates, match["why"] or "", comment.author)


def _note(said: str, hint: str) -> Result:
    """Nothing waits for an override that does not count."""
    return Result(NAME, Gate.open, said, hint=hint)
