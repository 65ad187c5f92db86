"""The pods that objects make, whatever their kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.kubernetes.access import Data, items, labels_of, mapping, number, text
from reconciler.kubernetes.objects import Object

TEMPLATES = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Container:
    """A container, and where in its object it stands."""

    path: str
    data: Data

    @property
    def name(self) -> str:
        return text(self.data, "name")

    def ports(self) -> Iterator[tuple[str, Data]]:
        for i, port in items(self.data, "ports"):
            yield f"{self.path}.ports[{i}]", port


@dataclass(frozen=True, slots=True, eq=False)
class Pods:
    """The pods of one object, all alike."""

    owner: Object
    path: str  # of the pod's spec
    template: Data

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.template)

    @property
    def spec(self) -> Data:
        return mapping(self.template, "spec")

    def containers(self, *fields: str) -> Iterator[Container]:
        for field in fields or ("initContainers", "containers"):
            for i, container in items(self.spec, field):
                yield Container(f"{self.path}.{field}[{i}]", container)

    def running(self) -> Iterator[Container]:
        """The containers that go on running: an init container only if it is a sidecar."""
        yield from self.containers("containers")
        for container in self.containers("initContainers"):
            if text(container.data, "restartPolicy") == "Always":
                yield container

    def port_names(self) -> set[str]:
        return {
            text(port, "name") for c in self.running() for _, port in c.ports() if "name" in port
        }

    def replicas(self) -> int | None:
        """How many there are, if that is fixed."""
        if self.owner.kind in ("DaemonSet", "Job", "CronJob"):
            return None
        if self.owner.kind == "Pod" or self.owner.get("spec", "replicas") is None:
            return 1
        return number(self.owner.data, "spec", "replicas")


def pods_of(owner: Object) -> Iterator[Pods]:
    keys = TEMPLATES.get((owner.group, owner.kind))
    if keys is not None:
        template = mapping(owner.data, *keys) if keys else owner.data
        yield Pods(owner, ".".join([*keys, "spec"]), template)
