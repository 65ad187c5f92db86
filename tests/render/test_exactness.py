"""What nobody wrote down: overlays by the hundred, each rendered by the kernel and by kustomize."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, note, settings

from reconciler.errors import ReconcilerError, RenderTimeout
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import RenderOptions
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import Tree
from reconciler.trees.worktree import WorkTree
from tests.render.generated.overlays import Overlay, overlays

# A longer hunt with other examples each time, each failure made small:
# EXACTNESS_EXAMPLES=5000 pytest --timeout=0 tests/render/test_exactness.py
HUNT = int(os.environ.get("EXACTNESS_EXAMPLES", "0"))
EXAMPLES = HUNT or 320
LEAST_SHARE = 0.6
BRISK = RenderOptions(timeout=10)

Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]


def test_whatever_kustomize_builds_the_kernel_renders_to_the_same_bytes(
    kernel: Kernel, kustomize: Kustomize
) -> None:
    tally = Counter[str]()
    starts = kernel.starts

    @settings(
        max_examples=EXAMPLES,
        derandomize=not HUNT,
        database=None,
        phases=tuple(Phase) if HUNT else (Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(overlays())
    def check(overlay: Overlay) -> None:
        with tempfile.TemporaryDirectory() as root:
            write(overlay, Path(root))
            answer = kustomize(Path(root, overlay.folder))
            on_disk = rendered(kernel, WorkTree(root), overlay.folder)
        note(f"kustomize says: {answer.stderr.decode(errors='replace')}")
        in_memory = rendered(kernel, MemoryTree(overlay.files), overlay.folder)
        assert on_disk == (None if answer.returncode else answer.stdout)
        assert in_memory == on_disk
        tally["failed" if answer.returncode else "rendered"] += 1

    check()
    assert kernel.starts <= max(starts, 1), "a render killed the kernel"
    assert tally["rendered"] >= LEAST_SHARE * tally.total(), tally


def write(overlay: Overlay, root: Path) -> None:
    for name, content in overlay.files.items():
        target = root / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)


def rendered(kernel: Kernel, tree: Tree, folder: str) -> bytes | None:
    """The kernel's bytes, or None if it refuses."""
    try:
        manifest: bytes = kernel.render(tree, folder, BRISK).result().manifest
    except RenderTimeout:
        raise
    except ReconcilerError:
        return None
    return manifest
