"""A CometBFT node: its RPC by URI and by JSON-RPC, and its metrics."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from reconciler.testbed.simulation.answers import (
    NOT_FOUND,
    SimulatedAnswer,
    SimulatedRequest,
    as_json,
    as_metrics,
)
from reconciler.testbed.simulation.node import SimulatedNode

CHAIN_ID = "simulated-1"
VALIDATORS = 3


def answer(node: SimulatedNode, request: SimulatedRequest) -> SimulatedAnswer:
    if request.path == "/metrics":
        return _metrics(node)
    number: Any = -1
    method = request.path.strip("/")
    if request.method == "POST":
        try:
            asked = json.loads(request.body)
            number, method = asked.get("id"), asked.get("method")
        except (ValueError, AttributeError):
            return as_json(_error(None, -32700, "Parse error"), 500)
    results: dict[str, Callable[[], Any]] = {
        "health": dict,
        "status": lambda: _status(node),
        "net_info": lambda: _net_info(node),
    }
    if method in results:
        return as_json({"jsonrpc": "2.0", "id": number, "result": results[method]()})
    if request.method == "POST":
        return as_json(_error(number, -32601, "Method not found"))
    return NOT_FOUND


def _status(node: SimulatedNode) -> dict[str, Any]:
    height = node.height
    made = datetime.fromtimestamp(node.chain.time_of(height), UTC)
    return {
        "node_info": {
            "id": f"{node.name}-simulation",
            "network": CHAIN_ID,
            "version": "simulation",
            "moniker": node.name,
        },
        "sync_info": {
            "latest_block_height": str(height),
            "latest_block_time": made.isoformat(),
            "earliest_block_height": "1",
            "catching_up": node.syncing,
        },
        "validator_info": {"address": "00" * 20, "voting_power": "0"},
    }


def _net_info(node: SimulatedNode) -> dict[str, Any]:
    peers = [
        {
            "node_info": {"id": f"simulated-{number}", "moniker": f"peer-{number}"},
            "is_outbound": number % 2 == 0,
            "remote_ip": f"192.0.2.{number + 1}",
        }
        for number in range(node.peers)
    ]
    return {"listening": True, "listeners": [], "n_peers": str(len(peers)), "peers": peers}


def _metrics(node: SimulatedNode) -> SimulatedAnswer:
    chain = f'{{chain_id="{CHAIN_ID}"}}'
    return as_metrics(
        {
            f"cometbft_consensus_height{chain}": node.height + 1,
            f"cometbft_consensus_latest_block_height{chain}": node.height,
            f"cometbft_consensus_validators{chain}": VALIDATORS,
            f"cometbft_consensus_missing_validators{chain}": 0,
            f"cometbft_p2p_peers{chain}": node.peers,
            f"cometbft_blocksync_syncing{chain}": int(node.syncing),
            f"cometbft_mempool_size{chain}": 10,
        }
    )


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
