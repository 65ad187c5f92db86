"""Takes what is secret out of objects before anything else looks at them.

A difference is shown to people and posted to pull requests, so it never holds a secret: in its
place is a mark, which says of two values that they are the same and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconciler.kubernetes.values import HiddenValue, Value

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

# A name that ends so is that of a secret: DB_PASSWORD and rpc-token, but not TOKEN_FILE.
CREDENTIAL = re.compile(
    r"(^|[-_. ])(password|passwd|passphrase|pass|pwd|secret|token|credentials?|mnemonic|jwt"
    r"|(api|access|private|secret|signing|encryption|auth)[-_. ]?key|seed[-_. ]?phrase)$",
    re.IGNORECASE,
)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NO_CREDENTIAL = frozenset({"PWD", "OLDPWD"})
MANIFEST_OF_A_SECRET = re.compile(r"""["']?kind["']?\s*:\s*["']?Secret\b""")

URL_WITH_PASSWORD = re.compile(r"\w://[^\s/@:]*:[^\s/@]+@")

MAX_DEPTH = 100

PRIVATE_KEY = "PRIVATE KEY-----"

SEALED = ("encryptedData", "data")


def is_credential(name: str) -> bool:
    return name not in NO_CREDENTIAL and CREDENTIAL.search(HUMP.sub("_", name)) is not None


class Mask:
    """Reads objects. The two sides of a comparison share one, so that their marks agree."""

    def __init__(self) -> None:
        self._marks: dict[bytes, HiddenValue] = {}

    def object(self, value: Mapping[str, Any]) -> Mapping[str, Value]:
        _bound_depth(value)
        found = self._value(value)
        assert isinstance(found, Mapping)  # noqa: S101
        return found

    def _value(self, value: Any) -> Value:
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return tuple(map(self._value, value))
        if holds_secret(value):
            return self._mark(value.encode(errors="surrogatepass"))
        found: str | int | float | bool | None = value
        return found

    def _mapping(self, value: dict[str, Any]) -> Value:
        hidden = set[str]()
        match value.get("kind"):
            case "Secret":
                hidden = {"data", "stringData"}
            case "SealedSecret":
                return self._sealed(value)
            case "ConfigMap" if isinstance(value.get("data"), dict):
                data = {k: self._named(k, v) for k, v in value["data"].items()}
                rest = {k: self._value(v) for k, v in value.items() if k != "data"}
                return MappingProxyType({**rest, "data": MappingProxyType(data)})
        if isinstance(value.get("name"), str) and is_credential(value["name"]):
            hidden = {"value"}
        if LAST_APPLIED in value:
            hidden.add(LAST_APPLIED)
        return MappingProxyType(
            {k: self._hide(v, k) if k in hidden else self._value(v) for k, v in value.items()}
        )

    def _sealed(self, value: dict[str, Any]) -> Value:
        """Ciphertext tells a reader nothing; a template's data may be in the clear."""
        found = {k: self._value(v) for k, v in value.items()}
        spec = value.get("spec")
        if isinstance(spec, dict):
            shown = {k: self._hide(v) if k in SEALED else self._value(v) for k, v in spec.items()}
            template = spec.get("template")
            if isinstance(template, dict):
                shown["template"] = MappingProxyType(
                    {
                        k: self._hide(v) if k == "data" else self._value(v)
                        for k, v in template.items()
                    }
                )
            found["spec"] = MappingProxyType(shown)
        return MappingProxyType(found)

    def _named(self, name: str, value: Any) -> Value:
        return self._hide(value) if is_credential(name) else self._value(value)

    def _hide(self, value: Any, field: str = "") -> Value:
        """Names of keys stay; `data` of a Secret counts by what it says, not by its encoding."""
        if isinstance(value, dict):
            return MappingProxyType({k: self._hide(v, field) for k, v in value.items()})
        if isinstance(value, list):
            return tuple(self._hide(item, field) for item in value)
        if value is None:
            return None
        content = str(value).encode(errors="surrogatepass")
        return self._mark(_decoded(content) if field == "data" else content)

    def _mark(self, content: bytes) -> HiddenValue:
        return self._marks.setdefault(content, HiddenValue(len(self._marks)))


def _bound_depth(value: Any) -> None:
    """All that is done with objects calls itself for each level."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            inside
            for v in level
            for inside in (v.values() if isinstance(v, dict) else v if isinstance(v, list) else ())
        ]
    raise RecursionError(f"more than {MAX_DEPTH} levels")


def holds_secret(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    if "\n" not in text.strip() and URL_WITH_PASSWORD.search(text):
        return True
    return PRIVATE_KEY in text or MANIFEST_OF_A_SECRET.search(text) is not None


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return content
