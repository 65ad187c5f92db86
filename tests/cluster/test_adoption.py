"""Which fields become ours, as managedFields have them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.adoption import union, without_annotations

FIELDS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(st.sampled_from(["f:a", "f:b", 'k:{"n":1}', "."]), inner),
    max_leaves=12,
)


@given(FIELDS, FIELDS)
def test_both_have_what_either_had(some: dict[str, Any], others: dict[str, Any]) -> None:
    assert union(some, others) == union(others, some)
    assert union(some, some) == some
    assert union(union(some, others), others) == union(some, others)


def test_annotations_that_git_has_not_are_nobodys_afterwards() -> None:
    spec: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    held: dict[str, Any] = {
        "f:annotations": {".": {}, "f:kept": {}, "f:theirs": {}},
        "f:labels": {"f:app": {}},
    }
    assert without_annotations({**spec, "f:metadata": held}, ["kept"]) == {
        **spec,
        "f:metadata": {"f:annotations": {"f:kept": {}}, "f:labels": {"f:app": {}}},
    }
    alone: dict[str, Any] = {"f:metadata": {"f:annotations": {".": {}, "f:theirs": {}}}}
    assert without_annotations({**spec, **alone}, []) == spec
    assert without_annotations(spec, ["kept"]) == spec
