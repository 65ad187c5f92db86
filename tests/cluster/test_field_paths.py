"""Fields taken out of what is applied, by the paths of a server."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.field_paths import value_at, without
from reconciler.cluster.ownership import FieldOwner
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.values import ABSENT

BODY = {
    "metadata": {"labels": {"a.b/c": "1", "a": "2"}, "finalizers": ["x", "y]"]},
    "spec": {
        "containers": [
            {"name": "web", "image": "w", "ports": [{"containerPort": 80}]},
            {"name": 'odd"]name', "image": "o"},
        ],
        "args": ["a", "b"],
    },
}


@pytest.mark.parametrize(
    ("path", "where", "left"),
    [
        (".metadata.labels.a.b/c", "labels", {"a": "2"}),
        ('.metadata.finalizers[="y]"]', "finalizers", ["x"]),
        (".spec.args[0]", "args", ["b"]),
        (
            '.spec.containers[name="web"].image',
            "web",
            {"name": "web", "ports": [{"containerPort": 80}]},
        ),
        ('.spec.containers[name="odd\\"]name"].image', "odd", {"name": 'odd"]name'}),
        ('.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]', "ports", []),
        (".spec.nothing.of.the.sort", "body", BODY),
        ('.spec.containers[name="none"].image', "body", BODY),
    ],
)
def test_one_field_goes_and_all_else_stays(path: str, where: str, left: Any) -> None:
    found = without(BODY, [path])
    containers = found["spec"]["containers"]
    places = {
        "labels": found["metadata"]["labels"],
        "finalizers": found["metadata"]["finalizers"],
        "args": found["spec"]["args"],
        "web": containers[0],
        "odd": containers[1],
        "ports": containers[0]["ports"],
        "body": found,
    }
    assert places[where] == left


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".metadata.labels.a.b/c", "1"),
        ('.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].containerPort', 80),
        (".spec.args[1]", "b"),
        (".spec.nothing", ABSENT),
        ('.spec.containers[name="none"].image', ABSENT),
    ],
)
def test_a_field_has_the_value_at_its_path(path: str, value: Any) -> None:
    assert value_at(BODY, path) == value
    assert value_at(Mask().object(BODY), path) == value


NAMES = st.text("ab./", min_size=1, max_size=5)


def paths_of(value: dict[str, Any]) -> list[str]:
    fields: dict[str, Any] = {f"f:{k}": {f"f:{i}": {} for i in inner} for k, inner in value.items()}
    return sorted(FieldOwner("m", "Apply", "", "", fields).paths)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(), min_size=2), min_size=1))
def test_whatever_fields_are_called_one_of_that_path_goes(value: dict[str, Any]) -> None:
    before, paths = json.dumps(value), paths_of(value)
    for path in paths:
        assert Counter(paths) - Counter(paths_of(without(value, [path]))) == Counter([path])
    assert json.dumps(value) == before
