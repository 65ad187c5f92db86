from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.sealed import path_of, sealed_secrets
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping


@rule("sealing/ciphertext", Severity.error)
def ciphertext(this: CheckRule, world: World) -> Iterator[Finding]:
    """A value of a SealedSecret is no sealed value.

    It is not base64, does not begin as a sealed value does, is cut short, or was sealed with a
    key of another size than that of any certificate of the environment. One such value, and the
    controller opens none of the object's. A value in the clear here is found, too; the finding
    does not show it.
    """
    for o, _ in sealed_secrets(world):
        for key, value in mapping(o.data, "spec", "encryptedData").items():
            if fault := _fault(value, {known.bits for known in world.sealing}):
                yield this.finding(o, path_of(key), f"{key} {fault}", "seal it again")
        if o.get("spec", "data") is not None:
            yield this.finding(
                o,
                "spec.data",
                "it is sealed as one piece in spec.data, a format that has been given up",
                "seal its values one by one, as spec.encryptedData",
            )


def _fault(value: object, sizes: set[int]) -> str:
    from reconciler.sealing.ciphertext import Malformed, key_bits

    if not isinstance(value, str):
        return "is not text"
    try:
        bits = key_bits(value)
    except Malformed as e:
        return str(e)
    if sizes and bits not in sizes:
        return f"was sealed with a key of {bits} bits, and the environment has none of that size"
    return ""
