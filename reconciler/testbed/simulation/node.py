"""What a simulated node knows: how far the chain is, and what is wrong with the node."""

from __future__ import annotations

import time
from enum import StrEnum

FIRST_BLOCK = 5_000_000
BLOCK_SECONDS = 1.0
LAG = 128
PEERS = 25


class Fault(StrEnum):
    none = "none"
    behind = "behind"
    stuck = "stuck"
    no_peers = "no-peers"
    down = "down"
    slow = "slow"
    garbage = "garbage"


class SimulatedChain:
    """One chain that all nodes of a kind follow; a block a second."""

    def __init__(self) -> None:
        self._began = time.time()

    def height(self) -> int:
        return FIRST_BLOCK + int((time.time() - self._began) / BLOCK_SECONDS)

    def time_of(self, height: int) -> float:
        return self._began + (height - FIRST_BLOCK) * BLOCK_SECONDS


class SimulatedNode:
    """One node; what it says follows from the chain and its fault."""

    def __init__(self, name: str, kind: str, chain: SimulatedChain) -> None:
        self.name = name
        self.kind = kind
        self.chain = chain
        self.url = ""
        self._fault = Fault.none
        self._stuck_at = 0

    @property
    def fault(self) -> Fault:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._stuck_at = self.height
        self._fault = fault

    @property
    def height(self) -> int:
        if self._fault is Fault.behind:
            return self.chain.height() - LAG
        if self._fault is Fault.stuck:
            return self._stuck_at
        return self.chain.height()

    @property
    def syncing(self) -> bool:
        """Whether it knows that it is behind; one that is stuck believes that all is well."""
        return self._fault is Fault.behind

    @property
    def peers(self) -> int:
        return 0 if self._fault is Fault.no_peers else PEERS
