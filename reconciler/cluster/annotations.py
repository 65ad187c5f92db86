"""Annotations of Argo CD, Flux and Helm, and our own: what an object asks for.

Ours win; otherwise, where several say different things, the safest does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.cluster.annotation_reading import AnnotationReading
from reconciler.cluster.conflict_rules import DECISIONS
from reconciler.cluster.treatment import (
    Applying,
    HookDeletion,
    HookPhase,
    MayGo,
    ObjectTreatment,
    UnknownValue,
)
from reconciler.kubernetes.access import mapping
from reconciler.kubernetes.domain import DOMAIN

ARGO, FLUX, HELM = "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.sh/"
OURS = f"{DOMAIN}/"
NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
YES_OR_NO = ("true", "false")
SKIP = "Skip"
HELM_HOOKS: Mapping[str, HookPhase] = {
    "pre-install": HookPhase.pre_sync,
    "pre-upgrade": HookPhase.pre_sync,
    "post-install": HookPhase.post_sync,
    "post-upgrade": HookPhase.post_sync,
    "pre-delete": HookPhase.pre_delete,
    "post-delete": HookPhase.post_delete,
}
DEFINITION = "crd-install"  # of old charts: an object as any other
HELM_IGNORED = (
    *("pre-rollback", "post-rollback", "test", "test-success", "test-failure", DEFINITION),
)
HELM_DELETION: Mapping[str, HookDeletion] = {
    "before-hook-creation": HookDeletion.before_creation,
    "hook-succeeded": HookDeletion.succeeded,
    "hook-failed": HookDeletion.failed,
}
GOING: Mapping[str, MayGo] = {"true": MayGo.yes, "confirm": MayGo.confirm, "false": MayGo.no}
GOES = {"Prune": "prune", "Delete": "uninstall"}
OUR_GOING: Mapping[str, MayGo] = {
    "enabled": MayGo.yes,
    "confirm": MayGo.confirm,
    "disabled": MayGo.no,
}
SYNC_OPTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(GOES, tuple(GOING)),
    **dict.fromkeys(("PruneLast", "Replace", "Force"), YES_OR_NO),
    # These ask for what is always done here, or needs nothing.
    "ServerSideApply": YES_OR_NO,
    "Validate": YES_OR_NO,
    "SkipDryRunOnMissingResource": YES_OR_NO,
    "ApplyOutOfSyncOnly": YES_OR_NO,
    "ClientSideApplyMigration": YES_OR_NO,
}
COMPARE_OPTIONS = ("IgnoreExtraneous", "ServerSideDiff", "IncludeMutationWebhook")


def treatment_of(metadata: Mapping[str, Any]) -> ObjectTreatment:
    return read_annotations(metadata)[0]


def read_annotations(
    metadata: Mapping[str, Any],
) -> tuple[ObjectTreatment, tuple[UnknownValue, ...]]:
    """What an object asks for, and what it says that nobody understands."""
    labels, annotations = mapping(metadata, "labels"), mapping(metadata, "annotations")
    of_flux = {name: value for name, value in labels.items() if name.startswith(FLUX)}
    said = {**of_flux, **annotations}
    reading = AnnotationReading()
    for name, read in READERS.items():
        value = said.get(name)
        if isinstance(value, str) and HELM_AFTER.get(name) not in said:
            read(reading, name, value)
    return reading.treatment(), tuple(reading.unknown)


Reader = Callable[[AnnotationReading, str, str], None]


def _wave(reading: AnnotationReading, name: str, value: str) -> None:
    if NUMBER.fullmatch(value):
        reading.say("wave", int(value), name)
    else:
        reading.doubt(name, value, ["a number"])


def _hook(known: Mapping[str, HookPhase], ignored: Sequence[str]) -> Reader:
    """One that none of its words runs is never applied: as any other object it might do harm."""

    def read(reading: AnnotationReading, name: str, value: str) -> None:
        words = _words(value)
        for word in words:
            if word in known:
                reading.say("hooks", known[word], name)
            elif word not in ignored:
                reading.doubt(name, word, [*known, *ignored])
        runs = any(word in known for word in words)
        if SKIP in words or not (runs or words == [DEFINITION]):
            reading.say("applies", Applying.never, f"{name}: {value}")

    return read


def _choices(field: str, known: Mapping[str, object]) -> Reader:
    """A list of words, each of which adds to a field."""

    def read(reading: AnnotationReading, name: str, value: str) -> None:
        for word in _words(value):
            if word in known:
                reading.say(field, known[word], name)
            else:
                reading.doubt(name, word, [*known])

    return read


def _sync_options(reading: AnnotationReading, name: str, value: str) -> None:
    for word in _words(value):
        option, _, choice = word.partition("=")
        known = SYNC_OPTIONS.get(option, ())
        if choice not in known:
            meant = [f"{option}={c}" for c in known]
            reading.doubt(name, word, meant or [*SYNC_OPTIONS])
        if option in GOES:
            reading.say(GOES[option], GOING.get(choice, MayGo.no), f"{name}: {word}")
        elif choice in known:
            reading.say(option, choice == "true", name)


def _compare_options(reading: AnnotationReading, name: str, value: str) -> None:
    for word in _words(value):
        if word == "IgnoreExtraneous":
            reading.say("prune", MayGo.no, f"{name}: {word}")
        elif word.partition("=")[0] not in COMPARE_OPTIONS:
            reading.doubt(name, word, COMPARE_OPTIONS)


def _one_of(
    known: Mapping[str, Mapping[str, object]],
    otherwise: Mapping[str, object] | None = None,
    *,
    any_case: bool = False,
) -> Reader:
    """A word that says some fields; `otherwise`: what any other word says."""

    def read(reading: AnnotationReading, name: str, value: str) -> None:
        word = value.strip().lower() if any_case else value
        if word not in known:
            reading.doubt(name, value, [*known])
        for field, meant in known.get(word, otherwise or {}).items():
            reading.say(field, meant, f"{name}: {value}")

    return read


def _approved(reading: AnnotationReading, name: str, value: str) -> None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        reading.doubt(name, value, ["a time, as 2026-01-31T12:00:00Z"])
    else:
        reading.say("approved", True, name)


def _words(value: str) -> list[str]:
    return [word for part in value.split(",") if (word := part.strip())]


# Who says something of deleting, and says it wrongly, means to keep it.
STAYS = {"prune": MayGo.no, "uninstall": MayGo.no}
# What a chart says for Helm counts only where Argo CD is told nothing.
HELM_AFTER: Mapping[str, str] = {
    f"{HELM}hook-weight": f"{ARGO}sync-wave",
    f"{HELM}hook": f"{ARGO}hook",
    f"{HELM}hook-delete-policy": f"{ARGO}hook-delete-policy",
}
LEFT_ALONE = {"applies": Applying.never, **STAYS}
READERS: Mapping[str, Reader] = {
    f"{ARGO}sync-wave": _wave,
    f"{HELM}hook-weight": _wave,
    f"{ARGO}hook": _hook({str(phase): phase for phase in HookPhase}, [SKIP]),
    f"{HELM}hook": _hook(HELM_HOOKS, HELM_IGNORED),
    f"{ARGO}hook-delete-policy": _choices("hook_deletion", {str(d): d for d in HookDeletion}),
    f"{HELM}hook-delete-policy": _choices("hook_deletion", HELM_DELETION),
    f"{ARGO}sync-options": _sync_options,
    f"{ARGO}compare-options": _compare_options,
    f"{ARGO}ignore-healthcheck": _one_of({"true": {"ignores_health": True}, "false": {}}),
    f"{ARGO}deletion-approved": _approved,
    f"{HELM}resource-policy": _one_of({"keep": STAYS}, STAYS, any_case=True),
    f"{FLUX}prune": _one_of({"disabled": STAYS, "enabled": {}}, STAYS, any_case=True),
    f"{FLUX}reconcile": _one_of({"disabled": LEFT_ALONE, "enabled": {}}, any_case=True),
    f"{FLUX}force": _one_of({"enabled": {"anew": True}, "disabled": {}}, any_case=True),
    f"{FLUX}ssa": _one_of(
        {
            "override": {"conflicts": "take"},
            "merge": {"conflicts": "leave"},
            "ifnotpresent": {"applies": Applying.once},
            "ignore": LEFT_ALONE,
        },
        any_case=True,
    ),
    f"{OURS}prune": _one_of({w: {"prune": m, "uninstall": m} for w, m in OUR_GOING.items()}, STAYS),
    f"{OURS}conflicts": _one_of({word: {"conflicts": word} for word in DECISIONS}),
    f"{OURS}drift": _one_of(
        {"correct": {"reports_drift": False}, "report": {"reports_drift": True}}
    ),
}
