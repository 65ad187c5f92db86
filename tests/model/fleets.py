"""Repositories in memory to try the model on."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.trees.memory import MemoryTree


def tree(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> MemoryTree:
    contents = {p: t.encode() if isinstance(t, str) else t for p, t in files.items()}
    return MemoryTree(contents, links)


def environment(name: str, *lines: str, cluster: str = "") -> dict[str, str]:
    text = "\n".join([f"destination: {{cluster: {cluster or name}}}", *lines, ""])
    return {f"environments/{name}/environment.yaml": text}


def entry(environment: str, app: str, text: str = "") -> dict[str, str]:
    return {f"environments/{environment}/{app}/kustomization.yaml": text}
