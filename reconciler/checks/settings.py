"""What is checked, and against what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.checks.finding import Finding, Severity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment, External, Ignored, Releases
from reconciler.model.globs import matches

# The Kubernetes release whose types and libraries the kernel carries.
NEWEST = "1.36"

CRDS = ("crds",)
POLICIES = ("policies",)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key of the cluster's controller, as far as its certificate tells."""

    fingerprint: str
    bits: int


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How the apps of one environment are checked."""

    kubernetes: str = NEWEST
    externals: tuple[External, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    fail_on: Severity = Severity.error
    crds: tuple[str, ...] = CRDS
    policies: tuple[str, ...] = POLICIES
    releases: Releases = field(default_factory=Releases)
    is_promoted_to: bool = False
    entries: Mapping[str, Entry] = field(default_factory=dict)  # by folder
    namespaces: Mapping[str, str] = field(default_factory=dict)  # by the app's folder
    sealing: tuple[SealingKey, ...] = ()  # none if they are not known
    environment: Environment | None = None  # whose own settings are checked, too
    timeout: float = 60.0


def settings_of(
    environment: Environment, entries: Iterable[Entry], sealing: Iterable[SealingKey] = ()
) -> CheckSettings:
    """What environment.yaml says about the checks of its apps."""
    checks = environment.checks
    by_folder = {str(entry.folder): entry for entry in entries}
    namespaces = {
        folder: namespace
        for folder, entry in by_folder.items()
        if (namespace := environment.destination.namespace_of(entry.app))
    }
    return CheckSettings(
        kubernetes=environment.kubernetes or NEWEST,
        externals=environment.externals,
        ignore=checks.ignore,
        fail_on=Severity(checks.fail_on),
        crds=checks.crds or CRDS,
        policies=checks.policies or POLICIES,
        releases=environment.releases,
        is_promoted_to=bool(environment.promotes_from),
        entries=by_folder,
        namespaces=namespaces,
        sealing=tuple(sealing),
        environment=environment,
    )


def provides(external: External, kind: str, namespace: str, name: str) -> bool:
    """Is this what the cluster is said to have? What is in no namespace has none to compare."""
    return (
        external.kind == kind
        and matches(external.name, name)
        and (not namespace or matches(external.namespace, namespace))
    )


def covers(ignored: Ignored, finding: Finding, entry: Entry | None) -> bool:
    """Is this finding known and accepted?"""
    about = finding.object
    return (
        matches(ignored.check, finding.rule)
        and matches(ignored.app, entry.app if entry else "")
        and matches(ignored.object, f"{about.kind}/{about.name}" if about else "")
    )
