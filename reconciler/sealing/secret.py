"""Secrets in the clear, as they are before they are sealed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import DocumentError, Place, SealingError
from reconciler.yaml.nodes import shortened
from reconciler.yaml.read import Document, Odd, is_a, merges

MAX_SECRET_BYTES = 1 << 20  # what the API server takes, all values together

ITEM = re.compile(r"[-._a-zA-Z0-9]{1,253}")
SUBDOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

# Copies of the manifest, with all that is secret in it.
COPIES = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
)


@dataclass(frozen=True, slots=True)
class Secret:
    """What a Secret holds; its values are never shown, and are cleared once they are sealed."""

    name: str
    namespace: str = ""  # "" if it does not say
    values: Mapping[str, bytearray] = field(default_factory=dict, repr=False)
    type: str = ""
    immutable: bool | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    finalizers: tuple[str, ...] = ()
    place: Place = field(default=Place("-"), compare=False)

    def clear(self) -> None:
        """Overwrite the values; copies that Python made on the way are out of reach."""
        for value in self.values.values():
            wipe(value)


def wipe(value: bytearray) -> None:
    value[:] = bytes(len(value))


def is_secret(value: Any) -> bool:
    return is_a(value, "Secret", "")


def read_secret(document: Document) -> Secret:
    """The Secret that a document describes; raises what is wrong with it, without its values."""
    value = document.value
    if not is_secret(value):
        raise _no_secret(document)
    for place in merges(document):
        raise DocumentError("a key is plain text here", where=place, hint="write the fields out")
    metadata = _mapping(document, "metadata")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        raise document.error(("metadata",), "the Secret has no name", hint="write metadata.name")
    namespace = metadata.get("namespace")
    if namespace is not None and not isinstance(namespace, str):
        raise _no_text(document, ("metadata", "namespace"), namespace)
    kind, immutable = value.get("type"), value.get("immutable")
    if kind is not None and not isinstance(kind, str):
        raise _no_text(document, ("type",), kind)
    if immutable is not None and not isinstance(immutable, bool):
        raise document.error(("immutable",), "immutable is true or false")
    check_name(name, document.place("metadata", "name"))
    if namespace:
        check_namespace(namespace, document.place("metadata", "namespace"))
    annotations = texts(document, "metadata", "annotations")
    finalizers = metadata.get("finalizers") or ()
    return Secret(
        name,
        namespace or "",
        _values(document),
        kind or "",
        immutable,
        texts(document, "metadata", "labels"),
        {key: text for key, text in annotations.items() if key not in COPIES},
        tuple(str(one) for one in finalizers),
        document.place(),
    )


def texts(document: Document, *path: str) -> dict[str, str]:
    """A mapping of text to text, such as labels."""
    found = _mapping(document, *path)
    for key, value in found.items():
        if not isinstance(value, str):
            raise _no_text(document, (*path, key), value)
    return found


def check_name(name: str, where: Place | None = None) -> None:
    """The place is that of a file; a name that was typed has none."""
    if not SUBDOMAIN.fullmatch(name):
        meant = name.lower().replace("_", "-")
        such_as = f", such as {meant}" if SUBDOMAIN.fullmatch(meant) else ""
        raise SealingError(
            f'a Secret cannot be called "{shortened(name)}"',
            where=where,
            hint="a name has at most 253 lower-case letters, digits, hyphens and dots, and begins "
            f"and ends with a letter or a digit{such_as}",
        )


def check_namespace(namespace: str, where: Place) -> None:
    if not LABEL.fullmatch(namespace):
        raise SealingError(
            "a namespace cannot have this name",
            where=where,
            hint="use at most 63 lower-case letters, digits and hyphens",
        )


def check_key(key: str, where: Place | None) -> None:
    if not ITEM.fullmatch(key) or key == "." or key.startswith(".."):
        raise SealingError(
            "a key of a Secret cannot have this name",
            where=where,
            hint="use at most 253 letters, digits, hyphens, underscores and dots",
        )


def check_size(values: Mapping[str, bytes | bytearray], where: Place | None) -> None:
    size = sum(map(len, values.values()))
    if size > MAX_SECRET_BYTES:
        raise SealingError(
            f"the values have {size:,} bytes together, and a Secret holds at most "
            f"{MAX_SECRET_BYTES:,}",
            where=where,
            why="the API server refuses a larger one",
            hint="split it, or keep large files elsewhere and only the key to them here",
        )


def _values(document: Document) -> dict[str, bytearray]:
    """The data, in base64, and the stringData, which wins."""
    found: dict[str, bytearray] = {}
    for key, text in _mapping(document, "data").items():
        if not isinstance(text, str | None):
            raise _no_text(document, ("data", key), text)
        try:
            found[key] = bytearray(base64.b64decode("".join((text or "").split()), validate=True))
        except (binascii.Error, ValueError):
            raise document.error(
                ("data", key),
                f"the value of {key} is not base64",
                hint="write it under stringData as it is",
            ) from None
    for key, text in _mapping(document, "stringData").items():
        if not isinstance(text, str | None):
            raise _no_text(document, ("stringData", key), text)
        found[key] = bytearray((text or "").encode())
    for key in found:
        field_name = "stringData" if key in _mapping(document, "stringData") else "data"
        check_key(key, document.place(field_name, key))
    check_size(found, document.place())
    return found


def _mapping(document: Document, *path: str) -> dict[str, Any]:
    found = document.value
    for i, step in enumerate(path):
        found = found.get(step)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise document.error(path[: i + 1], f"{'.'.join(path[: i + 1])} must be a mapping")
    return dict(found)


def _no_text(document: Document, path: tuple[str, ...], value: Any) -> DocumentError:
    quotable = isinstance(value, bool | int | Odd)
    return document.error(
        path,
        f"{'.'.join(path)} must be text",
        hint="put it in quotes" if quotable else "a Secret has one text for each key",
    )


def _no_secret(document: Document) -> DocumentError:
    kind = document.value.get("kind") if isinstance(document.value, dict) else None
    if isinstance(kind, str) and ITEM.fullmatch(kind):
        return document.error(
            (),
            f"this is a {kind}, and only a Secret is sealed",
            hint="write apiVersion: v1 and kind: Secret" if kind == "Secret" else "",
        )
    return document.error(
        (), "this is not a Secret", hint="one begins with apiVersion: v1 and kind: Secret"
    )
