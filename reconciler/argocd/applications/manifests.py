"""What Argo CD is told: a project and a set of Applications for each environment.

An environment's set makes an Application of each file in its folder, which holds what is different
from app to app.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from reconciler import __version__
from reconciler.kubernetes.access import dig
from reconciler.kubernetes.domain import DOMAIN
from reconciler.kubernetes.objects import Object
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.globs import matches
from reconciler.model.paths import (
    ARGOCD_FOLDER,
    KUSTOMIZATION_NAMES,
    AppName,
    argocd_app_file,
    argocd_file,
)
from reconciler.model.reconciling import IgnoredDifference
from reconciler.text.json_object import JsonObject

NAMESPACE = "argocd"
GENERATE_PATHS = "argocd.argoproj.io/manifest-generate-paths"
STEP = f"{DOMAIN}/step"
MAX_SYNC_RETRIES = 10
IN_A_SET = AppName("{{ .app }}")  # each of those that an ApplicationSet makes
HEAD = "# Written by `reconciler argocd apps`, and held against the apps by `reconciler check`.\n"


@dataclass(frozen=True, slots=True)
class DeployedApp:
    """An app of an environment, with all that its Application depends on."""

    entry: Entry
    objects: tuple[Object, ...]
    paths: tuple[str, ...]


def application_name(environment: Environment, app: AppName) -> str:
    return f"{app}-{environment.name}"


def plugin_name(environment: Environment) -> str:
    """Argo CD keeps what a plugin of this name generated, so each version has a name."""
    return f"{environment.argocd.plugin}-v{__version__}"


def revision_of(environment: Environment) -> str:
    """The branch that is deployed; HEAD is the repository's default one."""
    return environment.releases.branch or "HEAD"


def environment_files(
    environment: Environment, apps: Sequence[DeployedApp], repository: str
) -> dict[str, str]:
    """The files about one environment: its project and its set, and one for each app."""
    documents = [
        _project(environment, apps, repository),
        _application_set(environment, apps, repository),
    ]
    text = HEAD + "---\n".join(map(_yaml, documents))
    return {
        argocd_file(environment.name): text,
        **{
            argocd_app_file(environment.name, app.entry.app): HEAD
            + _yaml(_values(environment, app))
            for app in apps
        },
    }


def kustomization(environments: Iterable[Environment]) -> dict[str, str]:
    """What brings all of it to the cluster in which Argo CD runs."""
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{e.name}.yaml" for e in environments],
    }
    return {f"{ARGOCD_FOLDER}/{KUSTOMIZATION_NAMES[0]}": HEAD + _yaml(document)}


def _project(environment: Environment, apps: Sequence[DeployedApp], repository: str) -> JsonObject:
    """No more than the apps need: one repository, their namespaces, their kinds of the cluster."""
    objects = [o for app in apps for o in app.objects]
    namespaces = {o.namespace for o in objects if o.namespace}
    namespaces |= {namespace_of(environment, app.entry.app) for app in apps}
    kinds = sorted({(o.group, o.kind) for o in objects if not o.namespace})
    return {
        **_head("AppProject", environment, {"argocd.argoproj.io/sync-wave": "-1"}),
        "spec": {
            "description": environment.title,
            "sourceRepos": [repository],
            "destinations": [
                {**_cluster(environment), "namespace": name} for name in sorted(namespaces)
            ],
            "clusterResourceWhitelist": [{"group": g, "kind": k} for g, k in kinds],
        },
    }


def _application_set(
    environment: Environment, apps: Sequence[DeployedApp], repository: str
) -> JsonObject:
    steps = environment.argocd.steps
    revision = revision_of(environment)
    files = [{"path": argocd_app_file(environment.name, AppName("*"))}]
    generator = {"repoURL": repository, "revision": revision, "files": files}
    ignored = [*_said(environment.reconcile.ignore_differences), *_ignored(apps)]
    options = ["FailOnSharedResource=true", "PruneLast=true"]
    if ignored:
        options.append("RespectIgnoreDifferences=true")
    spec: JsonObject = {
        "goTemplate": True,
        "goTemplateOptions": ["missingkey=error"],
        "generators": [{"git": generator}],
    }
    if steps:
        spec["strategy"] = _rolling(len(steps))
    spec["syncPolicy"] = {"preserveResourcesOnDeletion": True}
    labels = {f"{DOMAIN}/environment": environment.name, f"{DOMAIN}/app": "{{ .app }}"}
    if steps:
        labels[STEP] = "{{ .step }}"
    application: JsonObject = {
        "project": environment.name,
        "source": {
            "repoURL": repository,
            "targetRevision": revision,
            "path": "{{ .folder }}",
            "plugin": {"name": plugin_name(environment)},
        },
        "destination": {**_cluster(environment), "namespace": "{{ .namespace }}"},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "retry": {
                "limit": MAX_SYNC_RETRIES,
                "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"},
            },
            "syncOptions": options,
        },
    }
    if ignored:
        application["ignoreDifferences"] = ignored
    spec["template"] = {
        "metadata": {
            "name": application_name(environment, IN_A_SET),
            "labels": labels,
            "annotations": {GENERATE_PATHS: '{{ join ";" .paths }}'},
        },
        "spec": application,
    }
    return {**_head("ApplicationSet", environment), "spec": spec}


def _values(environment: Environment, app: DeployedApp) -> JsonObject:
    """What the set puts into its template for one app."""
    found: JsonObject = {
        "app": app.entry.app,
        "folder": app.entry.folder,
        "namespace": namespace_of(environment, app.entry.app),
    }
    if environment.argocd.steps:
        found["step"] = str(_step(environment.argocd.steps, app.entry.app))
    return found | {"paths": [f"/{path}" for path in app.paths]}


def _step(steps: Sequence[str], app: AppName) -> int:
    """The first one whose name fits, from 1 on; the last is for all others."""
    fits = (n for n, step in enumerate(steps, 1) if matches(step, app))
    return next(fits, len(steps) + 1)


def _rolling(steps: int) -> JsonObject:
    """One step after the other, and in the last one a quarter of the apps at a time."""
    found: list[JsonObject] = [
        {"matchExpressions": [{"key": STEP, "operator": "In", "values": [str(n)]}]}
        for n in range(1, steps + 2)
    ]
    found[-1]["maxUpdate"] = "25%"
    return {"type": "RollingSync", "rollingSync": {"steps": found}}


def _said(settings: Sequence[IgnoredDifference]) -> Iterator[JsonObject]:
    for one in settings:
        said: JsonObject = {
            "group": one.group,
            "kind": one.kind,
            "name": one.name,
            "namespace": one.namespace,
            "jsonPointers": list(one.json_pointers),
            "managedFieldsManagers": list(one.managed_fields_managers),
        }
        yield {name: value for name, value in said.items() if value}


def _ignored(apps: Sequence[DeployedApp]) -> Iterator[JsonObject]:
    """Fields that others write for good: an autoscaler, and whoever injects certificates."""
    found: dict[str, JsonObject] = {}
    for app in apps:
        for o in app.objects:
            for rule in (*_scaled(o, app.objects), *_injected(o)):
                found[json.dumps(rule)] = rule
    yield from (found[key] for key in sorted(found))


def _scaled(o: Object, others: Sequence[Object]) -> Iterator[JsonObject]:
    if o.kind != "HorizontalPodAutoscaler":
        return
    kind, name = o.text("spec", "scaleTargetRef", "kind"), o.text("spec", "scaleTargetRef", "name")
    for target in others:
        same = (target.kind, target.name, target.namespace) == (kind, name, o.namespace)
        if same and dig(target.data, "spec", "replicas") is not None:
            yield _rule(target, "/spec/replicas")


def _injected(o: Object) -> Iterator[JsonObject]:
    annotations = o.get("metadata", "annotations")
    if not isinstance(annotations, Mapping) or not any(
        str(name).startswith("cert-manager.io/inject-ca-from") for name in annotations
    ):
        return
    if o.kind.endswith("WebhookConfiguration"):
        webhooks = o.get("webhooks")
        count = len(webhooks) if isinstance(webhooks, list) else 0
        yield _rule(o, *(f"/webhooks/{n}/clientConfig/caBundle" for n in range(count)))
    elif o.kind == "CustomResourceDefinition":
        yield _rule(o, "/spec/conversion/webhook/clientConfig/caBundle")
    elif o.kind == "APIService":
        yield _rule(o, "/spec/caBundle")


def _rule(o: Object, *pointers: str) -> JsonObject:
    where = {"namespace": o.namespace} if o.namespace else {}
    about = {"group": o.group, "kind": o.kind, "name": o.name, **where}
    return {**about, "jsonPointers": list(pointers)}


def namespace_of(environment: Environment, app: AppName) -> str:
    """Where objects go that name no namespace themselves."""
    return environment.destination.namespace_of(app) or "default"


def _cluster(environment: Environment) -> dict[str, str]:
    """By its name in Argo CD, unless the environment knows its address."""
    destination = environment.destination
    return {"server": destination.server} if destination.server else {"name": destination.cluster}


def _head(kind: str, environment: Environment, annotations: JsonObject | None = None) -> JsonObject:
    metadata: JsonObject = {"name": environment.name, "namespace": NAMESPACE}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata}


def _yaml(document: JsonObject) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=1000, allow_unicode=True)
