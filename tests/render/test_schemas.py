"""Upstream keeps its OpenAPI schema for the whole process: no render may see another's."""

from __future__ import annotations

import json
import random

import pytest

from reconciler.errors import ReconcilerError
from reconciler.render.job import Job
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.trees.memory import MemoryTree

ROUNDS = {"plain": 250}

WIDGET = """\
apiVersion: example.org/v1
kind: Widget
metadata: {name: w}
spec:
  parts: [{name: a, size: 1}, {name: b, size: 2}]
"""
WIDGET_PATCH = """\
apiVersion: example.org/v1
kind: Widget
metadata: {name: w}
spec:
  parts: [{name: b, size: 3}]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    spec:
      containers: [{name: a, image: one}, {name: b, image: two}]
"""
DEPLOYMENT_PATCH = DEPLOYMENT.replace("{name: a, image: one}, ", "").replace("two", "three")
GADGET = "apiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n"
BASE = "resources: [widget.yaml, deployment.yaml, gadget.yaml]\nnamespace: prod\n"
PATCHES = "patches: [{path: widget-patch.yaml}, {path: deployment-patch.yaml}]\n"
REFERENCES: dict[str, object] = {"example.org/v1.Widget": {"Schema": {"properties": {}}}}


def schema(key: str) -> str:
    """A schema of Widgets alone, their parts merged by this key; Gadgets have no namespace."""
    gvk = {"group": "example.org", "kind": "Widget", "version": "v1"}
    part = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
    }
    parts = {
        "type": "array",
        "items": part,
        "x-kubernetes-patch-merge-key": key,
        "x-kubernetes-patch-strategy": "merge",
    }
    spec = {"type": "object", "properties": {"parts": parts}}
    widget = {
        "type": "object",
        "properties": {"spec": spec},
        "x-kubernetes-group-version-kind": [gvk],
    }
    gadgets = {"get": {"x-kubernetes-group-version-kind": {**gvk, "kind": "Gadget"}}}
    return json.dumps(
        {
            "definitions": {"v1.Widget": widget},
            "paths": {"/apis/example.org/v1/gadgets/{name}": gadgets},
        }
    )


FOLDERS = {
    "plain": BASE + PATCHES,
    "by-name": BASE + PATCHES + "openapi: {path: by-name.json}\n",
    "by-size": BASE + PATCHES + "openapi: {path: by-size.json}\n",
    "version": BASE + PATCHES + "openapi: {version: v1.21.2}\n",
    "crds": BASE + PATCHES + "crds: [crds.json]\n",
    "broken": BASE + PATCHES + "openapi: {path: broken.json}\n",
    "unknown": BASE + PATCHES + "openapi: {version: v0.0.0}\n",
    "over-version": "resources: [../version]\nnameSuffix: -s\n",
    "over-schema": "resources: [../by-name]\nnameSuffix: -s\n",
    "two-schemas": "resources: [../by-name]\nnameSuffix: -s\nopenapi: {version: v1.21.2}\n",
}
FAILING = {"broken", "unknown"}


def tree() -> MemoryTree:
    files: dict[str, str] = {}
    for folder, kustomization in FOLDERS.items():
        files |= {
            f"{folder}/kustomization.yaml": kustomization,
            f"{folder}/widget.yaml": WIDGET,
            f"{folder}/widget-patch.yaml": WIDGET_PATCH,
            f"{folder}/deployment.yaml": DEPLOYMENT,
            f"{folder}/deployment-patch.yaml": DEPLOYMENT_PATCH,
            f"{folder}/gadget.yaml": GADGET,
            f"{folder}/by-name.json": schema("name"),
            f"{folder}/by-size.json": schema("size"),
            f"{folder}/broken.json": '{"definitions": [1]}',
            f"{folder}/crds.json": json.dumps(REFERENCES),
        }
    return MemoryTree({name: content.encode() for name, content in files.items()})


def answer(job: Job) -> bytes:
    try:
        manifest: bytes = job.result().manifest
    except ReconcilerError:
        return b""
    return manifest


def alone(folder: str) -> bytes:
    """What a kernel answers that has not rendered anything else."""
    with Kernel() as fresh:
        return answer(fresh.render(tree(), folder, DEFAULTS))


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    return {folder: alone(folder) for folder in FOLDERS}


def test_the_schemas_here_do_change_what_is_rendered(expected: dict[str, bytes]) -> None:
    assert {folder for folder, manifest in expected.items() if not manifest} == FAILING
    assert expected["plain"] == expected["version"] == expected["crds"]
    assert len({expected[f] for f in ("plain", "by-name", "by-size")}) == 3


def test_renders_under_way_at_once_each_see_their_own_schema(expected: dict[str, bytes]) -> None:
    order = [folder for folder in FOLDERS for _ in range(ROUNDS.get(folder, 12))]
    random.Random(0).shuffle(order)
    trees = [tree() for _ in range(8)]
    with Kernel() as busy:
        jobs = [busy.render(random.choice(trees), folder, DEFAULTS) for folder in order]
        for folder, job in zip(order, jobs, strict=True):
            assert answer(job) == expected[folder], folder
        assert busy.starts == 1


@pytest.mark.parametrize("name", ["kustomization.yaml", "Kustomization"])
def test_a_schema_behind_a_symbolic_link_stays_with_its_render(
    name: str, expected: dict[str, bytes]
) -> None:
    files = {f"linked/{p}": tree()._files[f"by-name/{p}"] for p in FILES}
    files["linked/other.yaml"] = FOLDERS["by-name"].encode()
    linked = MemoryTree(files, {f"linked/{name}": "other.yaml"})
    with Kernel() as kernel:
        assert answer(kernel.render(linked, "linked", DEFAULTS)) == expected["by-name"]
        assert answer(kernel.render(tree(), "plain", DEFAULTS)) == expected["plain"]
        assert answer(kernel.render(tree(), "over-schema", DEFAULTS)) == expected["over-schema"]


FILES = [
    "widget.yaml", "widget-patch.yaml", "deployment.yaml", "deployment-patch.yaml",
    "gadget.yaml", "by-name.json",
]  # fmt: skip
