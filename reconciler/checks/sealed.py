"""SealedSecrets among the objects of an environment, as its cluster would get them."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.world import World
from reconciler.kubernetes.access import Data, mapping
from reconciler.kubernetes.objects import Object
from reconciler.sealing.seal_record import SealedItem
from reconciler.sealing.sealed_secret import GROUP, KIND, SealedSecret


def sealed_secrets(world: World) -> Iterator[tuple[Object, SealedSecret]]:
    """What in them is not text is left out: the controller does that, too."""
    for o in world.of(KIND, group=GROUP):
        yield (
            o,
            SealedSecret(
                o.name,
                o.namespace,
                _texts(mapping(o.data, "spec", "encryptedData")),
                mapping(o.data, "spec", "template"),
                annotations=_texts(mapping(o.data, "metadata", "annotations")),
            ),
        )


def recorded(sealed: SealedSecret) -> Iterator[tuple[str, SealedItem]]:
    """The values of which it is recorded how they were sealed."""
    record = sealed.record
    for key, ciphertext in sealed.encrypted.items():
        if record and (item := record.of(key, ciphertext)):
            yield key, item


def path_of(key: str, *, template: bool = False) -> str:
    """The path of a value; names with dots go into brackets."""
    above = "spec.template.data" if template else "spec.encryptedData"
    return f"{above}[{key}]" if "." in key else f"{above}.{key}"


def _texts(data: Data) -> dict[str, str]:
    return {key: value for key, value in data.items() if isinstance(value, str)}
