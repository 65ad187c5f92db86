"""Gates that other packages bring, by entry points of the group `reconciler.gates`.

Each is a function that takes a GateQuestion and gives GateResults. One that is missing or broken
keeps promotions back: whoever declares a gate does not want to go on without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from queue import Empty, Queue
from threading import Thread

from reconciler.errors import FleetError
from reconciler.model.promotion import Plugin
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.suggestions import did_you_mean

GROUP = "reconciler.gates"
SECONDS = 60.0


def plugged(gate: Plugin, facts: GateFacts) -> Iterator[GateResult]:
    known = {point.name: point for point in entry_points(group=GROUP)}
    if gate.name not in known:
        raise FleetError(
            f"no package that is installed here brings the gate {gate.name}",
            hint=did_you_mean(gate.name, known) or "install it beside reconciler",
        )
    results = _answer(gate, known[gate.name], facts)
    if not results:
        yield GateResult(gate.name, Gate.open, "the plugin has no objection")
    for result in results:
        if not isinstance(result, GateResult):
            raise _broken(gate, f"a {type(result).__name__} where a GateResult belongs")
        if result.opens and result.opens.tzinfo is None:
            raise _broken(gate, "a time without a time zone")
        yield replace(result, name=gate.name)


def _answer(gate: Plugin, point: EntryPoint, facts: GateFacts) -> list[object]:
    """Nothing can end a function that takes too long: its thread is left behind."""
    said: Queue[list[object] | BaseException] = Queue()

    def ask() -> None:
        try:
            found = point.load()(facts.question)
            said.put(list(found) if isinstance(found, Iterable) else [found])
        except BaseException as e:
            said.put(e)

    Thread(target=ask, daemon=True).start()
    try:
        answer = said.get(timeout=SECONDS)
    except Empty:
        raise FleetError(
            f"the gate {gate.name} says nothing within {SECONDS:g} s",
            hint="what it asks may be down; it is asked again the next time",
        ) from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _broken(gate: Plugin, what: str) -> FleetError:
    return FleetError(
        f"the gate {gate.name} gives {what}", hint="report it to those who made the gate"
    )
