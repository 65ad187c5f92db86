"""The control plane: etcd, the API server, its controllers, the scheduler and simulated nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.cluster.api_access import Access
from reconciler.cluster.auth import FixedProof, Proof
from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.errors import ApiError
from reconciler.testbed.authority import CertificateAuthority, KeyPair
from reconciler.testbed.loopback import free_port
from reconciler.testbed.supervisor import Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.testbed.supervisor import Supervisor

STAGES = Path(__file__).parent / "manifests" / "stages.yaml"
NODES = 6
ZONES = ("zone-a", "zone-b", "zone-c")
RESOURCES = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "1Ti", "pods": "250"}
MASTERS = ("system:masters",)
CLUSTER_ADDRESSES = "10.96.0.0/16"
ADMISSION = "NodeRestriction,PodSecurity,ResourceQuota,LimitRanger,ValidatingAdmissionPolicy"
# A machine that is busy or asleep for a while must not look like nodes that are lost.
PATIENCE = "10m"

# A socket in the folder rather than a port: nobody else on the machine can reach it.
ETCD_CLIENTS = "unix://etcd:0"
ETCD_PEERS = "unix://etcd:1"


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A control plane that answers."""

    server: str
    authority: CertificateAuthority
    administrator: KeyPair

    def connect(self) -> BlockingApiClient:
        """It makes a thread, so it has to be closed before another program is started."""
        pair = self.administrator
        proof = Proof(certificate=pair.certificate.read_bytes(), key=pair.key.read_bytes())
        authority = self.authority.pair.certificate.read_bytes()
        return BlockingApiClient(
            Access("the testbed", self.server, FixedProof(proof), authority=authority)
        )


def start(supervisor: Supervisor) -> ControlPlane:
    """Start all of it; ready means that controllers, scheduler and nodes are at work."""
    folder = supervisor.folder
    supervisor.say("making certificates")
    authority = CertificateAuthority(folder.pki)
    administrator = authority.client("administrator", "administrator", MASTERS)
    tokens = authority.service_account_keys()
    serving = authority.server()

    supervisor.start(lambda: _etcd(supervisor))
    (launch,) = supervisor.start(
        lambda: _api_server(supervisor, authority, administrator, serving, tokens)
    )
    cluster = ControlPlane(launch.address, authority, administrator)
    name = f"testbed-{folder.name}"
    authority.kubeconfig(folder.kubeconfig, cluster.server, administrator, name)
    # What kubectl remembers of a cluster goes with it, and not into the home of its user.
    supervisor.publish(KUBECONFIG=str(folder.kubeconfig), KUBECACHEDIR=str(folder.path / "cache"))

    for component, user in (
        ("kube-controller-manager", "system:kube-controller-manager"),
        ("kube-scheduler", "system:kube-scheduler"),
        ("kwok", "kwok"),
    ):
        pair = authority.client(component, user, MASTERS if user == "kwok" else ())
        authority.kubeconfig(folder.pki / f"{component}.kubeconfig", cluster.server, pair, name)
    with cluster.connect() as client:
        for number in range(NODES):
            client.create("/api/v1/nodes", _node(number))
        client.create("/apis/storage.k8s.io/v1/storageclasses", _storage_class())
    for launch in (
        _controllers(supervisor, authority, tokens),
        _scheduler(supervisor),
        _kwok(supervisor),
    ):
        supervisor.begin(launch)
    supervisor.say("waiting for the nodes")
    with cluster.connect() as client:
        supervisor.wait("the control plane", lambda: _works(client))
    supervisor.offer("kubectl")
    return cluster


def _etcd(supervisor: Supervisor) -> Launch:
    folder = supervisor.folder
    command: list[str | Path] = [
        supervisor.programs["etcd"],
        "--data-dir=etcd",
        f"--listen-client-urls={ETCD_CLIENTS}",
        f"--advertise-client-urls={ETCD_CLIENTS}",
        f"--listen-peer-urls={ETCD_PEERS}",
        f"--initial-advertise-peer-urls={ETCD_PEERS}",
        f"--initial-cluster=default={ETCD_PEERS}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--auto-compaction-retention=1h",
    ]
    return Launch("etcd", command, ready=(folder.path / "etcd:0").exists)


def _api_server(
    supervisor: Supervisor,
    authority: CertificateAuthority,
    administrator: KeyPair,
    serving: KeyPair,
    tokens: KeyPair,
) -> Launch:
    port = free_port()
    address = f"https://127.0.0.1:{port}"
    command: list[str | Path] = [
        supervisor.programs["kube-apiserver"],
        f"--etcd-servers={ETCD_CLIENTS}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--secure-port={port}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.pair.certificate}",
        "--authorization-mode=Node,RBAC",
        f"--enable-admission-plugins={ADMISSION}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={tokens.certificate}",
        f"--service-account-signing-key-file={tokens.key}",
        f"--service-cluster-ip-range={CLUSTER_ADDRESSES}",
        "--allow-privileged=true",
        "--profiling=false",
    ]
    cluster = ControlPlane(address, authority, administrator)
    return Launch("kube-apiserver", command, lambda: _is_ready(cluster), address)


def _is_ready(cluster: ControlPlane) -> bool:
    try:
        with cluster.connect() as client:
            return client.ask("GET", "/readyz").status == 200
    except ApiError:
        return False


def _controllers(
    supervisor: Supervisor, authority: CertificateAuthority, tokens: KeyPair
) -> Launch:
    command: list[str | Path] = [
        supervisor.by_name("kube-controller-manager"),
        *_client_flags("kube-controller-manager"),
        f"--root-ca-file={authority.pair.certificate}",
        f"--service-account-private-key-file={tokens.key}",
        f"--cluster-signing-cert-file={authority.pair.certificate}",
        f"--cluster-signing-key-file={authority.pair.key}",
        "--use-service-account-credentials=true",
        f"--node-monitor-grace-period={PATIENCE}",
        "--horizontal-pod-autoscaler-sync-period=5s",
    ]
    return Launch("kube-controller-manager", command, lambda: True)


def _scheduler(supervisor: Supervisor) -> Launch:
    command: list[str | Path] = [
        supervisor.programs["kube-scheduler"],
        *_client_flags("kube-scheduler"),
    ]
    return Launch("kube-scheduler", command, lambda: True)


def _client_flags(component: str) -> list[str]:
    return [f"--kubeconfig=pki/{component}.kubeconfig", "--leader-elect=false", "--secure-port=0"]


def _kwok(supervisor: Supervisor) -> Launch:
    command: list[str | Path] = [
        supervisor.programs["kwok"],
        "--kubeconfig=pki/kwok.kubeconfig",
        "--manage-all-nodes=true",
        f"--config={STAGES}",
        "--node-lease-duration-seconds=40",
        "--node-ip=192.0.2.1",
        "--cidr=10.128.0.0/14",
    ]
    return Launch("kwok", command, lambda: True)


def _works(client: BlockingApiClient) -> bool:
    """Nodes are ready, and the controllers have made what every namespace has."""
    nodes = client.list("/api/v1/nodes").items
    ready = [
        condition["status"] == "True"
        for node in nodes
        for condition in node.get("status", {}).get("conditions", [])
        if condition["type"] == "Ready"
    ]
    account = client.get("/api/v1/namespaces/default/serviceaccounts/default")
    return len(ready) == NODES and all(ready) and account is not None


def _node(number: int) -> dict[str, object]:
    name = f"node-{number + 1}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": "region-1",
        "topology.kubernetes.io/zone": ZONES[number % len(ZONES)],
        "node-role.kubernetes.io/worker": "",
    }
    return {
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"capacity": RESOURCES, "allocatable": RESOURCES},
    }


def _storage_class() -> dict[str, object]:
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "metadata": {"name": "standard", "annotations": default},
        "provisioner": "testbed/none",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }
