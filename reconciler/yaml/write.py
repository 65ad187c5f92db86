"""How manifests are written: the same values give the same bytes, and no reader misreads them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from reconciler.yaml.read import Odd

# Text that every version of YAML reads as text without quotes.
SAFE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+=-]*")
LOOK_ALIKES = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
WIDE = 1 << 30  # no line is folded


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Lists of the same indentation as Kustomize's, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.nodes.ScalarNode:
    style = '"'
    if SAFE.fullmatch(text) and text.lower() not in LOOK_ALIKES:
        style = ""
    elif "\n" in text and not text[0].isspace() and not text.endswith("\n\n"):
        style = "|"  # where that cannot hold the text, the emitter quotes it
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # type: ignore[no-any-return]


def _odd(dumper: _Dumper, odd: Odd) -> yaml.nodes.ScalarNode:
    return dumper.represent_scalar(odd.tag, odd.text)  # type: ignore[no-any-return]


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Odd, _odd)


def as_yaml(value: Any) -> str:
    """Keys sorted at every level."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=WIDE, sort_keys=True, line_break="\n"
    )
    return text


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def stream(objects: Sequence[Mapping[str, Any]], form: str) -> str:
    """Several manifests in one text; `form` is yaml or json."""
    if form == "json":
        return "".join(map(as_json, objects))
    return "---\n".join(map(as_yaml, objects))
