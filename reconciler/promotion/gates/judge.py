"""All gates of a promotion, each asked for itself: one that fails is closed, and names why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.model.promotion import (
    Alone,
    Approvals,
    ChecksPass,
    Freeze,
    Health,
    Plugin,
    Previous,
    SecretsSealed,
    Soak,
    Window,
)
from reconciler.promotion.gates.approvals import approved
from reconciler.promotion.gates.foreign_commits import ours_alone
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.health import healthy
from reconciler.promotion.gates.hold import let_go
from reconciler.promotion.gates.hours import in_window, thawed
from reconciler.promotion.gates.order import alone, preceded
from reconciler.promotion.gates.override import NAME as OVERRIDE
from reconciler.promotion.gates.override import overridden
from reconciler.promotion.gates.plugins import plugged
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import Gate, GateResult, refused
from reconciler.promotion.gates.soak import soaked
from reconciler.promotion.gates.target_checks import checked, sealed

GATES: dict[type, Callable[[Any, GateFacts], Iterable[GateResult]]] = {
    Soak: soaked,
    Health: healthy,
    Approvals: approved,
    ChecksPass: checked,
    SecretsSealed: sealed,
    Previous: preceded,
    Alone: alone,
    Plugin: plugged,
}

Ask = Callable[[], Iterable[GateResult]]


def judge(question: GateQuestion) -> list[GateResult]:
    """How each gate stands, in the order of the target's file."""
    facts = GateFacts(question)
    results = [result for name, ask in _asked(facts) for result in _answers(name, ask)]
    results += [*ours_alone(question), *let_go(question)]
    try:
        return overridden(question, results)
    except ReconcilerError as e:  # a forge that does not answer overrides nothing
        return [*results, GateResult(OVERRIDE, Gate.open, e.what, hint=e.hint)]


def _asked(facts: GateFacts) -> Iterator[tuple[str, Ask]]:
    """Windows are asked together, for one of them is enough, and so are freezes."""
    gates = facts.question.gates
    windows = [gate for gate in gates if isinstance(gate, Window)]
    freezes = [gate for gate in gates if isinstance(gate, Freeze)]
    for gate in gates:
        if isinstance(gate, Window):
            if gate is windows[0]:
                yield gate.type, partial(in_window, windows, facts)
        elif isinstance(gate, Freeze):
            if gate is freezes[0]:
                yield gate.type, partial(thawed, freezes, facts)
        else:
            name = gate.name if isinstance(gate, Plugin) else gate.type
            yield name, partial(GATES[type(gate)], gate, facts)


def _answers(name: str, ask: Ask) -> list[GateResult]:
    try:
        return list(ask())
    except ReconcilerError as e:
        return [refused(name, e)]
    except (Exception, SystemExit) as e:
        # What it says may hold anything, a password too: only errors of ours are shown.
        said = f"the gate itself failed, with {type(e).__name__}"
        return [GateResult(name, Gate.closed, said, hint="report it to those who made the gate")]
