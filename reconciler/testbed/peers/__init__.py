"""The real programs that a testbed runs and tests compare with; each folder here pins some in Go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KUBERNETES_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    module: str
    package: str
    tags: str = ""
    needs_c: bool = False
    stamps: tuple[tuple[str, str], ...] = ()
    """Variables to set while linking; {v}, {major} and {minor} are of the release below."""
    release_of: str = ""

    @property
    def folder(self) -> Path:
        return HERE / self.module

    def release(self) -> str:
        """The pinned version of the Go module that the program is from."""
        pins = (self.folder / "go.mod").read_text()
        found = re.search(rf"^\s*(?:require )?{re.escape(self.release_of)} v(\S+)", pins, re.M)
        assert found, f"{self.folder}/go.mod does not pin {self.release_of}"
        return found[1]

    def link_flags(self) -> str:
        flags = "-s -w"
        if self.stamps:
            release = self.release()
            major, minor, *_ = release.split(".")
            for variable, value in self.stamps:
                flags += f" -X {variable}={value.format(v=release, major=major, minor=minor)}"
        return flags


def _kubernetes(name: str) -> Peer:
    return Peer(
        name,
        "kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        release_of="k8s.io/kubernetes",
        stamps=(
            (f"{KUBERNETES_VERSION}.gitVersion", "v{v}"),
            (f"{KUBERNETES_VERSION}.gitMajor", "{major}"),
            (f"{KUBERNETES_VERSION}.gitMinor", "{minor}"),
        ),
    )


def _sealed_secrets(name: str, command: str) -> Peer:
    module = "github.com/bitnami-labs/sealed-secrets"
    return Peer(
        name,
        "sealed-secrets",
        f"{module}/cmd/{command}",
        release_of=module,
        stamps=(("main.VERSION", "v{v}"),),
    )


CONTROL_PLANE = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubectl",
)

PEERS = {
    peer.name: peer
    for peer in (
        Peer("kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
        Peer("etcd", "kubernetes", "go.etcd.io/etcd/server/v3"),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubectl"),
        Peer("kwok", "kubernetes", "sigs.k8s.io/kwok/cmd/kwok"),
        _sealed_secrets("sealed-secrets-controller", "controller"),
        _sealed_secrets("kubeseal", "kubeseal"),
    )
}
