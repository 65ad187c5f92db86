"""What is compared, as this repository pins it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.beside import flux_peers, helm_peer
from reconciler.testbed.peers import PEERS, pinned


def releases() -> Iterator[str]:
    for name in ("kube-apiserver", "argocd"):
        peer = PEERS[name]
        yield f"{name} {pinned(peer.folder, peer.release_of)}"
    for name, version in flux_peers.versions().items():
        yield f"{name} {version}"
    yield f"helm {helm_peer.version()}"
