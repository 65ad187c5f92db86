"""An app whose objects are written out, before and after a promotion."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from reconciler.promotion.plan.plan import EntryEdit, Plan, PromotionStep, StepState
from reconciler.promotion.plan.steps import rendered
from reconciler.promotion.report.inspection import Inspection, inspect_target
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.memory import MemoryTree
from tests.entries import entry_at_home

FOLDER = "environments/prod/paw"
ENTRY = f"{FOLDER}/kustomization.yaml"
ENVIRONMENT = "destination: {cluster: prod, namespace: paw}\n"

Inspect = Callable[..., tuple[Plan, Inspection]]


@pytest.fixture
def inspect(checking: Kernel) -> Inspect:
    def run(
        before: str,
        after: str,
        files: Mapping[str, str] | None = None,
        entry: str = "resources: [{}.yaml]\n",
    ) -> tuple[Plan, Inspection]:
        old, new = (entry.format(name).encode() for name in ("before", "after"))
        tree = MemoryTree(
            {
                ENTRY: old,
                f"{FOLDER}/before.yaml": before.encode(),
                f"{FOLDER}/after.yaml": after.encode(),
                "environments/prod/environment.yaml": ENVIRONMENT.encode(),
                "environments/stage/environment.yaml": b"destination: {cluster: stage}\n",
                "environments/stage/paw/kustomization.yaml": b"resources: []\n",
                **{path: text.encode() for path, text in (files or {}).items()},
            }
        )
        step = PromotionStep(
            entry_at_home("prod", "paw"), StepState.due, edit=EntryEdit(ENTRY, old, new)
        )
        plan = Plan("stage", "prod", "main", "0" * 40, (step,))
        with Renderer(kernel=checking) as renderer:
            plan = rendered(plan, renderer, tree)
            assert plan.due
            return plan, inspect_target(plan, renderer, tree)

    return run
