"""What the stock plugin server gives a command: a folder, and variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.argocd.parameters import VARIABLE, Parameters, read_parameters
from reconciler.argocd.repository_places import SOURCE_PATH
from reconciler.errors import UsageError
from reconciler.git.locate import find_fleet, find_root

# Below it there is a folder for each request, and beside it the requests of others.
WORK = "_cmp_server"


@dataclass(frozen=True, slots=True)
class StockOrder:
    """Which folder of which tree, and how."""

    root: str
    folder: str
    parameters: Parameters


def order_of(current: str, environment: Mapping[str, str]) -> StockOrder:
    """What is asked for in this folder; nothing above the request's own is ever looked at."""
    root = root_of(current, environment.get(SOURCE_PATH, ""))
    folder = os.path.relpath(current, root)
    return StockOrder(
        root, "" if folder == "." else folder, read_parameters(environment.get(VARIABLE, ""))
    )


def root_of(current: str, source_path: str) -> str:
    """The top of what was sent: the source path is taken off, but not beyond the request's folder.

    Argo CD may send a part of the repository only, of which the rest of the source path is the
    way to the app.
    """
    parts = current.rstrip("/").split("/")
    lowest = _of_request(parts)
    if not lowest and not source_path:  # a person at a shell
        return find_root(current) or find_fleet(current) or current
    wanted = [p for p in source_path.split("/") if p not in ("", ".")]
    if ".." in wanted:
        raise UsageError(f"{SOURCE_PATH} is {source_path}, which leads out of the repository")
    if lowest:
        return "/".join(parts[:lowest])
    below = len(wanted)
    while below and (below >= len(parts) or parts[-below:] != wanted[-below:]):
        below -= 1
    return "/".join(parts[: len(parts) - below]) or "/"


def _of_request(parts: list[str]) -> int:
    """How many parts lead to the folder of one request; 0 outside of the stock plugin server."""
    return parts.index(WORK) + 2 if WORK in parts[:-1] else 0
