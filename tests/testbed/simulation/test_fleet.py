"""Simulated nodes answer as the real ones do, as far as tools ask, and fail as they do."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler import errors
from reconciler.testbed.loopback import call
from reconciler.testbed.simulation.fleet import SimulatedFleet, nodes_of
from reconciler.testbed.simulation.node import LAG_BLOCKS, Fault


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    with SimulatedFleet("geth:2", "reth", "lighthouse", "cometbft") as running:
        yield running


def rpc(fleet: SimulatedFleet, node: str, method: str, *params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    return call("POST", fleet[node].url, body)["result"]


def text(url: str, seconds: float = 10) -> str:
    with urllib.request.urlopen(url, timeout=seconds) as response:
        content: bytes = response.read()
        return content.decode()


def metrics(fleet: SimulatedFleet, node: str) -> dict[str, float]:
    lines = text(f"{fleet[node].url}/metrics").splitlines()
    pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name.partition("{")[0]: float(value) for name, _, value in pairs}


@pytest.mark.parametrize("node", ["geth-0", "reth-0"])
def test_an_execution_client_tells_its_block_chain_peers_and_state(
    fleet: SimulatedFleet, node: str
) -> None:
    assert rpc(fleet, node, "eth_chainId") == hex(11155111)
    assert int(rpc(fleet, node, "net_peerCount"), 16) > 0
    assert rpc(fleet, node, "eth_syncing") is False
    head = rpc(fleet, node, "eth_getBlockByNumber", "latest", False)
    before = rpc(fleet, node, "eth_getBlockByNumber", hex(int(head["number"], 16) - 1), False)
    assert head["parentHash"] == before["hash"]
    assert rpc(fleet, node, "eth_getBlockByNumber", "0xffffffff", False) is None


def test_requests_in_one_batch_are_answered_together_and_unknown_ones_refused(
    fleet: SimulatedFleet,
) -> None:
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_mine"},
        {"jsonrpc": "2.0", "id": 3, "method": "eth_getBlockByNumber", "params": ["new"]},
        3,
    ]
    request = urllib.request.Request(fleet["geth-0"].url, json.dumps(batch).encode())
    with urllib.request.urlopen(request) as response:
        first, second, third, fourth = json.load(response)
    assert first["result"].startswith("0x")
    assert second["error"]["code"] == -32601
    assert third["error"]["code"] == -32602
    assert fourth["error"]["code"] == -32600


def test_a_beacon_node_tells_its_health_by_the_status_of_the_answer(fleet: SimulatedFleet) -> None:
    url = f"{fleet['lighthouse-0'].url}/eth/v1/node"
    with urllib.request.urlopen(f"{url}/health") as response:
        assert response.status == 200
    assert call("GET", f"{url}/syncing")["data"]["is_syncing"] is False
    assert len(call("GET", f"{url}/peers")["data"]) > 0
    fleet.break_down("lighthouse-0", Fault.behind)
    with urllib.request.urlopen(f"{url}/health") as response:
        assert response.status == 206
    assert int(call("GET", f"{url}/syncing")["data"]["sync_distance"]) >= LAG_BLOCKS


def test_a_cometbft_node_answers_by_path_and_by_json(fleet: SimulatedFleet) -> None:
    url = fleet["cometbft-0"].url
    by_path = call("GET", f"{url}/status")["result"]
    assert by_path["sync_info"]["catching_up"] is False
    assert rpc(fleet, "cometbft-0", "status")["node_info"] == by_path["node_info"]
    assert call("GET", f"{url}/health")["result"] == {}
    assert int(call("GET", f"{url}/net_info")["result"]["n_peers"]) > 0


@pytest.mark.parametrize(
    ("node", "height", "peers"),
    [
        ("geth-0", "chain_head_block", "p2p_peers"),
        ("reth-0", "reth_blockchain_tree_canonical_chain_height", "reth_network_connected_peers"),
        ("lighthouse-0", "beacon_head_state_slot", "libp2p_peers"),
        ("cometbft-0", "cometbft_consensus_latest_block_height", "cometbft_p2p_peers"),
    ],
)
def test_metrics_have_the_names_of_the_real_program_and_show_a_fault(
    fleet: SimulatedFleet, node: str, height: str, peers: str
) -> None:
    healthy = metrics(fleet, node)
    fleet.break_down(node, Fault.no_peers)
    assert healthy[peers] > 0 == metrics(fleet, node)[peers]
    fleet.break_down(node, Fault.behind)
    assert metrics(fleet, node)[height] < healthy[height]


def test_one_that_is_behind_says_so_and_the_others_do_not(fleet: SimulatedFleet) -> None:
    fleet.break_down("geth-1", Fault.behind)
    syncing = rpc(fleet, "geth-1", "eth_syncing")
    assert int(syncing["highestBlock"], 16) - int(syncing["currentBlock"], 16) >= LAG_BLOCKS
    assert rpc(fleet, "geth-0", "eth_syncing") is False


def test_one_that_is_stuck_believes_that_all_is_well(fleet: SimulatedFleet) -> None:
    fleet.break_down("geth-0", Fault.stuck)
    stuck = rpc(fleet, "geth-0", "eth_blockNumber")
    head = rpc(fleet, "geth-1", "eth_blockNumber")
    while rpc(fleet, "geth-1", "eth_blockNumber") == head:
        pass
    assert rpc(fleet, "geth-0", "eth_blockNumber") == stuck
    assert rpc(fleet, "geth-0", "eth_syncing") is False


def test_one_that_is_down_refuses_connections_and_comes_back_at_its_address(
    fleet: SimulatedFleet,
) -> None:
    url = fleet["geth-0"].url
    fleet.break_down("geth-0", Fault.down)
    with pytest.raises(errors.TestbedError, match="gets no answer"):
        call("POST", url, {})
    fleet.break_down("geth-0", Fault.none)
    assert fleet["geth-0"].url == url
    assert rpc(fleet, "geth-0", "net_version")


def test_one_that_talks_garbage_answers_with_no_json(fleet: SimulatedFleet) -> None:
    fleet.break_down("cometbft-0", Fault.garbage)
    with pytest.raises(json.JSONDecodeError):
        call("GET", f"{fleet['cometbft-0'].url}/status")


def test_one_that_is_slow_does_not_answer_in_time(fleet: SimulatedFleet) -> None:
    fleet.break_down("geth-0", Fault.slow)
    with pytest.raises(TimeoutError):
        text(f"{fleet['geth-0'].url}/metrics", seconds=0.3)


def test_each_answer_says_that_it_is_a_simulation(fleet: SimulatedFleet) -> None:
    for node in fleet.nodes.values():
        with urllib.request.urlopen(f"{node.url}/metrics") as response:
            assert response.headers["X-Simulation"]
            assert b"simulation" in response.read()
    assert "simulation" in rpc(fleet, "geth-0", "web3_clientVersion")


@pytest.mark.parametrize("word", ["parity", "geth:many", "geth:-1", ""])
def test_a_node_of_an_unknown_kind_is_refused(word: str) -> None:
    with pytest.raises(errors.UsageError, match="is not a simulated node"):
        nodes_of([word])
