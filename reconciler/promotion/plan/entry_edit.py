"""An entry with other values in some of its fields, and every other line as it was."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from reconciler.promotion.plan.entry_fields import REF, EntryField, EntryFields
from reconciler.promotion.plan.field_decisions import ABSENT, Decision
from reconciler.promotion.plan.plan import EntryEdit
from reconciler.yaml.edit import edited

REF_IN_URL = re.compile(r"(?<=[?&]ref=)[^&]*")
VERSION_IN_URL = re.compile(r"(?<=[?&]version=)[^&]*")


def edited_entry(
    path: str, content: bytes, target: EntryFields, decisions: Sequence[Decision]
) -> EntryEdit:
    """Line by line, or where that cannot be done with the document written again."""
    assert target.document  # noqa: S101
    value = copy.deepcopy(target.document.value)
    for decision in decisions:
        if decision.address.steps[-1] == REF and decision.address.is_ref:
            _put_ref(value, target.paths[decision.address], decision.source)
        else:
            _put(value, decision.address.steps, decision.source)
    found = edited(target.document, value)
    return EntryEdit(path, content, found.encoded(content), found.rewritten)


def _put_ref(value: Any, path: Sequence[str | int], ref: str) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = with_ref(value[path[-1]], ref)


def with_ref(url: str, ref: str) -> str:
    for part in (REF_IN_URL, VERSION_IN_URL):
        if part.search(url):
            return part.sub(lambda _: ref, url)
    return f"{url}{'&' if '?' in url else '?'}ref={ref}"


def _put(value: Any, steps: Sequence[str | EntryField], new: Any) -> None:
    """Set the value at an address, or take it away with what it leaves empty."""
    step, *rest = steps
    if isinstance(value, list):
        assert isinstance(step, EntryField)  # noqa: S101
        _put_item(value, step.name, rest, new)
    elif rest:
        empty: Any = [] if isinstance(rest[0], EntryField) else {}
        inner = value.setdefault(step, empty)
        _put(inner, rest, new)
        if not inner:
            del value[step]
    elif new is ABSENT:
        del value[step]
    else:
        value[step] = new


def _put_item(items: list[Any], name: str, rest: Sequence[str | EntryField], new: Any) -> None:
    i = next((i for i, item in enumerate(items) if _name(item) == name), len(items))
    there = items[i : i + 1]
    if not rest:
        items[i : i + 1] = [] if new is ABSENT else [f"{name}={new}"]
        return
    item = there[0] if there else {"name": name}
    _put(item, rest, new)
    items[i : i + 1] = [item] if item.keys() - {"name"} else []


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else item.partition("=")[0]
