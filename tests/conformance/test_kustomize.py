"""Every recorded answer of kustomize, given again byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.errors import RenderError
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import RenderOptions
from reconciler.trees.worktree import WorkTree

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "kustomize"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason=f"the recorded cases are not on this machine: {CASES}"
)


def cases() -> list[Path]:
    return sorted(p.parent for p in CASES.glob("*/meta.json"))


def options_of(flags: list[str]) -> RenderOptions:
    return RenderOptions(
        reorder="none" if "none" in flags else "",
        unbounded="LoadRestrictionsNone" in flags,
    )


@pytest.mark.parametrize("case", cases(), ids=lambda c: c.name)
def test_a_recorded_case_is_answered_as_kustomize_did(case: Path, kernel: Kernel) -> None:
    folder = (case / "build.txt").read_text().strip().removeprefix(".")
    tree = WorkTree(str(case / "input"))
    options = options_of(json.loads((case / "meta.json").read_text())["flags"])
    job = kernel.render(tree, folder, options)
    if (case / "expect-error.txt").exists():
        with pytest.raises(RenderError):
            job.result()
        return
    assert job.result().manifest == (case / "expected.yaml").read_bytes()
    plain = case / "expected-cli.yaml"
    if plain.exists():
        default_order = RenderOptions(unbounded=options.unbounded)
        answer = kernel.render(tree, folder, default_order).result()
        assert answer.manifest == plain.read_bytes()
