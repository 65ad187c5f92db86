"""Where it is known whether the apps of an environment are healthy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler.model.notations import Address, AppPattern, Cluster, Glob, Name

TYPE = "Which kind of source it is."
APPS = "The apps that it knows about."


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgoCDHealth:
    """Argo CD has synced the app to the release, and finds it healthy."""

    type: Annotated[Literal["argocd"], TYPE] = "argocd"
    app: Annotated[Glob, APPS] = "*"
    application: Annotated[
        AppPattern,
        "The name of the Application, in which `{app}` and `{environment}` stand for these.",
    ] = "{app}"
    namespace: Annotated[Name, "The namespace that it is in."] = "argocd"
    cluster: Annotated[
        Cluster, "The cluster that Argo CD is in; otherwise that of the environment."
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerHealth:
    """`reconciler run` has applied the release, and finds it well."""

    type: Annotated[Literal["reconciler"], TYPE] = "reconciler"
    app: Annotated[Glob, APPS] = "*"
    cluster: Annotated[Cluster, "The cluster that it is in; otherwise that of the environment."] = (
        ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FluxHealth:
    """Flux has applied the release by a Kustomization that is ready."""

    type: Annotated[Literal["flux"], TYPE] = "flux"
    app: Annotated[Glob, APPS] = "*"
    kustomization: Annotated[
        AppPattern,
        "The name of the Kustomization, in which `{app}` and `{environment}` stand for these.",
    ] = "{app}"
    namespace: Annotated[Name, "The namespace that it is in."] = "flux-system"
    cluster: Annotated[Cluster, "The cluster that it is in; otherwise that of the environment."] = (
        ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesHealth:
    """All objects of the release are in the cluster as Git says them, whoever applied them."""

    type: Annotated[Literal["kubernetes"], TYPE] = "kubernetes"
    app: Annotated[Glob, APPS] = "*"
    cluster: Annotated[
        Cluster, "The cluster that they are in; otherwise that of the environment."
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """A query has a result, and every value in it is other than 0."""

    type: Annotated[Literal["prometheus"], TYPE] = "prometheus"
    app: Annotated[Glob, APPS] = "*"
    url: Annotated[Address, "Where Prometheus is, in which `{app}` may stand for the app's name."]
    query: Annotated[str, "The query, in which `{app}` stands for the app's name."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An address answers with a status from 200 to 299."""

    type: Annotated[Literal["http"], TYPE] = "http"
    app: Annotated[Glob, APPS] = "*"
    url: Annotated[Address, "The address, in which `{app}` stands for the app's name."]


HealthSource = ArgoCDHealth | ReconcilerHealth | FluxHealth | KubernetesHealth | Prometheus | Probe
