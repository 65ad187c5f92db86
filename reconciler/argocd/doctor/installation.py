"""An installation of Argo CD as its objects describe it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import UsageError
from reconciler.kubernetes.access import dig, text

Object = Mapping[str, Any]

REPO_SERVER = "argocd-repo-server"
CONTROLLER = "argocd-application-controller"
APPLICATION_SETS = "argocd-applicationset-controller"
SETTINGS = "argocd-cm"
SOCKETS = "/home/argocd/cmp-server/plugins"
COMPONENT = "app.kubernetes.io/name"


@dataclass(frozen=True, slots=True)
class ArgoCDProcess:
    """A container of a workload, with what it is told in each of three ways."""

    workload: Object
    container: Object
    config_maps: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        return text(self.container, "name")

    @property
    def pod(self) -> Object:
        return dig(self.workload, "spec", "template", "spec") or {}

    @property
    def words(self) -> list[str]:
        """Command and arguments; `--flag value` is made one word."""
        found: list[str] = []
        for word in (*self._list("command"), *self._list("args")):
            if found and found[-1].startswith("--") and "=" not in found[-1] and word[:1] != "-":
                found[-1] += f"={word}"
            else:
                found.append(word)
        return found

    def flag(self, name: str) -> str | None:
        """The value of a flag, "true" for one without any, or None if it is not there."""
        for word in self.words:
            given, _, value = word.partition("=")
            if given == f"--{name}":
                return value or "true"
        return None

    def variable(self, name: str) -> str | None:
        """The value of a variable, also one that stands in a ConfigMap."""
        for item in dig(self.container, "env") or ():
            if text(item, "name") == name:
                if "value" in item:
                    return str(item["value"])
                map_, key = (
                    text(item, "valueFrom", "configMapKeyRef", field) for field in ("name", "key")
                )
                return self.config_maps.get(map_, {}).get(key)
        return None

    def setting(self, flag: str, variable: str) -> str:
        return self.flag(flag) or self.variable(variable) or ""

    def mounts(self) -> dict[str, str]:
        """The volumes that it sees, by their paths."""
        return {text(m, "mountPath"): text(m, "name") for m in self._list("volumeMounts")}

    def user(self) -> Any:
        of_pod = dig(self.pod, "securityContext", "runAsUser")
        own = dig(self.container, "securityContext", "runAsUser")
        return of_pod if own is None else own

    def _list(self, name: str) -> list[Any]:
        found = dig(self.container, name)
        return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class ArgoCDInstallation:
    repo_server: ArgoCDProcess
    sidecars: tuple[ArgoCDProcess, ...]
    controller: ArgoCDProcess | None
    application_sets: ArgoCDProcess | None
    settings: Mapping[str, str]
    plugin_files: Mapping[str, str]  # by the name of the ConfigMap
    applications: tuple[Object, ...]
    sets: tuple[Object, ...]


def installation(objects: Iterable[Object]) -> ArgoCDInstallation:
    everything = list(_single(objects))
    maps = {
        text(o, "metadata", "name"): {k: str(v) for k, v in (o.get("data") or {}).items()}
        for o in everything
        if o.get("kind") == "ConfigMap"
    }
    repo = _workload(everything, REPO_SERVER)
    if repo is None:
        raise UsageError(
            "there is no Argo CD: no Deployment is its repo-server",
            hint="name the namespace with --namespace, or give all manifests with -f",
        )
    processes = [ArgoCDProcess(repo, c, maps) for c in _containers(repo)]
    main = next((p for p in processes if p.name in (REPO_SERVER, "repo-server")), processes[0])
    sidecars = [p for p in processes if p is not main and SOCKETS in p.mounts()]
    return ArgoCDInstallation(
        repo_server=main,
        sidecars=tuple(sidecars),
        controller=_first(everything, CONTROLLER, maps),
        application_sets=_first(everything, APPLICATION_SETS, maps),
        settings=maps.get(SETTINGS, {}),
        plugin_files={n: m["plugin.yaml"] for n, m in maps.items() if "plugin.yaml" in m},
        applications=tuple(o for o in everything if o.get("kind") == "Application"),
        sets=tuple(o for o in everything if o.get("kind") == "ApplicationSet"),
    )


def _single(objects: Iterable[Object]) -> Iterator[Object]:
    """Lists taken apart."""
    for o in objects:
        if isinstance(o, Mapping):
            items = o.get("items")
            yield from _single(items) if isinstance(items, list) else (o,)


def _workload(objects: list[Object], component: str) -> Object | None:
    """By the label that all installations have, or by its usual name."""
    there = [o for o in objects if o.get("kind") in ("Deployment", "StatefulSet")]
    for o in there:
        labels = dig(o, "metadata", "labels") or {}
        if labels.get(COMPONENT) == component or text(o, "metadata", "name") == component:
            return o if _containers(o) else None
    return None


def _containers(workload: Object) -> list[Object]:
    found = dig(workload, "spec", "template", "spec", "containers")
    return found if isinstance(found, list) else []


def _first(
    objects: list[Object], component: str, maps: Mapping[str, Mapping[str, str]]
) -> ArgoCDProcess | None:
    found = _workload(objects, component)
    return ArgoCDProcess(found, _containers(found)[0], maps) if found else None
