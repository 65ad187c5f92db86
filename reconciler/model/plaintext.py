"""What a repository says of secrets in the clear: where else they may be, and what is none.

These classes are the definition of the file; the reference page comes from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from reconciler.model.mapping_kinds import record_of
from reconciler.model.notations import Glob
from reconciler.yaml.nodes import YamlText

PLAINTEXT_FILE = ".plaintext-secrets.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Values that are secret in files that hold others, too: those of a Helm chart, say."""

    files: Annotated[Glob, "The files, such as `charts/*/values.yaml`."]
    keys: Annotated[
        tuple[Glob, ...],
        "The values, by the names that lead to them: `auth.password`, `*.token`, `**.password`. "
        "Items of a list are called as the list is.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What looks like a secret and is none."""

    file: Annotated[Glob, "The file, such as `tests/**`."]
    key: Annotated[Glob, "The name of the value."] = "*"
    reason: Annotated[str, "Why it may be in the clear."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaintextRules:
    """Where secrets in the clear are looked for, and which of them are allowed."""

    inputs: Annotated[
        tuple[Glob, ...],
        "Files of which every content is secret, beside `*.secret.yaml`, `*.dec.yaml` and `.env`.",
    ] = ()
    values: Annotated[tuple[Values, ...], "Single values that are secret."] = ()
    allowed: Annotated[tuple[Allowed, ...], "What looks like a secret and is none."] = ()


def read_plaintext_rules(content: bytes) -> PlaintextRules:
    """Raises what is wrong with the file, and where."""
    source = YamlText(PLAINTEXT_FILE)
    node = source.document(content)
    if node is None:
        return PlaintextRules()
    found: PlaintextRules = record_of(PlaintextRules).read(node, "", source)
    return found
