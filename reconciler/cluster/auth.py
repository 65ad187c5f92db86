"""What proves to an API server who one is, and when it must be fetched anew."""

from __future__ import annotations

import asyncio
import base64
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from reconciler.cluster.kubeconfig import read_file
from reconciler.errors import ClusterError

FILE_SECONDS = 60  # a file is read again after this long, even if it looks the same
PAUSE_SECONDS = 5  # between two tries to renew what may serve on


@dataclass(frozen=True, slots=True)
class Proof:
    """A header, a client certificate, or both; none of it is shown anywhere."""

    authorization: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    until: float = field(default=math.inf, compare=False)  # when to ask for another


class ProofSource(Protocol):
    def is_fresh(self, proof: Proof) -> bool:
        """Whether there is no need to fetch another; asked before each request."""

    async def fetch(self) -> Proof: ...


@dataclass(frozen=True, slots=True)
class FixedProof:
    """What never changes."""

    proof: Proof

    def is_fresh(self, proof: Proof) -> bool:
        return True

    async def fetch(self) -> Proof:
        return self.proof


class ProofFiles:
    """Files that somebody replaces while we run."""

    def __init__(self, paths: Sequence[str], read: Callable[[], Proof]) -> None:
        self._paths = paths
        self._read = read
        self._seen: tuple[object, ...] = ()

    def is_fresh(self, proof: Proof) -> bool:
        return time.time() < proof.until and self._look() == self._seen

    async def fetch(self) -> Proof:
        seen = self._look()  # before reading, so that a change between the two is noticed
        found = replace(self._read(), until=time.time() + FILE_SECONDS)
        self._seen = seen
        return found

    def _look(self) -> tuple[object, ...]:
        return tuple(_stamp(path) for path in self._paths)


class Authenticator:
    """Keeps what a source gave. However many need something newer, it is fetched once for all."""

    def __init__(self, source: ProofSource) -> None:
        self._source = source
        self._proof: Proof | None = None
        self._fetching: asyncio.Task[Proof] | None = None
        self._next_try = 0.0

    async def proof(self) -> Proof:
        """What to show now.

        If it should be renewed and cannot be, it serves on until the server refuses it.
        """
        known = self._proof
        if known is None:
            return await self._fetched()
        if self._source.is_fresh(known) or time.monotonic() < self._next_try:
            return known
        try:
            return await self._fetched()
        except ClusterError:
            self._next_try = time.monotonic() + PAUSE_SECONDS
            return known

    async def renew(self, refused: Proof) -> Proof | None:
        """Another than the one that the server refused; None if there is no other."""
        known = self._proof
        if known is None or known is refused:
            known = await self._fetched()
        return None if known == refused else known

    async def _fetched(self) -> Proof:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._forget)
        try:
            # Whoever stops to wait does not stop it for the others.
            return await asyncio.shield(self._fetching)
        except ClusterError as e:
            raise e.again() from None

    async def _fetch(self) -> Proof:
        self._proof = await self._source.fetch()
        return self._proof

    def _forget(self, task: asyncio.Task[Proof]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # or asyncio complains if nobody waited for it any more


def bearer(token: str) -> str:
    return f"Bearer {token}"


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def token_in(path: str) -> str:
    """The token in a file; a file that is just being written may be empty."""
    token = read_file(path).decode(errors="replace").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ClusterError(f"{path} holds no token")
    return token


def _stamp(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
