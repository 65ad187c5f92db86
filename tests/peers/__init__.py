"""The real programs that tests run, compiled when first needed.

What a testbed consists of is pinned by the product; the folders here pin what only tests compare
with.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.variables import SETTINGS
from reconciler.errors import CannotBuild
from reconciler.testbed.builder import Report, build_if_missing
from reconciler.testbed.peers import BUNDLES, PEERS, Bundle, Peer
from reconciler.testbed.peers import HERE as TESTBED

HERE = Path(__file__).parent

# A test that skips for want of a peer says so with this; CI takes that as a failure.
PEER_MISSING = "peer missing: "

OURS: dict[str, Peer | Bundle] = {
    thing.name: thing
    for thing in (
        Peer("kubeconform", HERE / "kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform"),
        Peer("kyverno", HERE / "kyverno", "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"),
        Peer(
            "promtool",
            HERE / "promtool",
            "github.com/prometheus/prometheus/cmd/promtool",
            # Without the clients of every cloud, which discover targets: minutes to compile.
            tags="remove_all_sd",
        ),
        Bundle(
            "argocd-protocol",
            TESTBED / "argocd",
            "github.com/argoproj/argo-cd/v3",
            ("cmpserver/plugin/plugin.proto", "reposerver/repository/repository.proto"),
        ),
        Bundle(
            "gitlab-client",
            HERE / "gitlab",
            "gitlab.com/gitlab-org/api/client-go/v2",
            ("*.go",),
        ),
        Bundle(
            "argocd-install",
            TESTBED / "argocd",
            "github.com/argoproj/argo-cd/v3",
            ("manifests/install.yaml",),
        ),
        Bundle(
            "sarif",
            HERE / "sarif",
            "github.com/owenrumney/go-sarif/v3",
            ("pkg/report/v210/sarif/schema.go",),
        ),
    )
}


def compiled(name: str, report: Report = lambda _: None) -> Path:
    """The path of this peer, whoever pins it."""
    found = OURS.get(name) or PEERS.get(name) or BUNDLES[name]
    return build_if_missing(found, Path(SETTINGS.peers_folder), report)


# Whether the test that runs has the mark peers; tests/conftest.py says.
allowed = True


def program(name: str) -> Path:
    """The path of this peer; without it, the test is skipped."""
    assert allowed, f"this test waits for {name}: mark it with pytest.mark.peers"
    try:
        return compiled(name)
    except CannotBuild as e:
        pytest.skip(f"{PEER_MISSING}{name}: {e}")
