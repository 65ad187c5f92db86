"""What of an object a cluster has otherwise than Git says it.

A server adds fields of its own, so only what is said counts: items of lists by what tells them
apart, and an amount however it is spelled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.kubernetes.list_keys import DEFAULTS, positions
from reconciler.kubernetes.quantities import same_amount
from reconciler.kubernetes.structure import Shape, Structure
from reconciler.kubernetes.values import ABSENT, Absent, Value, same, token

OF_THE_SERVER = ("apiVersion", "kind", "metadata", "status")
TEXTS = Shape(mapping=True, known=True)
# Of these a server keeps nothing where they are off.
KEPT_IF_ON = frozenset(
    {
        *("hostIPC", "hostNetwork", "hostPID", "hostPort", "initialDelaySeconds"),
        *("minReadySeconds", "nodePort", "nullable", "paused", "preserveUnknownFields", "priority"),
        *("publishNotReadyAddresses", "readOnly", "stdin", "stdinOnce", "tty"),
    }
)


@dataclass(frozen=True, slots=True)
class UnlikeField:
    """`path` is as an API server writes it: .spec.template.spec.containers[name="web"].image."""

    path: str
    git: Value
    cluster: Value | Absent


def unlike_fields(
    git: Mapping[str, Value], cluster: Mapping[str, Value], structure: Structure
) -> Iterator[UnlikeField]:
    """Beside the status, and of the metadata labels and annotations. One mask made both sides."""
    find = _Search(structure)
    for part in ("labels", "annotations"):
        said, there = (_field(_field(side, "metadata"), part) for side in (git, cluster))
        if isinstance(said, Mapping):
            yield from find.below(f".metadata.{part}", said, there, TEXTS)
    shape = structure.of(str(git.get("apiVersion", "")), str(git.get("kind", "")))
    spoken = {name: value for name, value in git.items() if name not in OF_THE_SERVER}
    yield from find.below("", spoken, cluster, shape)


class _Search:
    def __init__(self, structure: Structure) -> None:
        self._structure = structure

    def below(
        self, path: str, git: Mapping[str, Value], cluster: Value | Absent, shape: Shape
    ) -> Iterator[UnlikeField]:
        for name, said in git.items():
            inner = self._structure.field(shape, name)
            there = _field(cluster, name)
            if not _is_nothing(name, said, there, inner):
                yield from self._value(f"{path}.{name}", said, there, inner)

    def _value(
        self, path: str, git: Value, cluster: Value | Absent, shape: Shape
    ) -> Iterator[UnlikeField]:
        if isinstance(git, Mapping) and isinstance(cluster, Mapping):
            yield from self.below(path, git, cluster, shape)
        elif isinstance(git, tuple) and isinstance(cluster, tuple):
            yield from self._items(path, git, cluster, shape)
        elif not _is_alike(git, cluster, shape):
            yield UnlikeField(path, git, cluster)

    def _items(
        self, path: str, git: tuple[Value, ...], cluster: tuple[Value, ...], shape: Shape
    ) -> Iterator[UnlikeField]:
        item = self._structure.item(shape)
        ours, theirs = (positions(side, shape.keys) for side in (git, cluster))
        if shape.keys and ours is not None and theirs is not None:
            for key, i in ours.items():
                there = cluster[theirs[key]] if key in theirs else ABSENT
                yield from self._value(f"{path}{_step(git[i], shape.keys)}", git[i], there, item)
        elif shape.set:
            known = set(map(token, cluster))
            missing = (said for said in git if token(said) not in known)
            yield from (UnlikeField(f"{path}[={token(said)}]", said, ABSENT) for said in missing)
        elif len(git) != len(cluster):
            yield UnlikeField(path, git, cluster)
        else:
            for i, (said, there) in enumerate(zip(git, cluster, strict=True)):
                yield from self._value(f"{path}[{i}]", said, there, item)


def _field(value: Value | Absent, name: str) -> Value | Absent:
    """A server writes null where there is nothing."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return ABSENT if found is None else found


def _is_nothing(name: str, git: Value, cluster: Value | Absent, shape: Shape) -> bool:
    """Is what Git says no more than what is there where nothing is said?"""
    if git is None:
        return True
    if cluster is not ABSENT or not shape.known:
        return False
    if isinstance(git, Mapping):
        return not git and (shape.mapping or not shape.type)  # and no struct, which is kept
    if isinstance(git, bool | int):
        return name in KEPT_IF_ON and not git
    return git in ("", ())


def _is_alike(git: Value, cluster: Value | Absent, shape: Shape) -> bool:
    if shape.quantity and not shape.mapping and same_amount(git, cluster):
        return True
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (git, cluster))
    return git == cluster if numbers else same(git, cluster)


def _step(item: Value, keys: tuple[str, ...]) -> str:
    assert isinstance(item, Mapping)  # noqa: S101
    named = ((key, item.get(key, DEFAULTS.get(key))) for key in keys)
    return "[" + ",".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in named) + "]"
