"""How one text is written where another stood."""

from __future__ import annotations

import json

import yaml
from yaml import ScalarNode, SequenceNode

from reconciler.yaml.nodes import LOADER, TEXT
from reconciler.yaml.write import as_yaml


def written_like(style: str | None, old: str, new: str) -> str:
    """In the quotes that were there, if the text can stand in them."""
    written = as_yaml({"_": new})[3:-1]
    if "\n" in written:
        return written
    if style == "'" and new.isprintable():
        return "'" + new.replace("'", "''") + "'"
    if style == '"':
        return json.dumps(new, ensure_ascii=False)
    if not style and _is_plain(new) and ("?" in old or "?" not in new):
        return new
    return written


def _is_plain(text: str) -> bool:
    """Do all readers take it for this text, without quotes and between brackets, too?"""
    try:
        node = yaml.compose(f"[{text}]", Loader=LOADER)
    except yaml.YAMLError:
        return False
    found = node.value if isinstance(node, SequenceNode) else []
    texts = [n for n in found if isinstance(n, ScalarNode) and n.tag == TEXT and not n.style]
    return len(texts) == len(found) == 1 and texts[0].value == text
