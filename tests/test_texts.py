"""Every text that a user can see is listed, by a script for those who read them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A text of each kind that is there to stay, with its file.
KNOWN = (
    ("reconciler/cli/diff.py", "error", "name a revision with --from"),
    (
        "reconciler/cli/diff.py",
        "error",
        "there is no app {app} in {environments} or {environments}",
    ),
    ("reconciler/cli/list.py", "help", "List the apps of each environment with their release"),
    ("reconciler/cli/list.py", "help", "**Examples** `reconciler list`: every app"),
    ("reconciler/cli/list.py", "help", "List this revision and not the files on disk."),
    ("reconciler/cli/cache.py", "help", "Show where the cache is and what it holds."),
    ("reconciler/cli/check.py", "print", "to do: {hint}"),
    ("reconciler/model/environment.py", "help", "Where the apps of the environment run."),
    ("reconciler/checks/catalogue.py", "finding", "A CRD is invalid. Its schema is not structural"),
    ("reconciler/checks/rules/services_selector.py", "finding", "A Service selects no pod."),
    ("reconciler/checks/rules/services_selector.py", "finding", "no pod in the namespace"),
    ("reconciler/promotion/gates/soak.py", "gate", "promote what {source} runs now"),
    ("reconciler/bot/log.py", "log", "rollout is {value}"),
    ("reconciler/promotion/report/body_parts.py", "text", "### Secrets that {name} lacks"),
    ("kernel/internal/messages/ours.go", "kernel", "check the path and the revision"),
    ("kernel/internal/checks/types.go", "kernel", "the object has no apiVersion or no kind"),
)


@pytest.fixture(scope="module")
def listed() -> dict[str, list[str]]:
    """The lines below each file's name, without their numbers."""
    written = subprocess.run(
        [sys.executable, "docs/tools/texts.py"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    parts = [part.splitlines() for part in written.strip().split("\n\n")]
    return {name: [line.partition(": ")[2] for line in lines] for name, *lines in parts}


@pytest.mark.parametrize(("file", "kind", "words"), KNOWN)
def test_a_text_that_a_user_sees_is_listed(
    file: str, kind: str, words: str, listed: dict[str, list[str]]
) -> None:
    assert [line for line in listed[file] if line.startswith(f"{kind}: {words}")]


def test_what_only_contributors_see_is_not_listed(listed: dict[str, list[str]]) -> None:
    everything = "\n".join(line for lines in listed.values() for line in lines)
    for unseen in ("Every error that a user can see.", "SELECT ", "returned error: 401|"):
        assert unseen not in everything


def test_files_come_in_order_and_are_there(listed: dict[str, list[str]]) -> None:
    assert list(listed) == sorted(listed)
    assert all((ROOT / file).is_file() for file in listed)
