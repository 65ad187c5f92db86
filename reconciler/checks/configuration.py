"""ConfigMaps and Secrets, whether they are rendered or made by something that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.checks.world import World
from reconciler.kubernetes.access import dig, items, mapping, text
from reconciler.kubernetes.objects import Object

CERT_MANAGER = "cert-manager.io/"


@dataclass(frozen=True, slots=True)
class Provided:
    """A ConfigMap or a Secret that will be there; its keys, if they are known."""

    kind: str
    namespace: str  # "*" for all of them
    name: str
    keys: frozenset[str] | None = None


class ProvidedConfiguration:
    """What pods can take their configuration from."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, str, str], Provided] = {}
        for o in world.objects:
            for p in provided_by(o):
                self._found.setdefault((p.kind, p.namespace, p.name), p)

    def find(self, kind: str, namespace: str, name: str) -> Provided | None:
        for where in (namespace, "*"):
            if found := self._found.get((kind, where, name)):
                return found
        if self._world.external(kind, namespace, name):
            return Provided(kind, namespace, name)
        return None

    def names(self, kind: str, namespace: str) -> list[str]:
        return [p.name for p in self._found.values() if p.kind == kind and p.namespace == namespace]


def provided_by(o: Object) -> Iterator[Provided]:
    made = PROVIDERS.get((o.group, o.kind))
    if made:
        yield from made(o)


def _config_map(o: Object) -> Iterator[Provided]:
    yield Provided("ConfigMap", o.namespace, o.name, _keys(o, "data", "binaryData"))


def _secret(o: Object) -> Iterator[Provided]:
    yield Provided("Secret", o.namespace, o.name, _keys(o, "data", "stringData"))


def _keys(o: Object, *fields: str) -> frozenset[str]:
    return frozenset(key for field in fields for key in mapping(o.data, field))


def _sealed_secret(o: Object) -> Iterator[Provided]:
    keys = {*mapping(o.data, "spec", "encryptedData"), *mapping(o.data, "spec", "template", "data")}
    yield Provided("Secret", o.namespace, o.name, frozenset(keys))


def _external_secret(o: Object) -> Iterator[Provided]:
    target = mapping(o.data, "spec", "target")
    keys: frozenset[str] | None = None
    if not dig(o.data, "spec", "dataFrom") and not text(target, "template", "engineVersion"):
        given = {text(d, "secretKey") for _, d in items(o.data, "spec", "data")}
        made = mapping(target, "template", "data")
        keys = frozenset(made or given) if not dig(target, "template", "templateFrom") else None
    yield Provided("Secret", o.namespace, text(target, "name") or o.name, keys)


def _cluster_external_secret(o: Object) -> Iterator[Provided]:
    inner = mapping(o.data, "spec", "externalSecretSpec", "target")
    name = text(inner, "name") or o.text("spec", "externalSecretName") or o.name
    yield Provided("Secret", "*", name)


def _certificate(o: Object) -> Iterator[Provided]:
    if name := o.text("spec", "secretName"):
        yield Provided("Secret", o.namespace, name)


def _issuer(o: Object) -> Iterator[Provided]:
    if name := text(o.data.get("spec"), "acme", "privateKeySecretRef", "name"):
        yield Provided("Secret", o.namespace or "*", name)


def _ingress(o: Object) -> Iterator[Provided]:
    annotations = mapping(o.data, "metadata", "annotations")
    if any(key.startswith((CERT_MANAGER, "kubernetes.io/tls-acme")) for key in annotations):
        for _, tls in items(o.data, "spec", "tls"):
            yield Provided("Secret", o.namespace, text(tls, "secretName"))


def _vault_secret(o: Object) -> Iterator[Provided]:
    if name := o.text("spec", "destination", "name"):
        yield Provided("Secret", o.namespace, name)


def _bundle(o: Object) -> Iterator[Provided]:
    yield Provided("ConfigMap", "*", o.name)


PROVIDERS: dict[tuple[str, str], Callable[[Object], Iterator[Provided]]] = {
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("cert-manager.io", "Certificate"): _certificate,
    ("cert-manager.io", "ClusterIssuer"): _issuer,
    ("cert-manager.io", "Issuer"): _issuer,
    ("external-secrets.io", "ClusterExternalSecret"): _cluster_external_secret,
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("secrets.hashicorp.com", "VaultDynamicSecret"): _vault_secret,
    ("secrets.hashicorp.com", "VaultPKISecret"): _vault_secret,
    ("secrets.hashicorp.com", "VaultStaticSecret"): _vault_secret,
    ("trust.cert-manager.io", "Bundle"): _bundle,
}
