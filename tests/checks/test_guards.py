"""The guards of this repository say of their cases what these expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.checks.guard_cases import Guard, guards_in, try_guard
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.worktree import WorkTree

TREE = WorkTree(str(Path(__file__).parents[2]))
GUARDS = list(guards_in(TREE, ["policies"]))


def test_there_are_guards() -> None:
    assert len(GUARDS) >= 8
    assert all(guard.cases for guard in GUARDS)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.folder.rpartition("/")[2])
def test_cases_pass_or_fail_as_they_say(guard: Guard, checking: Kernel) -> None:
    with Renderer(kernel=checking) as renderer:
        results = try_guard(renderer, TREE, guard)
    assert [result for result in results if result.fault] == []
