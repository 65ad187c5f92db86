"""Trees of one to four kustomizations."""

from __future__ import annotations

import json
from typing import NamedTuple

from hypothesis import strategies as st

from tests.render.generated import resources
from tests.render.generated.features import FEATURES, Layer
from tests.render.generated.resources import Object
from tests.render.generated.scalars import one_in
from tests.render.generated.writing import block


class Overlay(NamedTuple):
    """A tree of files and the folder in it to build."""

    files: dict[str, bytes]
    folder: str


@st.composite
def overlays(draw: st.DrawFn) -> Overlay:
    """A base, perhaps a second base beside it, overlays over them, and perhaps a component."""
    files: dict[str, bytes] = {}
    generated: list[tuple[str, str]] = []
    names = list(resources.NAMES)
    objects = _base(draw, "base", names.pop(0), files, generated)
    below = ["../base"]
    if one_in(draw, 5):
        objects = objects + _base(draw, "other", names.pop(0), files, generated)
        below.append("../other")
    folder = "base"
    if len(below) > 1 or not one_in(draw, 5):
        for folder in draw(st.sampled_from([["overlay"], ["overlay"], ["middle", "top"]])):
            layer = Layer(objects, generated)
            layer.fields["resources"] = below
            if one_in(draw, 4):
                _component(draw, f"part-of-{folder}", layer, files)
            _features(draw, layer, most=5)
            _write(draw, folder, layer, files)
            below = [f"../{folder}"]
    return Overlay(files, folder)


def _base(
    draw: st.DrawFn,
    folder: str,
    name: str,
    files: dict[str, bytes],
    generated: list[tuple[str, str]],
) -> list[Object]:
    kinds = draw(st.lists(st.sampled_from(_KINDS), unique=True, min_size=1, max_size=5))
    objects = [
        Object(k, "widgets.example.org" if k == "CustomResourceDefinition" else name) for k in kinds
    ]
    layer = Layer(objects, generated)
    cut = draw(st.integers(0, len(objects)))
    for part in filter(None, (objects[:cut], objects[cut:])):
        layer.add("resources", layer.new_file("objects.yaml", draw(resources.files(part))))
    _features(draw, layer, most=3)
    _write(draw, folder, layer, files)
    return objects


def _component(draw: st.DrawFn, folder: str, above: Layer, files: dict[str, bytes]) -> None:
    layer = Layer(above.objects, above.generated)
    layer.fields |= {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    _features(draw, layer, most=3)
    if len(layer.fields) == 2:
        return  # an empty one is an error
    above.fields["components"] = [f"../{folder}"]
    _write(draw, folder, layer, files)


def _features(draw: st.DrawFn, layer: Layer, most: int) -> None:
    for feature in draw(st.lists(st.sampled_from(FEATURES), min_size=1, max_size=most)):
        feature(draw, layer)


def _write(draw: st.DrawFn, folder: str, layer: Layer, files: dict[str, bytes]) -> None:
    name = draw(
        st.sampled_from(["kustomization.yaml"] * 4 + ["kustomization.yml", "Kustomization"])
    )
    head = draw(st.sampled_from(["", "", "# what this is\n", "---\n"]))
    text = (
        json.dumps(layer.fields, ensure_ascii=False, indent=1)
        if one_in(draw, 6)
        else block(layer.fields)
    )
    files[f"{folder}/{name}"] = (head + text).encode()
    for file, content in layer.files.items():
        files[f"{folder}/{file}"] = content


# Workloads more often: they are what most features are about.
_KINDS = (
    resources.KINDS + ["Deployment"] * 6 + ["StatefulSet"] * 2 + ["Widget"] * 3 + ["ConfigMap"] * 2
)
