"""What each annotation asks for, and which of two counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.annotations import READERS, read_annotations, treatment_of
from reconciler.cluster.treatment import (
    PLAIN,
    Applying,
    Going,
    HookDeletion,
    HookPhase,
    MayGo,
    ObjectTreatment,
)

ARGO, FLUX, HELM = "argocd.argoproj.io", "kustomize.toolkit.fluxcd.io", "helm.sh"
OURS = "reconciler.dev"
SYNC_OPTIONS = f"{ARGO}/sync-options"


def one(annotation: str, value: str) -> ObjectTreatment:
    return treatment_of({"annotations": {annotation: value}})


def stays(may: MayGo, by: str) -> ObjectTreatment:
    return replace(PLAIN, prune=Going(may, by), uninstall=Going(may, by))


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (f"{ARGO}/sync-wave", "-5", ObjectTreatment(wave=-5)),
        (f"{HELM}/hook-weight", "3", ObjectTreatment(wave=3)),
        (f"{ARGO}/hook", "PreSync", ObjectTreatment(hooks=(HookPhase.pre_sync,))),
        (
            f"{ARGO}/hook",
            "PostSync, Sync",
            ObjectTreatment(hooks=(HookPhase.sync, HookPhase.post_sync)),
        ),
        (f"{ARGO}/hook", "SyncFail", ObjectTreatment(hooks=(HookPhase.sync_fail,))),
        (f"{ARGO}/hook", "PreDelete", ObjectTreatment(hooks=(HookPhase.pre_delete,))),
        (f"{ARGO}/hook", "PostDelete", ObjectTreatment(hooks=(HookPhase.post_delete,))),
        (
            f"{ARGO}/hook",
            "Skip",
            ObjectTreatment(applies=Applying.never, applies_by=f"{ARGO}/hook: Skip"),
        ),
        (f"{HELM}/hook", "pre-install,pre-upgrade", ObjectTreatment(hooks=(HookPhase.pre_sync,))),
        (f"{HELM}/hook", "post-upgrade", ObjectTreatment(hooks=(HookPhase.post_sync,))),
        (f"{HELM}/hook", "pre-delete", ObjectTreatment(hooks=(HookPhase.pre_delete,))),
        (f"{HELM}/hook", "post-delete", ObjectTreatment(hooks=(HookPhase.post_delete,))),
        (
            f"{HELM}/hook",
            "test",
            ObjectTreatment(applies=Applying.never, applies_by=f"{HELM}/hook: test"),
        ),
        (f"{HELM}/hook", "crd-install", PLAIN),
        (
            f"{ARGO}/hook-delete-policy",
            "HookSucceeded,HookFailed",
            ObjectTreatment(hook_deletion=(HookDeletion.succeeded, HookDeletion.failed)),
        ),
        (
            f"{HELM}/hook-delete-policy",
            "hook-succeeded",
            ObjectTreatment(hook_deletion=(HookDeletion.succeeded,)),
        ),
        (
            SYNC_OPTIONS,
            "Prune=false",
            ObjectTreatment(prune=Going(MayGo.no, f"{SYNC_OPTIONS}: Prune=false")),
        ),
        (
            SYNC_OPTIONS,
            "Prune=confirm",
            ObjectTreatment(prune=Going(MayGo.confirm, f"{SYNC_OPTIONS}: Prune=confirm")),
        ),
        (
            SYNC_OPTIONS,
            "Delete=false",
            ObjectTreatment(uninstall=Going(MayGo.no, f"{SYNC_OPTIONS}: Delete=false")),
        ),
        (SYNC_OPTIONS, "PruneLast=true", ObjectTreatment(prunes_last=True)),
        (SYNC_OPTIONS, "Replace=true", PLAIN),
        (SYNC_OPTIONS, "Replace=true, Force=true", ObjectTreatment(may_be_made_anew=True)),
        (SYNC_OPTIONS, "ServerSideApply=true,Validate=false", PLAIN),
        (
            f"{ARGO}/compare-options",
            "IgnoreExtraneous",
            ObjectTreatment(prune=Going(MayGo.no, f"{ARGO}/compare-options: IgnoreExtraneous")),
        ),
        (f"{ARGO}/ignore-healthcheck", "true", ObjectTreatment(ignores_health=True)),
        (f"{ARGO}/deletion-approved", "2026-11-30T12:00:00Z", ObjectTreatment(is_approved=True)),
        (f"{HELM}/resource-policy", "keep", stays(MayGo.no, f"{HELM}/resource-policy: keep")),
        (f"{FLUX}/prune", "disabled", stays(MayGo.no, f"{FLUX}/prune: disabled")),
        (f"{FLUX}/prune", "Disabled", stays(MayGo.no, f"{FLUX}/prune: Disabled")),
        (
            f"{FLUX}/reconcile",
            "disabled",
            replace(
                stays(MayGo.no, f"{FLUX}/reconcile: disabled"),
                applies=Applying.never,
                applies_by=f"{FLUX}/reconcile: disabled",
            ),
        ),
        (f"{FLUX}/force", "enabled", ObjectTreatment(may_be_made_anew=True)),
        (f"{FLUX}/ssa", "Override", ObjectTreatment(conflicts="take")),
        (f"{FLUX}/ssa", "Merge", ObjectTreatment(conflicts="leave")),
        (
            f"{FLUX}/ssa",
            "IfNotPresent",
            ObjectTreatment(applies=Applying.once, applies_by=f"{FLUX}/ssa: IfNotPresent"),
        ),
        (
            f"{FLUX}/ssa",
            "Ignore",
            replace(
                stays(MayGo.no, f"{FLUX}/ssa: Ignore"),
                applies=Applying.never,
                applies_by=f"{FLUX}/ssa: Ignore",
            ),
        ),
        (f"{OURS}/prune", "disabled", stays(MayGo.no, f"{OURS}/prune: disabled")),
        (f"{OURS}/prune", "confirm", stays(MayGo.confirm, f"{OURS}/prune: confirm")),
        (f"{OURS}/conflicts", "take", ObjectTreatment(conflicts="take")),
        (f"{OURS}/drift", "report", ObjectTreatment(reports_drift=True)),
        (f"{OURS}/drift", "correct", ObjectTreatment(reports_drift=False)),
    ],
)
def test_each_annotation_has_its_meaning(
    annotation: str, value: str, expected: ObjectTreatment
) -> None:
    assert one(annotation, value) == expected
    assert not read_annotations({"annotations": {annotation: value}})[1]


def test_flux_is_told_by_labels_too() -> None:
    assert treatment_of({"labels": {f"{FLUX}/prune": "disabled"}}).prune.may is MayGo.no
    assert treatment_of({"labels": {SYNC_OPTIONS: "Prune=false"}}) == PLAIN


@pytest.mark.parametrize(
    ("annotations", "field", "value"),
    [
        ({SYNC_OPTIONS: "Prune=confirm", f"{FLUX}/prune": "disabled"}, "prune", MayGo.no),
        ({SYNC_OPTIONS: "Prune=true", f"{HELM}/resource-policy": "keep"}, "prune", MayGo.no),
        ({SYNC_OPTIONS: "Prune=false", f"{OURS}/prune": "enabled"}, "prune", MayGo.yes),
        ({SYNC_OPTIONS: "Prune=false,Prune=true"}, "prune", MayGo.no),
        ({f"{FLUX}/ssa": "Override", f"{OURS}/conflicts": "refuse"}, "conflicts", "refuse"),
        ({f"{FLUX}/ssa": "Override", f"{OURS}/conflicts": "leave"}, "conflicts", "leave"),
        ({f"{ARGO}/sync-wave": "1", f"{HELM}/hook-weight": "7"}, "wave", 1),
        ({f"{ARGO}/hook": "Sync", f"{HELM}/hook": "pre-install"}, "hooks", (HookPhase.sync,)),
        ({f"{ARGO}/hook": "Sync", f"{HELM}/hook": "test"}, "applies", Applying.always),
        ({f"{ARGO}/hook": "Skip", f"{HELM}/hook": "pre-install"}, "hooks", ()),
        ({f"{ARGO}/hook": "PreSync,Skip"}, "applies", Applying.never),
        (
            {
                f"{ARGO}/hook-delete-policy": "HookFailed",
                f"{HELM}/hook-delete-policy": "hook-succeeded",
            },
            "hook_deletion",
            (HookDeletion.failed,),
        ),
    ],
)  # fmt: skip
def test_ours_wins_and_otherwise_the_safest(
    annotations: dict[str, str], field: str, value: object
) -> None:
    found = getattr(treatment_of({"annotations": annotations}), field)
    assert getattr(found, "may", found) == value


@pytest.mark.parametrize(
    ("annotation", "value", "unknown"),
    [
        (f"{ARGO}/sync-wave", "first", "first"),
        (f"{ARGO}/sync-wave", "1.5", "1.5"),
        (f"{ARGO}/hook", "PreSink", "PreSink"),
        (f"{ARGO}/hook", "PreSync,Presync", "Presync"),
        (f"{HELM}/hook", "preinstall", "preinstall"),
        (f"{ARGO}/hook-delete-policy", "Always", "Always"),
        (SYNC_OPTIONS, "Prune=no", "Prune=no"),
        (SYNC_OPTIONS, "prune=false", "prune=false"),
        (SYNC_OPTIONS, "Prune=false,CreateNamespace=true", "CreateNamespace=true"),
        (f"{ARGO}/compare-options", "IgnoreExtra", "IgnoreExtra"),
        (f"{ARGO}/ignore-healthcheck", "yes", "yes"),
        (f"{ARGO}/deletion-approved", "yes", "yes"),
        (f"{HELM}/resource-policy", "retain", "retain"),
        (f"{FLUX}/prune", "false", "false"),
        (f"{FLUX}/ssa", "Replace", "Replace"),
        (f"{OURS}/prune", "no", "no"),
        (f"{OURS}/conflicts", "force", "force"),
        (f"{OURS}/drift", "ignore", "ignore"),
    ],
)
def test_what_nobody_understands_is_named(annotation: str, value: str, unknown: str) -> None:
    (found,) = read_annotations({"annotations": {annotation: value}})[1]
    assert (found.name, found.value) == (annotation, unknown)
    assert found.known


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (SYNC_OPTIONS, "Prune=no"),
        (f"{FLUX}/prune", "false"),
        (f"{HELM}/resource-policy", "retain"),
        (f"{OURS}/prune", "never"),
    ],
)
def test_who_says_wrongly_whether_it_may_be_deleted_means_to_keep_it(
    annotation: str, value: str
) -> None:
    assert one(annotation, value).prune.may is MayGo.no


def test_a_hook_of_an_unknown_name_is_not_applied_as_any_object() -> None:
    assert one(f"{ARGO}/hook", "PreSink").applies is Applying.never


@given(st.dictionaries(st.sampled_from(sorted(READERS)), st.text(max_size=12)))
def test_whatever_is_said_is_read(annotations: dict[str, str]) -> None:
    treatment = treatment_of({"annotations": annotations})
    assert not (treatment.hooks and treatment.applies is Applying.never)
