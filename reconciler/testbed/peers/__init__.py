"""The real programs that a testbed runs; each folder here pins some of them in Go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KUBERNETES_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    folder: Path
    package: str
    tags: str = ""
    needs_c: bool = False
    stamps: tuple[tuple[str, str], ...] = ()
    """Variables to set while linking; {v}, {major} and {minor} are of the release below."""
    release_of: str = ""

    def link_flags(self) -> str:
        flags = "-s -w"
        if self.stamps:
            release = pinned(self.folder, self.release_of)
            major, minor, *_ = release.split(".")
            for variable, value in self.stamps:
                flags += f" -X {variable}={value.format(v=release, major=major, minor=minor)}"
        return flags


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files of a pinned Go module that a testbed uses as they are."""

    name: str
    folder: Path
    source: str
    patterns: tuple[str, ...]

    def version(self) -> str:
        return "v" + pinned(self.folder, self.source)

    def checksum(self) -> str:
        """What go.sum says of the module's content."""
        prefix = f"{self.source} {self.version()} "
        lines = (self.folder / "go.sum").read_text().splitlines()
        return next(line.removeprefix(prefix) for line in lines if line.startswith(prefix))


def pinned(folder: Path, module: str) -> str:
    """The version of this Go module in the folder's go.mod, without its v."""
    pins: list[tuple[str, str]] = re.findall(
        r"^\s*(?:require )?(\S+) v(\S+)", (folder / "go.mod").read_text(), re.M
    )
    return dict(pins)[module]


def _kubernetes(name: str) -> Peer:
    return Peer(
        name,
        HERE / "kubernetes",
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
        HERE / "sealed-secrets",
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
        Peer("kustomize", HERE / "kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
        Peer("etcd", HERE / "kubernetes", "go.etcd.io/etcd/server/v3"),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubectl"),
        Peer("kwok", HERE / "kubernetes", "sigs.k8s.io/kwok/cmd/kwok"),
        _sealed_secrets("sealed-secrets-controller", "controller"),
        _sealed_secrets("kubeseal", "kubeseal"),
        Peer(
            "gitea",
            HERE / "gitea",
            "code.gitea.io/gitea",
            tags="sqlite sqlite_unlock_notify",
            needs_c=True,
            release_of="code.gitea.io/gitea",
            stamps=(("main.Version", "{v}"),),
        ),
        Peer(
            "argocd",
            HERE / "argocd",
            "github.com/argoproj/argo-cd/v3/cmd",
            release_of="github.com/argoproj/argo-cd/v3",
            stamps=(("github.com/argoproj/argo-cd/v3/common.version", "{v}"),),
        ),
    )
}

BUNDLES = {
    bundle.name: bundle
    for bundle in (
        Bundle(
            "argocd-crds",
            HERE / "argocd",
            "github.com/argoproj/argo-cd/v3",
            ("manifests/crds/*-crd.yaml",),
        ),
        Bundle(
            "argocd-files",
            HERE / "argocd",
            "github.com/argoproj/argo-cd/v3",
            ("hack/git-verify-wrapper.sh",),
        ),
        Bundle(
            "certmanager-crds",
            HERE / "crds",
            "github.com/cert-manager/cert-manager",
            ("deploy/crds/*.io_*.yaml",),
        ),
        Bundle(
            "externalsecrets-crds",
            HERE / "crds",
            "github.com/external-secrets/external-secrets",
            ("config/crds/bases/*.io_*.yaml",),
        ),
        Bundle(
            "flux-files",
            HERE / "crds",
            "github.com/controlplaneio-fluxcd/flux-operator",
            ("config/data/flux/v2.9.3/*-controller.yaml", "config/data/flux/v2.9.3/*-watcher.yaml"),
        ),
        Bundle(
            "gateway-crds",
            HERE / "crds",
            "sigs.k8s.io/gateway-api",
            ("config/crd/standard/*.io_[!v]*.yaml",),
        ),
        Bundle(
            "gitea-files",
            HERE / "gitea",
            "code.gitea.io/gitea",
            ("templates/**/*", "options/**/*", "public/**/*"),
        ),
        Bundle(
            "keda-crds",
            HERE / "crds",
            "github.com/kedacore/keda/v2",
            ("config/crd/bases/*.sh_*.yaml",),
        ),
        Bundle(
            "monitoring-crds",
            HERE / "crds",
            "github.com/prometheus-operator/prometheus-operator",
            ("example/prometheus-operator-crd/*.yaml",),
        ),
        Bundle(
            "sealed-secrets-crds",
            HERE / "sealed-secrets",
            "github.com/bitnami-labs/sealed-secrets",
            ("helm/sealed-secrets/crds/*.yaml",),
        ),
        Bundle(
            "snapshots-crds",
            HERE / "crds",
            "github.com/kubernetes-csi/external-snapshotter/client/v8",
            ("config/crd/*.io_*.yaml",),
        ),
    )
}
