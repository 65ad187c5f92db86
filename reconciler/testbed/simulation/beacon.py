"""An Ethereum beacon node, lighthouse: the standard API, and lighthouse's metrics."""

from __future__ import annotations

from reconciler.testbed.simulation.answers import (
    NOT_FOUND,
    SimulatedAnswer,
    SimulatedRequest,
    as_json,
    as_metrics,
)
from reconciler.testbed.simulation.node import SimulatedNode

SLOTS_PER_EPOCH = 32


def answer(node: SimulatedNode, request: SimulatedRequest) -> SimulatedAnswer:
    routes = {
        "/eth/v1/node/health": _health,
        "/eth/v1/node/syncing": _syncing,
        "/eth/v1/node/peers": _peers,
        "/eth/v1/node/peer_count": _peer_count,
        "/eth/v1/node/version": _version,
        "/metrics": _metrics,
    }
    route = routes.get(request.path)
    return route(node) if route and request.method == "GET" else NOT_FOUND


def _version(_: SimulatedNode) -> SimulatedAnswer:
    return as_json({"data": {"version": "lighthouse-simulation/v0"}})


def _health(node: SimulatedNode) -> SimulatedAnswer:
    """200: ready; 206: it syncs."""
    return SimulatedAnswer(206 if node.syncing else 200, b"")


def _syncing(node: SimulatedNode) -> SimulatedAnswer:
    distance = node.chain.height() - node.height if node.syncing else 0
    return as_json(
        {
            "data": {
                "head_slot": str(node.height),
                "sync_distance": str(distance),
                "is_syncing": node.syncing,
                "is_optimistic": False,
                "el_offline": False,
            }
        }
    )


def _peers(node: SimulatedNode) -> SimulatedAnswer:
    found = [
        {
            "peer_id": f"simulated-{number}",
            "enr": None,
            "last_seen_p2p_address": f"/ip4/192.0.2.{number + 1}/tcp/9000",
            "state": "connected",
            "direction": "outbound" if number % 2 else "inbound",
        }
        for number in range(node.peers)
    ]
    return as_json({"data": found, "meta": {"count": len(found)}})


def _peer_count(node: SimulatedNode) -> SimulatedAnswer:
    count = {"disconnected": "0", "connecting": "0", "disconnecting": "0"}
    return as_json({"data": {**count, "connected": str(node.peers)}})


def _metrics(node: SimulatedNode) -> SimulatedAnswer:
    slot = node.chain.height()
    return as_metrics(
        {
            "beacon_head_state_slot": node.height,
            "beacon_head_state_finalized_epoch": node.height // SLOTS_PER_EPOCH - 2,
            "libp2p_peers": node.peers,
            "slotclock_present_slot": slot,
            "slotclock_present_epoch": slot // SLOTS_PER_EPOCH,
            "sync_eth2_synced": 0 if node.syncing else 1,
        }
    )
