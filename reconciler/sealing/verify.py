"""What can be said against a SealedSecret without a key that opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reconciler.sealing.ciphertext import Malformed, key_bits
from reconciler.sealing.scope import ANNOTATIONS, CLUSTER_WIDE, NAMESPACE_WIDE, Scope
from reconciler.sealing.sealed_secret import SealedSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.certificates import Certificates

Kind = Literal["malformed", "place", "scope", "certificate", "stale", "unrecorded", "template"]

# What makes a template tell about values: what is created then depends on them.
TELLING = re.compile(r"\{\{-?\s*(?:if|with|range|else)\b|\bfail\b|\btpl\b")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a SealedSecret; the path says where in it."""

    kind: Kind
    path: str
    what: str
    hint: str = ""

    @property
    def is_certain(self) -> bool:
        """Will it fail, and not only may it?"""
        return self.kind in ("malformed", "place", "scope", "certificate")


def problems(
    sealed: SealedSecret, certificates: Certificates | None, scope: Scope | None = None
) -> Iterator[Problem]:
    """All that is wrong with it as it is rendered, in an environment with these certificates."""
    yield from _scope(sealed, scope)
    yield from _place(sealed)
    for key, text in sorted(sealed.encrypted.items()):
        path = f"spec.encryptedData.{key}"
        try:
            bits = key_bits(text)
        except Malformed as e:
            yield Problem("malformed", path, f"the value of {key} {e}", "seal it again")
            continue
        yield from _certificate(sealed, key, text, bits, certificates)
    yield from _template(sealed)


def _scope(sealed: SealedSecret, scope: Scope | None) -> Iterator[Problem]:
    both = [name for name in ANNOTATIONS if sealed.annotations.get(name) == "true"]
    if len(both) == len(ANNOTATIONS):
        yield Problem(
            "scope",
            f"metadata.annotations.{NAMESPACE_WIDE}",
            "both scopes are set, and the controller takes it for cluster-wide",
            "remove the one that is not meant",
        )
    for name in ANNOTATIONS:
        value = sealed.annotations.get(name, "true")
        if value != "true":
            yield Problem(
                "scope",
                f"metadata.annotations.{name}",
                f"only the text true makes it {name.rpartition('/')[2]}",
                "write true in quotes, or remove the annotation",
            )
        metadata = sealed.template.get("metadata")
        inside = metadata.get("annotations") if isinstance(metadata, dict) else None
        if isinstance(inside, dict) and name in inside and name not in sealed.annotations:
            yield Problem(
                "scope",
                f"spec.template.metadata.annotations.{name}",
                "the scope stands in the template alone, where the controller does not look",
                "write it under metadata.annotations",
            )
    if scope and sealed.scope is not scope:
        wider = sealed.scope is Scope.cluster_wide or scope is Scope.strict
        name = CLUSTER_WIDE if sealed.scope is Scope.cluster_wide else NAMESPACE_WIDE
        yield Problem(
            "scope" if wider else "stale",
            f"metadata.annotations.{name}" if sealed.scope.annotations else "metadata",
            f"it is sealed {sealed.scope}, and secrets of this environment are {scope}",
            "seal it again, or change sealing.scope in environment.yaml",
        )


def _place(sealed: SealedSecret) -> Iterator[Problem]:
    record = sealed.record
    if record is None or not any(record.of(k, text) for k, text in sealed.encrypted.items()):
        return
    if (record.scope, record.context) == (sealed.scope, sealed.context):
        return
    now, then = _words(sealed.scope, sealed.context), _words(record.scope, record.context)
    path = "metadata.name" if sealed.scope is Scope.strict else "metadata.namespace"
    yield Problem(
        "place",
        path,
        f"it was sealed {then}, and is used {now}",
        "it cannot be opened there: seal it again, or undo the change of name or namespace",
    )


def _words(scope: Scope, context: str) -> str:
    match scope:
        case Scope.strict:
            namespace, _, name = context.partition("/")
            return f"as {name} in {namespace or 'no namespace'}"
        case Scope.namespace_wide:
            return f"for all of {context or 'no namespace'}"
    return "for all of the cluster"


def _certificate(
    sealed: SealedSecret, key: str, text: str, bits: int, certificates: Certificates | None
) -> Iterator[Problem]:
    path = f"spec.encryptedData.{key}"
    record = sealed.record
    item = record.of(key, text) if record else None
    if certificates is None:
        return
    again = "reconciler seal rotate ENV, or seal the value again"
    if item is None:
        if bits not in {-(-c.bits // 8) * 8 for c in certificates.all}:
            yield Problem(
                "certificate",
                path,
                f"the value of {key} was sealed with a key of {bits} bits, "
                "and the environment has no certificate with such a one",
                "seal it again with this environment's certificate",
            )
        else:
            yield Problem(
                "unrecorded",
                path,
                f"with which certificate the value of {key} was sealed is not known",
                "another program sealed it: seal it again to have it known",
            )
        return
    used = certificates.find(item.fingerprint)
    if used is None:
        yield Problem(
            "certificate",
            path,
            f"the value of {key} was sealed with a certificate that is not this environment's "
            f"({item.fingerprint})",
            "seal it for this environment; if it is an older one of the same cluster, " + again,
        )
    elif used is not certificates.newest:
        yield Problem(
            "stale",
            path,
            f"the value of {key} was sealed with a certificate that has a successor "
            f"since {certificates.newest.not_before:%Y-%m-%d}",
            again,
        )


def _template(sealed: SealedSecret) -> Iterator[Problem]:
    data = sealed.template.get("data")
    for key, text in sorted(data.items()) if isinstance(data, dict) else ():
        path = f"spec.template.data.{key}"
        if key in sealed.encrypted:
            yield Problem(
                "template",
                path,
                f"{key} is both in the template and sealed",
                "which of the two wins depends on the release of the controller: keep one",
            )
        if isinstance(text, str) and "{{" in text and TELLING.search(text):
            yield Problem(
                "template",
                path,
                f"whether the template of {key} works depends on the values",
                "whoever may ask a controller before 0.40 can find them out so: take out the "
                "conditions",
            )
