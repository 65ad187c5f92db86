"""Objects and fields by the names that people type, and what to say if there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from reconciler.errors import UsageError
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import Absent, Value

MOST_NAMED = 5


def find_object(name: str, objects: Sequence[Identity], folder: str) -> int:
    """The position of what is meant by Kind/name, Kind/namespace/name or its name alone."""
    names = [_names(identity) for identity in objects]
    found = [i for i, some in enumerate(names) if name.lower() in some]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{name} may be any of {len(found)} objects",
            hint="write " + " or ".join(_shown(objects[i]) for i in found[:MOST_NAMED]),
        )
    near = get_close_matches(name.lower(), [n for some in names for n in some], 1, 0.5)
    meant = next((_shown(o) for o in objects if near and near[0] in _names(o)), "")
    raise UsageError(
        f"{folder or '.'} renders no object {name}",
        hint=f"did you mean {meant}?" if meant else "without OBJECT, all are listed",
    )


def no_such_field(
    identity: Identity, path: Sequence[str], reached: int, above: Value | Absent
) -> UsageError:
    names = sorted(above) if isinstance(above, Mapping) else []
    return UsageError(
        f"{'.'.join(path[:reached]) or identity} has no {path[reached]}",
        hint="it has " + ", ".join(names) if names else "render the app to see its fields",
    )


def _names(identity: Identity) -> set[str]:
    kind, namespace, name = identity.kind, identity.namespace, identity.name
    found = {name, f"{kind}/{name}", f"{kind}/{namespace}/{name}", f"{namespace}/{name}"}
    return {text.lower() for text in found}


def _shown(identity: Identity) -> str:
    parts = (identity.kind, identity.namespace, identity.name)
    return "/".join(part for part in parts if part)
