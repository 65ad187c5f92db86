"""Pods that may do more to their node than before."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import dig, items, mapping, text
from reconciler.kubernetes.pods import Container, Pods
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk

SHARED = {
    "hostNetwork": "uses the network of its node (hostNetwork)",
    "hostPID": "sees the processes of its node (hostPID)",
    "hostIPC": "shares memory with the processes of its node (hostIPC)",
}
GRAVE = ("privileged", "hostP", "hostN", "hostI", "SYS_ADMIN", "capability ALL")
ESCALATES = "may gain privileges (allowPrivilegeEscalation)"
MAY_BE_ROOT = "may run as root (no runAsNonRoot)"
BY_DEFAULT = {ESCALATES, MAY_BE_ROOT}
LOOK = "make sure that the release needs it, and that the namespace allows it"


def gains(worlds: BeforeAfter) -> Iterator[Finding]:
    for was, now in worlds.pods():
        had = privileges(was) if was else BY_DEFAULT
        for gained in sorted(privileges(now) - had):
            grave = any(word in gained for word in GRAVE)
            severity = Severity.error if grave else Severity.warning
            yield risk("privilege", severity, now.owner, f"new: it {gained}", LOOK, now.path)


def privileges(pods: Pods) -> set[str]:
    """In words that follow a subject."""
    found = {words for field, words in SHARED.items() if pods.spec.get(field) is True}
    for _, volume in items(pods.spec, "volumes"):
        if path := text(volume, "hostPath", "path"):
            found.add(f"reads {path} of its node (hostPath)")
    for container in pods.containers():
        found |= set(_of_container(pods, container))
    return found


def _of_container(pods: Pods, container: Container) -> Iterator[str]:
    own = mapping(container.data, "securityContext")
    if own.get("privileged") is True:
        yield "is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield ESCALATES
    added = dig(own, "capabilities", "add")
    for capability in added if isinstance(added, list) else ():
        yield f"has the capability {capability}"
    shared = mapping(pods.spec, "securityContext")

    def said(field: str) -> object:
        return own.get(field, shared.get(field))

    if said("runAsUser") == 0:
        yield "runs as root (runAsUser: 0)"
    elif said("runAsNonRoot") is not True and not said("runAsUser"):
        yield MAY_BE_ROOT
    if text(said("seccompProfile"), "type") == "Unconfined":
        yield "makes any system call (seccompProfile: Unconfined)"
