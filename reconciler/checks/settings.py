"""What is checked, and against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.checks.finding import Finding, Severity

# The Kubernetes release whose types and libraries the kernel carries.
NEWEST = "1.36"


@dataclass(frozen=True, slots=True)
class External:
    """Something that the cluster has without its being in a manifest; names may be globs."""

    kind: str
    name: str
    namespace: str = "*"

    def provides(self, kind: str, namespace: str, name: str) -> bool:
        return (
            self.kind == kind
            and fnmatchcase(name, self.name)
            and (not namespace or fnmatchcase(namespace, self.namespace))
        )


@dataclass(frozen=True, slots=True)
class Ignored:
    """Findings that are known and accepted: globs for the rule, the app and KIND/NAME."""

    rule: str
    app: str = "*"
    object: str = "*"

    def covers(self, finding: Finding) -> bool:
        named = f"{finding.object.kind}/{finding.object.name}" if finding.object else ""
        return (
            fnmatchcase(finding.rule, self.rule)
            and fnmatchcase(finding.app.rpartition("/")[2], self.app)
            and fnmatchcase(named, self.object)
        )


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How the apps of one environment are checked."""

    kubernetes: str = NEWEST
    externals: tuple[External, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    fail_on: Severity = Severity.error
    crds: tuple[str, ...] = ("crds",)
    policies: tuple[str, ...] = ("policies",)
    namespaces: Mapping[str, str] = field(default_factory=dict)  # by app: where it goes
    timeout: float = 60.0
