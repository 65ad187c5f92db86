"""The body that docs/explanation/promotion-report.md shows; run as a module, this writes it."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.report.inspection import inspect_target
from reconciler.promotion.report.report import PromotionReport, report_of
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from tests.conftest import Repo
from tests.promotion.fleet import DEPLOYMENT, Fleet, entry, overlay
from tests.promotion.report.links import Links

PAGE = Path(__file__).parents[3] / "docs/explanation/promotion-report.md"
BLOCK = re.compile(r"(?<=^````markdown\n).*?(?=^````$)", re.MULTILINE | re.DOTALL)
ALWAYS = {f"GIT_{who}_DATE": "2026-11-20T09:00:00Z" for who in ("AUTHOR", "COMMITTER")}
GATES = (
    GateResult("health", Gate.open, "Argo CD: synced and healthy at this release"),
    GateResult(
        "soak", Gate.waiting, "in stage for 20 h of 24 h", datetime(2026, 11, 21, 9, tzinfo=UTC)
    ),
    GateResult(
        "approvals", Gate.waiting, "0 of 1", hint="somebody else than the author approves it"
    ),
)


def example(repo: Repo, kernel: Kernel) -> PromotionReport:
    """Names of commits come from what they hold, so all of it is the same each time."""
    fleet = Fleet(repo)
    settings = "env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}], "
    deployment = DEPLOYMENT.replace("envFrom:", f"{settings}envFrom:").replace(
        "replicas: 1", "replicas: 1\n  strategy: {type: Recreate}"
    )
    repo.write({**overlay("paw", 8080), "overlays/paw/base/deployment.yaml": deployment})
    repo.git("add", "--all")
    said = "Keep what people say in a database, closes #41"
    repo.git("commit", "--quiet", "--message", said, "--author", "Jane Doe <jane@localhost>")
    release = repo.git("rev-parse", "HEAD")
    fleet.commit(entry("stage", release, "v2"))
    base = fleet.base()
    plan = fleet.plan(kernel=kernel)
    with Renderer(kernel=kernel) as renderer:
        found = inspect_target(plan, renderer, base.tree, base.repository)
    return report_of(plan, found, GATES, repository=base.repository, forge=Links())  # type: ignore[arg-type]


def main() -> None:
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    os.environ |= ALWAYS | nothing
    with tempfile.TemporaryDirectory() as folder, Kernel(CHECKING) as kernel:
        body = example(Repo(Path(folder) / "repo"), kernel).body
    PAGE.write_text(BLOCK.sub(lambda _: body, PAGE.read_text()))


if __name__ == "__main__":
    main()
