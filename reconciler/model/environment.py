"""environment.yaml: what the program knows about an environment.

These classes are the definition. The parser, the JSON Schema and the reference page come from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

from reconciler.errors import FleetError, Place
from reconciler.model.app_patterns import folder_for, own_apps
from reconciler.model.entry import Entry
from reconciler.model.health_sources import HealthSource
from reconciler.model.mapping_kinds import ONE_OR_MORE, record_of
from reconciler.model.notations import (
    AppsGlob,
    Branch,
    Cluster,
    Controller,
    Duration,
    GitUrl,
    Glob,
    KubernetesKind,
    KubernetesVersion,
    Name,
    NamespaceRule,
    Path,
    Server,
)
from reconciler.model.paths import (
    CERTIFICATES_FILE,
    ENVIRONMENT_FILE,
    AppName,
    Folder,
    environment_folder,
)
from reconciler.model.promotion import GATES_BY_DEFAULT, Gate, Promotion
from reconciler.model.reconciling import ReconcileSettings
from reconciler.yaml.nodes import YamlText

OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the apps of the environment run."""

    cluster: Annotated[Cluster, "The cluster, by the name that you call it."]
    server: Annotated[Server, "The URL of its API server."] = ""
    namespace: Annotated[
        NamespaceRule,
        "The namespace of an app's objects. `{app}` stands for the app's name; `own` means "
        "whatever the manifests say. Rendering does not set it: the manifests must agree.",
    ] = OWN

    def namespace_of(self, app: AppName) -> str | None:
        """The namespace of an app; none if only the manifests know."""
        return None if self.namespace == OWN else self.namespace.replace("{app}", app)


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """How the apps of the environment name their release."""

    policy: Annotated[
        Literal["any", "follow", "pin"],
        "`follow`: an app uses the overlay of its own branch; `pin`: an app pins its overlay to a "
        "commit by URL; `any`: each app as it likes.",
    ] = "any"
    full_commit: Annotated[
        bool, "A pin names all 40 digits of a commit, and no tag or branch, which can move."
    ] = True
    branch: Annotated[
        Branch,
        "The branch that a pinned commit must be on; otherwise the default branch of `origin`.",
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """Objects that are in the cluster without being in the manifests."""

    kind: Annotated[KubernetesKind, "Their kind."]
    name: Annotated[Glob, "Their name."]
    namespace: Annotated[Glob, "Their namespace."] = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Findings that are known and accepted."""

    check: Annotated[Glob, "The check that finds it."]
    app: Annotated[Glob, "The app."] = "*"
    object: Annotated[Glob, "The object as KIND/NAME, such as `ConfigMap/params`."] = "*"
    reason: Annotated[str, "Why it is accepted."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is checked before a manifest reaches the cluster."""

    fail_on: Annotated[
        Literal["error", "warning"], "The least severity of a finding that stops."
    ] = "error"
    ignore: Annotated[tuple[Ignored, ...], "Findings that are known and accepted."] = ()
    crds: Annotated[tuple[Path, ...], "Folders with the definitions of custom resources."] = ()
    policies: Annotated[tuple[Path, ...], "Folders with ValidatingAdmissionPolicy objects."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingSettings:
    """How secrets are sealed for the cluster."""

    certificate: Annotated[
        Path,
        "The file with the certificate of the cluster's controller; otherwise "
        "`sealing-cert.pem` beside `environment.yaml`.",
    ] = ""
    scope: Annotated[
        Literal["strict", "namespace-wide", "cluster-wide"],
        "Where a sealed secret can be opened: under its own name and namespace, under any name "
        "in its namespace, or anywhere in the cluster.",
    ] = "strict"
    certificate_age: Annotated[
        Duration,
        "How old the certificate may be before `seal status` asks for a newer one: a controller "
        "makes a new key every 30 days if it is not told otherwise.",
    ] = timedelta(days=90)
    controller: Annotated[
        Controller,
        "The cluster's controller: its service, reached through the API server, or its URL.",
    ] = "kube-system/sealed-secrets-controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgoCDSettings:
    """How Argo CD deploys the apps, as `reconciler argocd apps` writes it."""

    plugin: Annotated[Name, "The plugin that generates, by its name without the version."] = (
        "reconciler"
    )
    steps: Annotated[
        tuple[Glob, ...],
        "Apps that go first, a step each: the next one begins when all of a step are healthy, and "
        "all others are the last. Argo CD then no longer sets back what is changed in the cluster "
        "between two releases. Without steps it does, and syncs all apps at once.",
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A link of the chain: where apps run, and what a release must pass to get there."""

    name: str
    places: Mapping[str, Place] = field(compare=False, repr=False)
    folders: Mapping[AppName, Folder] = field(compare=False, repr=False, default_factory=dict)
    display_name: Annotated[str, "What people call it; otherwise the name of its folder."] = ""
    promotes_from: Annotated[
        tuple[Name, ...],
        ONE_OR_MORE,
        "The environment, or environments, whose releases are promoted to this one. The first "
        "of a chain has none.",
    ] = ()
    destination: Annotated[Destination, "Where its apps run."]
    apps: Annotated[
        tuple[AppsGlob, ...],
        ONE_OR_MORE,
        "Where the folders of its apps are, from the repository's root, such as `apps/*/prod` or "
        "`clusters/prod/apps`; otherwise each folder beside `environment.yaml`. An app is called "
        "what the wildcards stand for; where there are none, as its folder.",
    ] = ()
    kubernetes: Annotated[
        KubernetesVersion, "The version of Kubernetes that manifests are checked against."
    ] = ""
    repositories: Annotated[
        tuple[GitUrl, ...],
        "URLs that mean this repository when an app pins a release, beside that of `origin`; "
        "without an `origin` they count once they are on the main branch.",
    ] = ()
    remotes: Annotated[
        tuple[GitUrl, ...],
        "Other repositories that an app may pin, once they are on the main branch; all else is "
        "refused.",
    ] = ()
    releases: Annotated[Releases, "How apps name their release."] = field(default_factory=Releases)
    externals: Annotated[
        tuple[External, ...],
        "Objects that the cluster provides: what manifests may refer to without holding it.",
    ] = ()
    checks: Annotated[Checks, "What is checked, and what is not."] = field(default_factory=Checks)
    sealing: Annotated[SealingSettings, "How secrets are sealed."] = field(
        default_factory=SealingSettings
    )
    health: Annotated[
        tuple[HealthSource, ...],
        "Where it is known whether its apps are healthy; of several sources, all must agree.",
    ] = ()
    argocd: Annotated[ArgoCDSettings, "How Argo CD deploys its apps."] = field(
        default_factory=ArgoCDSettings
    )
    reconcile: Annotated[
        ReconcileSettings, "How `apply` and `run` make its cluster what Git says."
    ] = field(default_factory=ReconcileSettings)
    promotion: Annotated[Promotion, "What a promotion to this environment does and waits for."] = (
        field(default_factory=Promotion)
    )

    @property
    def folder(self) -> str:
        return environment_folder(self.name)

    def entry(self, app: AppName) -> Entry:
        """An app here; of one that is not here yet, where it would be."""
        there = self.folders.get(app) or folder_for(self.apps or own_apps(self.name), app)
        return Entry(self.name, app, there or Folder(f"{self.folder}/{app}"))

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What a promotion to it waits for: what it lists, and what nobody has to list."""
        listed, without = self.promotion.gates, self.promotion.without
        there = {gate.type for gate in listed}.union(without)
        return (*listed, *(gate for gate in GATES_BY_DEFAULT if gate.type not in there))

    @property
    def certificates_file(self) -> str:
        """Where those are that its secrets are sealed with."""
        return self.sealing.certificate or f"{self.folder}/{CERTIFICATES_FILE}"

    @property
    def title(self) -> str:
        return self.display_name or self.name

    def error(self, path: str, what: str, *, why: str = "", hint: str = "") -> FleetError:
        """Something wrong with the value at this path of its file."""
        return FleetError(what, where=self.places.get(path, self.places[""]), why=why, hint=hint)


def read_environment(name: str, content: bytes) -> Environment:
    """The environment that a file describes; raises what is wrong with it, and where."""
    file = f"{environment_folder(name)}/{ENVIRONMENT_FILE}"
    source = YamlText(file)
    node = source.document(content)
    if node is None:
        raise FleetError("the file is empty", where=Place(file), hint=least(name))
    source.places[""] = source.place(node)
    given = {"name": name, "places": source.places}
    found: Environment = record_of(Environment).read_with(given, node, "", source)
    return found


def least(name: str) -> str:
    """A hint: the least that describes an environment."""
    file = f"{environment_folder(name)}/{ENVIRONMENT_FILE}"
    lines = ("destination:", f"  cluster: {name}")
    return f"write {file} with at least the lines " + " and ".join(f'"{line}"' for line in lines)
