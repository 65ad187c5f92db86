"""Ethereum execution clients, geth and reth: JSON-RPC, and their metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from reconciler.testbed.simulation.answers import (
    NOT_FOUND,
    SimulatedAnswer,
    SimulatedRequest,
    as_json,
    as_metrics,
)
from reconciler.testbed.simulation.node import SimulatedNode

CHAIN_ID = 11155111
METRICS = ("/metrics", "/debug/metrics/prometheus")


def answer(node: SimulatedNode, request: SimulatedRequest) -> SimulatedAnswer:
    if request.method == "GET" and request.path in METRICS:
        return as_metrics(_reth(node) if node.kind == "reth" else _geth(node))
    if request.method != "POST":
        return NOT_FOUND
    try:
        asked = json.loads(request.body)
    except ValueError:
        return as_json(_error(None, -32700, "parse error"))
    if isinstance(asked, list):
        return as_json([_reply(node, one) for one in asked])
    return as_json(_reply(node, asked))


def _reply(node: SimulatedNode, asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict) or "method" not in asked:
        return _error(None, -32600, "invalid request")
    number, method = asked.get("id"), asked["method"]
    results: dict[str, Callable[[], Any]] = {
        "eth_blockNumber": lambda: hex(node.height),
        "eth_chainId": lambda: hex(CHAIN_ID),
        "eth_getBlockByNumber": lambda: _block(node, asked["params"][0]),
        "eth_syncing": lambda: _syncing(node),
        "net_peerCount": lambda: hex(node.peers),
        "net_version": lambda: str(CHAIN_ID),
        "web3_clientVersion": lambda: f"{node.kind}-simulation/v0",
    }
    if method not in results:
        return _error(
            number, -32601, f"the method {method} does not exist/is not available: a simulation"
        )
    try:
        return {"jsonrpc": "2.0", "id": number, "result": results[method]()}
    except (TypeError, ValueError, LookupError):
        return _error(number, -32602, "invalid argument")


def _syncing(node: SimulatedNode) -> bool | dict[str, str]:
    if not node.syncing:
        return False
    return {
        "startingBlock": "0x0",
        "currentBlock": hex(node.height),
        "highestBlock": hex(node.chain.height()),
    }


def _block(node: SimulatedNode, which: str) -> dict[str, Any] | None:
    """As much of a block as tools look at."""
    named = {"earliest": 0, "latest": node.height, "pending": node.height}
    height = named[which] if which in named else int(which, 16)
    if height > node.height:
        return None
    return {
        "number": hex(height),
        "hash": _hash(height),
        "parentHash": _hash(height - 1),
        "timestamp": hex(int(node.chain.time_of(height))),
        "transactions": [],
    }


def _hash(height: int) -> str:
    return "0x" + hashlib.sha256(f"simulated {height}".encode()).hexdigest()


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def _geth(node: SimulatedNode) -> dict[str, float]:
    return {
        "chain_head_block": node.height,
        "chain_head_header": node.chain.height() if node.syncing else node.height,
        "chain_head_receipt": node.height,
        "p2p_peers": node.peers,
        "txpool_pending": 100,
    }


def _reth(node: SimulatedNode) -> dict[str, float]:
    return {
        "reth_blockchain_tree_canonical_chain_height": node.height,
        "reth_network_connected_peers": node.peers,
        'reth_sync_checkpoint{stage="Finish"}': node.height,
        "reth_transaction_pool_pending_pool_transactions": 100,
    }
