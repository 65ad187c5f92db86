"""An Ethereum beacon node, lighthouse: the standard API, and lighthouse's metrics."""

from __future__ import annotations

from reconciler.testbed.simulation.answers import NOT_FOUND, Answer, Request, as_json, as_metrics
from reconciler.testbed.simulation.node import Node

SLOTS_PER_EPOCH = 32


def answer(node: Node, request: Request) -> Answer:
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


def _version(_: Node) -> Answer:
    return as_json({"data": {"version": "lighthouse-simulation/v0"}})


def _health(node: Node) -> Answer:
    """200: ready; 206: it syncs."""
    return Answer(206 if node.syncing else 200, b"")


def _syncing(node: Node) -> Answer:
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


def _peers(node: Node) -> Answer:
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


def _peer_count(node: Node) -> Answer:
    count = {"disconnected": "0", "connecting": "0", "disconnecting": "0"}
    return as_json({"data": {**count, "connected": str(node.peers)}})


def _metrics(node: Node) -> Answer:
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
