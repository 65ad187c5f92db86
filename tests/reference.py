"""This repository as its own reference, and how kustomize reaches the commits that it pins."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.cli.source import open_tree
from reconciler.trees.tree import Tree

ROOT = Path(__file__).parents[1]


def tree() -> Tree:
    """The files on disk, and the commits that they pin."""
    return open_tree(str(ROOT), None, offline=True)


def git_settings() -> dict[str, str]:
    """Variables that let Git take this clone for the address that the entries name."""
    text = (ROOT / "environments/prod/environment.yaml").read_text()
    [address] = re.findall(r"^repositories:\n  - (\S+)$", text, re.MULTILINE)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
