"""What the log says of what happened. Tokens and secrets are in none of it."""

from __future__ import annotations

import logging
from typing import Any

from reconciler.bot.observe_round import Failed
from reconciler.bot.rollout import RolloutReport
from reconciler.bot.round import Happened, Removed
from reconciler.daemon.logs import error_fields
from reconciler.errors import ReconcilerError
from reconciler.model.fleet import Fleet
from reconciler.promotion.pull_request.advance import PromotionOutcome

NAME = "reconciler.bot"
PROPOSE = "set promotion.propose of an environment.yaml to app or batch on the main branch"
log = logging.getLogger(NAME)


def tell(event: Happened) -> None:
    match event:
        case PromotionOutcome():
            _say(logging.INFO, event.end.value, _outcome(event))
        case RolloutReport():
            fields: dict[str, Any] = {
                "target": event.rollout.request.target,
                "pull": event.pull.number,
            }
            fields |= {result.app: result.evidence for result in event.results}
            _say(logging.INFO, f"rollout is {event.state.value}", fields)
        case Failed():
            fail(event.what, event.error)
        case Removed():
            _say(logging.INFO, "removed a branch", {"branch": event.branch})


def tell_start(fleet: Fleet, interval: float | None) -> None:
    """What it is going to do, and what it may not; without an interval it looks once."""
    may = {e.name: e.promotion.propose for e in fleet.environments if e.promotes_from}
    merges = [e.name for e in fleet.environments if e.promotion.auto_merge]
    fields: dict[str, Any] = {
        "looks": f"every {interval:g} s" if interval else "once",
        "proposes": [name for name, propose in may.items() if propose != "never"],
        "merges": merges,
    }
    _say(logging.INFO, "started: judges open requests and follows rollouts", fields)
    if not fields["proposes"]:
        _say(logging.WARNING, "no environment lets the bot propose promotions", {"hint": PROPOSE})


def fail(what: str, error: ReconcilerError) -> None:
    _say(logging.WARNING, "failed", {"what": what, **error_fields(error)})


def _outcome(event: PromotionOutcome) -> dict[str, Any]:
    fields: dict[str, Any] = {"branch": event.request.branch, "kind": event.request.kind.value}
    if event.pull:
        fields |= {"pull": event.pull.number, "url": event.pull.url}
    if event.proposal:
        fields |= {"commit": event.proposal.commit[:10], "push": event.proposal.outcome.value}
    closed = [f"{r.name}: {r.evidence}" for r in event.results if not r.passes]
    if closed:
        fields["waits"] = closed
    if event.superseded:
        fields["superseded"] = list(event.superseded)
    return fields


def _say(level: int, message: str, fields: dict[str, Any]) -> None:
    log.log(level, message, extra={"fields": fields})
