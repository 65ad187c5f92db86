"""The broken sets: what is in Git at first, in the broken commit, and in the one that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Object = dict[str, Any]
# Simulated pods are ready at once; that they count only after a while stands for a start.
START_SECONDS = 20
JOB_IMAGE = {"name": "run", "image": "run:1"}


class Mending(StrEnum):
    """What somebody does some time after the broken commit."""

    nothing = "nothing"
    commit = "commit"
    definition = "definition"
    webhook = "webhook"


@dataclass(frozen=True, slots=True)
class Release:
    """A folder in Git at one commit."""

    objects: tuple[Object, ...] = ()
    bad: frozenset[str] = frozenset()
    namespace: str = ""
    is_gone: bool = False

    def names(self) -> set[str]:
        return {f"{o['kind']}/{o['metadata']['name']}" for o in self.objects}

    def good(self) -> set[str]:
        return self.names() - self.bad


@dataclass(frozen=True, slots=True)
class BrokenSet:
    """A folder that begins good; `what` is the row's name on the page."""

    name: str
    what: str
    releases: tuple[Release, ...]
    mending: Mending = Mending.nothing
    shares: str = ""  # the set in whose namespace it is, too

    def release(self, number: int) -> Release:
        return self.releases[min(number, len(self.releases)) - 1]

    def namespace(self, tool: str, number: int) -> str:
        return f"{tool}-{self.shares or self.name}{self.release(number).namespace}"


def config_map(name: str, **data: Any) -> Object:
    return _object("v1", "ConfigMap", name, data={"k": "v", **data})


def config_maps(count: int) -> tuple[Object, ...]:
    return tuple(config_map(f"c{i}") for i in range(count))


def deployment(name: str) -> Object:
    labels = {"app": name}
    spec = {
        "replicas": 2,
        "minReadySeconds": START_SECONDS,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    }
    return _object("apps/v1", "Deployment", name, spec=spec)


def service(port: int) -> Object:
    spec = {"selector": {"app": "web"}, "ports": [{"port": port}]}
    return _object("v1", "Service", "web", spec=spec)


def job(fault: str) -> Object:
    pod = {"restartPolicy": "Never", "containers": [JOB_IMAGE]}
    template = {"metadata": {"annotations": {"testbed/fault": fault}}, "spec": pod}
    return _object("batch/v1", "Job", "migrate", spec={"backoffLimit": 0, "template": template})


def autoscaler() -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"minReplicas": 4, "maxReplicas": 8, "scaleTargetRef": target}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=spec)


def definition(group: str) -> Object:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return _object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"widgets.{group}",
        spec={"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    )


def _object(version: str, kind: str, name: str, **fields: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def _widget(group: str) -> Object:
    return _object(f"{group}/v1", "Widget", "late", spec={"size": 1})


def _typo() -> tuple[Release, ...]:
    bad = config_map("c39", k={"not": "text"})
    return (
        Release(config_maps(40)),
        Release((*config_maps(39), bad), frozenset({"ConfigMap/c39"})),
        Release(config_maps(40)),
    )


def _bad_value() -> tuple[Release, ...]:
    many = config_maps(39)
    frozen = {**config_map("frozen"), "immutable": True}
    changed = {**config_map("frozen", k="other"), "immutable": True}
    return (
        Release((*many, frozen)),
        Release((*many, changed), frozenset({"ConfigMap/frozen"})),
        Release((*many, frozen)),
    )


def all_sets(tool: str) -> tuple[BrokenSet, ...]:
    """Each tool has objects of its own, in namespaces of its own, that differ in nothing else."""
    late, together = f"late.{tool}.example.org", f"together.{tool}.example.org"
    few = config_maps(5)
    web = (*few, deployment("web"))
    both = "both"
    return (
        BrokenSet("typo", "a field of the wrong type in one of 40", _typo(), Mending.commit),
        BrokenSet("frozen", "one of 40 may not be changed", _bad_value(), Mending.commit),
        BrokenSet(
            "webhook",
            "a webhook is down for one kind",
            (
                Release((*web, service(80))),
                Release((*web, service(81)), frozenset({"Service/web"})),
            ),
            Mending.webhook,
        ),
        BrokenSet(
            "late",
            "a custom object, its definition later",
            (Release(few), Release((*few, _widget(late)), frozenset({"Widget/late"}))),
            Mending.definition,
        ),
        BrokenSet(
            "together",
            "a definition and its object in one commit",
            (Release(few), Release((*few, definition(together), _widget(together)))),
        ),
        BrokenSet(
            "renamed",
            "a Deployment is renamed",
            (Release(web), Release((*few, deployment("site")))),
        ),
        BrokenSet("emptied", "the folder has no objects", (Release(few), Release())),
        BrokenSet("removed", "the folder is gone", (Release(few), Release(is_gone=True))),
        BrokenSet("moved", "the namespace changes", (Release(web), Release(web, namespace="-new"))),
        BrokenSet(
            "scaled",
            "an autoscaler against replicas in Git",
            (Release(web), Release((*web, autoscaler()))),
        ),
        BrokenSet("one", "an object in two apps: the first", (Release((*few, config_map(both))),)),
        BrokenSet(
            "two",
            "an object in two apps: the second",
            (
                Release((config_map("own"),)),
                Release((config_map("own"), config_map(both, k="other"))),
                Release((config_map("own"),)),
            ),
            Mending.commit,
            shares="one",
        ),
        BrokenSet(
            "job",
            "a Job fails, and is mended",
            (Release(few), Release((*few, job("fail"))), Release((*few, job("")))),
            Mending.commit,
        ),
    )
