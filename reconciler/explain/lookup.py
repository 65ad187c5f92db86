"""Objects and fields by the names that people type, and what to say if there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.errors import UsageError
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import Absent, Value
from reconciler.text.suggestions import nearest

MAX_NAMED_OBJECTS = 5
HALF_ALIKE = 0.5  # people leave out the kind or the namespace

# As `kubectl api-resources` has them.
SHORT_KINDS = {
    "cj": "cronjob",
    "cm": "configmap",
    "crd": "customresourcedefinition",
    "deploy": "deployment",
    "ds": "daemonset",
    "hpa": "horizontalpodautoscaler",
    "ing": "ingress",
    "netpol": "networkpolicy",
    "ns": "namespace",
    "pdb": "poddisruptionbudget",
    "po": "pod",
    "pv": "persistentvolume",
    "pvc": "persistentvolumeclaim",
    "rs": "replicaset",
    "sa": "serviceaccount",
    "sts": "statefulset",
    "svc": "service",
}


def find_object(name: str, objects: Sequence[Identity], folder: str) -> int:
    """The position of what is meant by Kind/name, Kind/namespace/name or its name alone."""
    names = [_names(identity) for identity in objects]
    typed = _in_full(name.lower())
    found = [i for i, some in enumerate(names) if typed in some]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{name} may be any of {len(found)} objects",
            hint="write " + " or ".join(_shown(objects[i]) for i in found[:MAX_NAMED_OBJECTS]),
        )
    near = nearest(name, (n for some in names for n in some), HALF_ALIKE)
    meant = next((f"{o.kind}/{o.name}" for o in objects if near in _names(o)), "")
    raise UsageError(
        f"{folder or '.'} renders no object {name}",
        hint=f"did you mean {meant}?" if meant else "without OBJECT, all are listed",
    )


def _in_full(name: str) -> str:
    """With the kind that a short name stands for, as kubectl takes it."""
    kind, slash, rest = name.partition("/")
    return f"{SHORT_KINDS.get(kind, kind)}{slash}{rest}" if slash else name


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
