"""What this machine, or the container in it, lets its processes have."""

from __future__ import annotations

import os

GROUPS = "/sys/fs/cgroup"


def memory() -> int:
    """In bytes."""
    known = [_number("memory.max"), _number("memory/memory.limit_in_bytes")]
    return min([_physical(), *(n for n in known if n)])


def cores() -> int:
    """How many can be at work at once."""
    try:
        here = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        here = os.cpu_count() or 1
    quota, _, period = _text("cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        here = min(here, -(-int(quota) // int(period)))
    return max(here, 1)


def _physical() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _number(name: str) -> int:
    """What one of the container's files says; 0 for none and for no limit."""
    text = _text(name)
    return int(text) if text.isdigit() else 0


def _text(name: str) -> str:
    try:
        with open(f"{GROUPS}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
