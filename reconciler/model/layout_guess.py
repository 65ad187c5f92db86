"""How the apps of a repository may be meant, by the names of its folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

# What people call environments, in the order in which releases go through them.
USUAL = (
    *("dev", "development", "local", "lab", "test", "testing", "qa", "int", "integration"),
    *("stage", "staging", "preprod", "uat", "prod", "production", "live"),
)


def guess(folders: Iterable[str]) -> tuple[list[str], str] | None:
    """The environments and the glob that fit most of these folders, if any do."""
    found: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for folder in folders:
        parts = folder.split("/")
        at = next((i for i, part in enumerate(parts) if part in USUAL), None)
        if at is not None:
            glob = "/".join(_glob(parts, at))
            found[glob].add(parts[at])
            counts[glob] += 1
    if not counts:
        return None
    best = max(counts, key=lambda glob: (len(found[glob]), counts[glob]))
    return sorted(found[best], key=USUAL.index), best


def init_for(folders: Iterable[str]) -> str:
    """The command that takes them over, as it would be typed."""
    names, glob = guess(folders) or (["main"], "path/to/*")
    return " ".join(["reconciler init", *(f"--env {name}" for name in names), f"--apps '{glob}'"])


def _glob(parts: Sequence[str], environment: int) -> Iterator[str]:
    """With a folder for each app below the environment, or around the overlays of the app."""
    overlays = environment > 1 and parts[environment - 1] in ("overlays", "envs", "environments")
    for i, part in enumerate(parts):
        apart = i > environment or (overlays and i == environment - 2)
        yield "{env}" if i == environment else "*" if apart else part
