"""What the environment's variables say; nothing below the command line reads them."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.render.store import Store


def cache_folder() -> str:
    named = os.environ.get("RECONCILER_CACHE")
    if named:
        return named
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "reconciler")


def open_store(use: bool = True) -> Store:
    """The cache that the user configured: a Redis server, or a file."""
    from reconciler.render import store

    if not use:
        return store.Store()
    url = os.environ.get("RECONCILER_CACHE_URL")
    if url:
        from reconciler.render.shared_store import SharedStore

        return SharedStore(url)
    return store.DiskStore(cache_folder())
