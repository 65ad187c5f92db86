"""What the kernel tells of YAML and of the schema, besides rendering."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.kernel_process import Kernel


def documents(kernel: Kernel, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kernel.documents(text.encode()))
    return found


def test_each_part_of_a_file_has_a_place(kernel: Kernel) -> None:
    (first, second) = documents(kernel, "# a\na: 1\nb: [x, {c/d: 2}]\n---\ne: 3\n")
    assert first["value"] == {"a": 1, "b": ["x", {"c/d": 2}]}
    assert first["places"] == {
        "": [2, 1],
        "/a": [2, 4],
        "/b": [3, 4],
        "/b/0": [3, 5],
        "/b/1": [3, 8],
        "/b/1/c~1d": [3, 14],
    }
    assert second["places"]["/e"] == [5, 4]


def test_a_document_inside_of_a_text_has_its_places_in_the_file(kernel: Kernel) -> None:
    outer, inner = documents(kernel, "patches:\n  - patch: |-\n      spec:\n        a: 1\n")
    assert outer["in"] == ""
    assert inner["in"] == "/patches/0/patch"
    assert inner["places"]["/spec/a"] == [4, 12]


def test_an_alias_stands_where_it_is_written(kernel: Kernel) -> None:
    (found,) = documents(kernel, "a: &x {b: 1}\nc: *x\n")
    assert found["value"] == {"a": {"b": 1}, "c": {"b": 1}}
    assert found["places"]["/c"] == [2, 4]
    assert "/c/b" not in found["places"]


@given(st.text(max_size=60))
def test_no_text_stops_the_kernel(kernel: Kernel, text: str) -> None:
    kernel.documents(text.encode())


def test_the_schema_says_what_tells_items_of_lists_apart(kernel: Kernel) -> None:
    found = json.loads(kernel.structure())
    assert found["kinds"]["apps/v1/Deployment"] == "io.k8s.api.apps.v1.Deployment"
    container = found["types"]["io.k8s.api.core.v1.Container"]
    assert container["ports"]["keys"] == ["containerPort", "protocol"]
    assert container["env"]["keys"] == ["name"]
    assert container["volumeMounts"]["keys"] == ["mountPath"]
    assert "args" not in container
    resources = found["types"]["io.k8s.api.core.v1.ResourceRequirements"]
    assert resources["limits"] == {"mapping": True, "quantity": True}
