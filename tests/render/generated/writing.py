"""Writes a kustomization as block YAML that every reader of YAML takes for the same."""

from __future__ import annotations

import json
import re
from typing import Any


def documents(text: str) -> list[str]:
    return text.split("---\n")


def block(value: Any, column: int = 0) -> str:
    """A mapping or a list, indented; text is quoted where it might be read as something else."""
    pad = " " * column
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{_scalar(k)}:{_below(v, column + 2)}" for k, v in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_below(v, column + 2)}" for v in value)
    return f"{pad}{_scalar(value)}\n"


def _below(value: Any, column: int) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + block(value, column)
    if isinstance(value, str) and re.fullmatch(r"(?! )[ -~]+(\n(?! )[ -~]+)*\n", value):
        return " |\n" + "".join(f"{' ' * column}{line}\n" for line in value.splitlines())
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Z]*[a-z]{4,}[A-Za-z-]*", value):
        return json.dumps(value) if value in ("true", "null", "false") else value
    return json.dumps(value, ensure_ascii=False)
