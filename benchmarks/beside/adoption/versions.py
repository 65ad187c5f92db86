"""The app: two versions that the other tool deploys, and one that lacks things, from us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.beside.repository import LABEL
from benchmarks.beside.sets import Object, Release

OTHERS = (1, 2)  # deployed by the other tool, the second over the first
OURS = 3
REPLICAS = 3  # what the autoscaler makes of the Deployment, of which Git says no number
PODS = REPLICAS + 1


def versions() -> tuple[Release, ...]:
    return tuple(Release(tuple(_objects(number))) for number in (*OTHERS, OURS))


def dropped() -> Iterator[tuple[str, str]]:
    """Each object and field that the other tool deployed and ours has not."""
    before, after = (
        {name_of(o): fields(o) for o in _objects(number)} for number in (OTHERS[-1], OURS)
    )
    for name, held in before.items():
        kept = after.get(name)
        gone = [""] if kept is None else sorted(held.keys() - kept.keys())
        yield from ((name, field) for field in gone)


def names_and_marks() -> tuple[frozenset[str], frozenset[str]]:
    """Of what the other tool deployed last; with the labels that every folder has."""
    objects = [*_objects(OTHERS[-1])]
    kinds = [o["metadata"][kind] for o in objects for kind in ("labels", "annotations")]
    keys = {key for marks in kinds for key in marks}
    return frozenset(map(name_of, objects)), frozenset({*keys, LABEL, "release"})


def name_of(body: Mapping[str, Any]) -> str:
    return f"{body['kind']}/{body['metadata']['name']}"


def fields(value: Any, path: str = "") -> dict[str, Any]:
    """Each value by its path; what is in a list goes by its name or port, if it has one."""
    found: dict[str, Any] = {}
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            found |= fields(inner, f"{path}.{name}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            item = inner if isinstance(inner, Mapping) else {}
            found |= fields(inner, f"{path}[{item.get('name') or item.get('port') or number}]")
    else:
        found[path] = value
    return found


def _objects(number: int) -> Iterator[Object]:
    """Every object loses something with our version, and one goes; some of it came last."""
    old = number in OTHERS
    late = {"late": "1"} if number == OTHERS[-1] else {}
    data = {"a": str(number), **({"b": "1"} if old else {}), **late}
    yield _config_map("settings", number, data)
    if old:
        yield _config_map("old", number, {"k": "v"})
    ports = [{"name": "http", "port": 80}, *([{"name": "metrics", "port": 9090}] if old else [])]
    yield _object("v1", "Service", "web", old, {"selector": {"app": "web"}, "ports": ports})
    headless = {"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"port": 5432}]}
    yield _object("v1", "Service", "db", old, headless)
    deployment = {"minReadySeconds": 1} if old else {}
    yield _object("apps/v1", "Deployment", "web", old, deployment | _pods("web", number))
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    database = {"replicas": 1, "serviceName": "db", "volumeClaimTemplates": [claim]}
    yield _object("apps/v1", "StatefulSet", "db", old, database | _pods("db", number))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaling = {"minReplicas": REPLICAS, "maxReplicas": 5, "scaleTargetRef": target}
    window = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}} if old else {}
    yield _object("autoscaling/v2", "HorizontalPodAutoscaler", "web", old, scaling | window)


def _pods(name: str, number: int) -> dict[str, Any]:
    """An image that moves with the version, and variables of which one stays."""
    names = {1: "AB", 2: "ABC", OURS: "A"}[number]
    variables = [{"name": n, "value": "1"} for n in names]
    container = {"name": name, "image": f"{name}:{number}", "env": variables}
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {"selector": {"matchLabels": labels}, "template": pod}


def _config_map(name: str, number: int, data: Mapping[str, str]) -> Object:
    old = number in OTHERS
    return {**_object("v1", "ConfigMap", name, old), "data": data}


def _object(version: str, kind: str, name: str, old: bool, spec: Any = None) -> Object:
    """A label and an annotation of each go, too."""
    metadata: Object = {
        "name": name,
        "labels": {"app": name, **({"team": "shop"} if old else {})},
        "annotations": {"kept": "1", **({"note": "1"} if old else {})},
    }
    body: Object = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return body | ({"spec": spec} if spec else {})
