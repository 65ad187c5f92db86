"""What pods refer to by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.checks.world import World
from reconciler.kubernetes.access import Data, dig, items, mapping, text
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import Pods


@dataclass(frozen=True, slots=True)
class PodReference:
    """A ConfigMap or Secret that something needs, with the keys that it names."""

    kind: str
    name: str
    path: str
    keys: tuple[tuple[str, str], ...] = ()  # path and key


def references(world: World) -> Iterator[tuple[Object, PodReference]]:
    """Of pods and Ingresses."""
    for pods in world.pods:
        for ref in configuration_of(pods):
            yield pods.owner, ref
    for ingress in world.of("Ingress", group="networking.k8s.io"):
        for i, tls in items(ingress.data, "spec", "tls"):
            if name := text(tls, "secretName"):
                yield ingress, PodReference("Secret", name, f"spec.tls[{i}].secretName")


def configuration_of(pods: Pods) -> Iterator[PodReference]:
    """The ConfigMaps and Secrets that pods do not start without."""
    for container in pods.containers():
        for i, source in items(container.data, "envFrom"):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                yield from _named(source, field, "name", kind, f"{container.path}.envFrom[{i}]")
        for i, variable in items(container.data, "env"):
            at = f"{container.path}.env[{i}].valueFrom"
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                yield from _keyed(mapping(variable, "valueFrom"), field, kind, at)
    for i, volume in items(pods.spec, "volumes"):
        at = f"{pods.path}.volumes[{i}]"
        yield from _named(volume, "configMap", "name", "ConfigMap", at)
        yield from _named(volume, "secret", "secretName", "Secret", at)
        for j, source in items(volume, "projected", "sources"):
            inside = f"{at}.projected.sources[{j}]"
            yield from _named(source, "configMap", "name", "ConfigMap", inside)
            yield from _named(source, "secret", "name", "Secret", inside)


def _named(source: Data, field: str, name: str, kind: str, at: str) -> Iterator[PodReference]:
    found = mapping(source, field)
    if text(found, name) and dig(found, "optional") is not True:
        path = f"{at}.{field}"
        keys = tuple(
            (f"{path}.items[{i}].key", text(item, "key")) for i, item in items(found, "items")
        )
        yield PodReference(kind, text(found, name), f"{path}.{name}", keys)


def _keyed(source: Data, field: str, kind: str, at: str) -> Iterator[PodReference]:
    found = mapping(source, field)
    if text(found, "name") and dig(found, "optional") is not True:
        key = (f"{at}.{field}.key", text(found, "key"))
        yield PodReference(kind, text(found, "name"), f"{at}.{field}.name", (key,))
