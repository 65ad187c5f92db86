"""Rights that grow: new rules of roles, and who gets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import items, mapping, text
from reconciler.kubernetes.objects import Object
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk

GROUP = "rbac.authorization.k8s.io"
ALL = "*"
TAKES_OVER = {"bind", "escalate", "impersonate"}
PRECIOUS = {"nodes/proxy", "pods/exec", "secrets", "serviceaccounts/token"}
LOOK = "make sure that the release needs it"
MOST = 4


class Right(NamedTuple):
    """A verb on one sort of thing."""

    verb: str
    resource: str
    group: str
    name: str  # of the object, if only of one

    def covers(self, other: Right) -> bool:
        return (
            self.verb in (ALL, other.verb)
            and self.resource in (ALL, other.resource)
            and self.group in (ALL, other.group)
            and self.name in ("", other.name)
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f" {self.name}" if self.name else "")

    @property
    def is_grave(self) -> bool:
        return (
            ALL in (self.verb, self.resource)
            or self.verb in TAKES_OVER
            or (self.resource in PRECIOUS and not self.name)
        )


def widenings(worlds: BeforeAfter) -> Iterator[Finding]:
    for was, now in worlds.changed("Role", "ClusterRole", group=GROUP):
        yield from _rules(was, now)
    for was, now in worlds.changed("RoleBinding", "ClusterRoleBinding", group=GROUP):
        yield from _subjects(was, now)


def _rules(was: Object | None, now: Object) -> Iterator[Finding]:
    had = rights_of(was) if was else []
    new = [right for right in rights_of(now) if not any(r.covers(right) for r in had)]
    if not new:
        return
    widest = [r for r in new if not any(o.covers(r) for o in new if o != r)]
    grave = any(right.is_grave for right in widest)
    where = " in the whole cluster" if now.kind == "ClusterRole" else ""
    what = f"it now allows more{where}: {_listed([str(right) for right in widest])}"
    yield risk("access", Severity.error if grave else Severity.warning, now, what, LOOK)


def _subjects(was: Object | None, now: Object) -> Iterator[Finding]:
    had = subjects_of(was) if was else []
    new = [subject for subject in subjects_of(now) if subject not in had]
    if not new:
        return
    role = f"{now.text('roleRef', 'kind')} {now.text('roleRef', 'name')}"
    everywhere = now.kind == "ClusterRoleBinding"
    where = " in the whole cluster" if everywhere else ""
    what = f"new holder of {role}{where}: {_listed(new)}"
    grave = everywhere and now.text("roleRef", "name") == "cluster-admin"
    yield risk("access", Severity.error if grave else Severity.warning, now, what, LOOK)


def rights_of(role: Object) -> list[Right]:
    found = []
    for _, rule in items(role.data, "rules"):
        for verb in _texts(rule.get("verbs")):
            for group in _texts(rule.get("apiGroups")):
                for resource in _texts(rule.get("resources")):
                    names = _texts(rule.get("resourceNames")) or [""]
                    found += [Right(verb, resource, group, name) for name in names]
            found += [Right(verb, url, "/", "") for url in _texts(rule.get("nonResourceURLs"))]
    return list(dict.fromkeys(found))


def subjects_of(binding: Object) -> list[str]:
    found = []
    for _, subject in items(binding.data, "subjects"):
        namespace = text(mapping(subject), "namespace")
        name = text(subject, "name")
        found.append(f"{text(subject, 'kind')} {f'{namespace}/' if namespace else ''}{name}")
    return list(dict.fromkeys(found))


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - MOST:,} more" if len(words) > MOST else ""
    return ", ".join(words[:MOST]) + more
