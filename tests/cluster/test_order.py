"""What is applied before what."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.order import batches
from reconciler.kubernetes.identity import Identity


@dataclass(frozen=True)
class Placed:
    identity: Identity
    wave: int = 0


def placed(kind: str, wave: int = 0, group: str = "") -> Placed:
    return Placed(Identity(group, kind, "a", kind.lower()), wave)


CRD = placed("CustomResourceDefinition", group="apiextensions.k8s.io")
HOOK = placed("ValidatingWebhookConfiguration", group="admissionregistration.k8s.io")


def test_without_waves_all_but_the_first_and_the_last_go_together() -> None:
    some = [placed(k) for k in ("Deployment", "Service", "ConfigMap", "Namespace")]
    found = batches([HOOK, *some, CRD])
    assert [[o.identity.kind for o in batch] for batch in found] == [
        ["CustomResourceDefinition"],
        ["Namespace"],
        ["ConfigMap", "Service", "Deployment"],
        ["ValidatingWebhookConfiguration"],
    ]


def test_a_wave_goes_over_everything_else() -> None:
    found = batches([placed("Namespace", 1), placed("Deployment", -1), placed("Service")])
    assert [[o.identity.kind for o in batch] for batch in found] == [
        ["Deployment"],
        ["Service"],
        ["Namespace"],
    ]


KINDS = st.sampled_from(["Namespace", "Pod", "Service", "Secret", "Thing"])


@given(st.lists(st.builds(placed, KINDS, st.integers(-2, 2))))
def test_nothing_is_lost_and_waves_never_go_back(objects: list[Placed]) -> None:
    found = batches(objects)
    flat = [o for batch in found for o in batch]
    assert sorted(flat, key=str) == sorted(objects, key=str)
    assert [o.wave for o in flat] == sorted(o.wave for o in objects)
