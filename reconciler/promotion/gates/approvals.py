"""People have approved the very commit that would be merged."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.forges.forge import LOCAL, Forge, PullRequest
from reconciler.model.promotion import Approvals
from reconciler.promotion.gates.accounts import one_of
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.suggestions import listing


def approved(gate: Approvals, facts: GateFacts) -> Iterator[GateResult]:
    forge, pull = facts.question.forge, facts.question.pull
    if forge is None or pull is None:
        hint = "somebody other than its author approves it"
        yield GateResult(gate.type, Gate.waiting, f"0 of {gate.count} approvals", hint=hint)
        return
    counts = one_of(gate.by, forge)
    given = [one for one in forge.approvals(pull) if not gate.by or counts(one.user)]
    author = pull.author.casefold()
    people = {a.user.casefold(): a.user for a in given if a.commit == pull.commit}
    own = people.pop(author, None)
    late = {a.user for a in given if a.user.casefold() not in {author, *people}}
    said = f"request {pull.number} has {len(people)} of {gate.count} approvals"
    if people:
        said += f": {listing(sorted(people.values()))}"
    if own:
        said += "; the author's own does not count"
    if late:
        said += f"; {listing(sorted(late))} approved an older commit"
    state = Gate.open if len(people) >= gate.count else Gate.waiting
    hint = "" if state is Gate.open else _to_approve(forge, pull)
    yield GateResult(gate.type, state, said, hint=hint)


def _to_approve(forge: Forge, pull: PullRequest) -> str:
    who = f"somebody other than {pull.author}"
    if forge.kind == LOCAL:
        return f"{who} runs reconciler promote approve {pull.number}"
    return f"{who} approves {pull.commit[:10]} at {pull.url}"
