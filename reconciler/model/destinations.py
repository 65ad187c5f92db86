"""Two environments must not write to the same place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from reconciler.model.entry import Entry
from reconciler.model.environment import OWN, Environment
from reconciler.model.files import Files
from reconciler.model.kustomization import read_folder


def check_destinations(
    files: Files, environments: Sequence[Environment], entries: Sequence[Entry]
) -> None:
    """Raises where two environments share a namespace of a cluster."""
    for one, other in combinations(environments, 2):
        here, there = one.destination, other.destination
        same_name = here.cluster == there.cluster
        if same_name and here.server and there.server and here.server != there.server:
            raise other.error(
                "destination.server",
                f"the cluster {there.cluster} has another address in {one.name}",
                why=f"there it is {here.server}",
                hint="two clusters need two names",
            )
        if not same_name and (here.server != there.server or not here.server):
            continue
        if here.namespace == there.namespace != OWN:
            shared = here.namespace
        else:
            common = _namespaces(files, one, entries) & _namespaces(files, other, entries)
            if not common:
                continue
            shared = min(common)
        path = "destination.namespace" if there.namespace != OWN else "destination.cluster"
        raise other.error(
            path,
            f"{one.name} and {other.name} share the namespace {shared} of one cluster",
            why="each would undo what the other does",
            hint=f'name another cluster, or a namespace such as "{{app}}-{other.name}"',
        )


def _namespaces(files: Files, environment: Environment, entries: Sequence[Entry]) -> set[str]:
    """Those that can be known without rendering."""
    found = set()
    for entry in entries:
        if entry.environment == environment.name:
            namespace = environment.destination.namespace_of(entry.app)
            if namespace is None:
                kustomization = read_folder(files, entry.folder)
                namespace = kustomization.namespace if kustomization else ""
            found.add(namespace)
    return found - {""}
