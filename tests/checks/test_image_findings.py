"""An image that an entry names by a wrong name is told: Kustomize says nothing of it."""

from __future__ import annotations

import pytest

from reconciler.checks.check import check
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.memory import MemoryTree

POD = """apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec:
  initContainers: [{name: i, image: 'example/init@sha256:%s'}]
  containers: [{name: a, image: 'host:5000/example/app:unset'}]
""" % ("0" * 64)
DIGEST = f"sha256:{'1' * 64}"


@pytest.mark.parametrize(
    ("images", "found"),
    [
        ("- {name: 'host:5000/example/app', newTag: v1}", ""),
        (f"- {{name: 'host:5000/example/app', newTag: v1, digest: '{DIGEST}'}}", ""),
        (f"- {{name: example/init, digest: '{DIGEST}'}}", ""),
        ("- {name: 'host:5000/example/app', newName: other/app}", ""),
        ("- {name: example/app, newTag: v1}", "example/app"),
        ("- {name: example/init, newTag: v1}\n- {name: example/nit, newTag: v1}", "example/nit"),
    ],
)
def test_an_image_must_be_one_that_something_runs(
    images: str, found: str, checking: Kernel
) -> None:
    tree = MemoryTree(
        {
            "a/kustomization.yaml": f"resources: [pod.yaml]\nimages:\n{images}\n".encode(),
            "a/pod.yaml": POD.encode(),
        }
    )
    with Renderer(kernel=checking) as renderer:
        report = check(renderer, tree, ["a"])
    told = [f for f in report.findings if f.rule == "releases/unused-image"]
    assert [f.what for f in told] == (
        [f"no container runs the image {found}, so this changes nothing"] if found else []
    )
    line = 3 + images.count("\n")
    assert [str(f.where) for f in told] == ([f"a/kustomization.yaml:{line}:3"] if found else [])
