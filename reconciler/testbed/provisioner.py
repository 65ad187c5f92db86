"""What a cloud does for a cluster: volumes for claims, and addresses for load balancers.

Neither is real: a volume holds nothing, and nobody answers at an address. They make what
waits for them go on.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from reconciler.cluster.api_errors import accepting
from reconciler.cluster.watch import WatchEventKind
from reconciler.errors import ClusterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cluster.blocking_client import BlockingApiClient

PROVISIONER = "volume.kubernetes.io/storage-provisioner"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
ZONE = "topology.kubernetes.io/zone"

# Cluster addresses are 10.96.x.y; 198.18.0.0/15 is reserved for tests of networks.
CLUSTER_PREFIX, PUBLIC_PREFIX = "10.96.", "198.18."

Object = Mapping[str, Any]


def start(client: BlockingApiClient) -> None:
    """Follow claims, volumes and services in threads that end with the process."""
    for path, handle in (
        ("/api/v1/persistentvolumeclaims", provide_volume),
        ("/api/v1/persistentvolumes", drop_released_volume),
        ("/api/v1/services", give_address),
    ):
        threading.Thread(target=_follow, args=(client, path, handle), daemon=True).start()


def _follow(
    client: BlockingApiClient, path: str, handle: Callable[[BlockingApiClient, Object], None]
) -> None:
    while True:
        try:
            for event in client.watch(path):
                if event.kind in (WatchEventKind.added, WatchEventKind.modified):
                    handle(client, event.object)
        except (ClusterError, OSError, ValueError) as e:
            print(f"{path}: {e}", file=sys.stderr, flush=True)  # noqa: T201
            time.sleep(1)


def provide_volume(client: BlockingApiClient, claim: Object) -> None:
    """Make the volume that the volume controller asks for; that controller binds the two."""
    meta, spec = claim["metadata"], claim["spec"]
    notes = meta.get("annotations", {})
    if spec.get("volumeName") or PROVISIONER not in notes:
        return
    kind = client.get(f"/apis/storage.k8s.io/v1/storageclasses/{spec.get('storageClassName')}")
    if kind is None:
        return
    name = f"pvc-{meta['uid']}"
    volume: dict[str, Any] = {
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: notes[PROVISIONER]}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "storageClassName": kind["metadata"]["name"],
            "persistentVolumeReclaimPolicy": kind.get("reclaimPolicy", "Delete"),
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "hostPath": {"path": f"/nonexistent/{name}"},
        },
    }
    if node := notes.get(SELECTED_NODE):
        volume["spec"]["nodeAffinity"] = {"required": _same_zone(client, node)}
    with accepting(409):  # another event of this claim made it
        client.create("/api/v1/persistentvolumes", volume)


def _same_zone(client: BlockingApiClient, node: str) -> Object:
    """A volume is reached from its own zone only, as a disk of a cloud is."""
    found = client.get(f"/api/v1/nodes/{node}") or {"metadata": {"labels": {}}}
    zone = found["metadata"]["labels"].get(ZONE, "")
    return {
        "nodeSelectorTerms": [
            {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
        ]
    }


def drop_released_volume(client: BlockingApiClient, volume: Object) -> None:
    """A volume that nobody claims any more goes, unless its class says that it is retained."""
    released = volume.get("status", {}).get("phase") == "Released"
    policy = volume["spec"].get("persistentVolumeReclaimPolicy")
    ours = PROVISIONED_BY in volume["metadata"].get("annotations", {})
    if released and ours and policy == "Delete":
        client.delete(f"/api/v1/persistentvolumes/{volume['metadata']['name']}")


def give_address(client: BlockingApiClient, service: Object) -> None:
    """An address of its own for each load balancer."""
    spec, meta = service["spec"], service["metadata"]
    given = service.get("status", {}).get("loadBalancer", {}).get("ingress")
    if spec.get("type") != "LoadBalancer" or given:
        return
    address = spec["clusterIP"].replace(CLUSTER_PREFIX, PUBLIC_PREFIX, 1)
    with accepting(404):  # it is gone again
        client.merge_patch(
            f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status",
            {"status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}},
        )
