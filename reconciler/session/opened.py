"""What is kept between runs, opened: renders, fetched commits, digests of sealed values."""

from __future__ import annotations

import os

from reconciler import DISTRIBUTION
from reconciler.errors import UsageError
from reconciler.git.locate import git_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.mirrors import Mirrors
    from reconciler.render.stores.disk import Store
    from reconciler.sealing.digest_memory import DigestMemory
    from reconciler.session.settings import Settings


def open_store(settings: Settings, use: bool = True) -> Store:
    """The cache that the user configured: a Redis server, or a file."""
    from reconciler.render.stores import disk

    if not use:
        return disk.Store()
    url = settings.cache_url
    return _open_shared(url) if url else disk.DiskStore(settings.cache_folder)


def open_memory(settings: Settings, root: str | None) -> DigestMemory:
    """What this clone and the team know of sealed values."""
    from reconciler.sealing.digest_memory import DigestFile, NoDigests
    from reconciler.sealing.digests import read_digest_key

    key_file = settings.digest_key_file
    team = None
    if key_file:
        try:
            with open(key_file, "rb") as file:
                team = read_digest_key(file.read(), key_file)
        except OSError as e:
            raise UsageError(
                f"{key_file} cannot be read",
                why=e.strerror or "",
                hint="RECONCILER_SEALING_KEY_FILE names the team's key for digests",
            ) from e
    if root is None:
        return NoDigests()
    return DigestFile(os.path.join(git_folder(root), "reconciler", "sealed.sqlite"), team)


def open_mirrors(settings: Settings, offline: bool) -> Mirrors:
    """Where commits are kept that had to be fetched."""
    from reconciler.git.mirrors import Mirrors

    folder = os.path.join(settings.cache_folder, "mirrors")
    return Mirrors(folder, settings.variables, offline=offline)


def _open_shared(url: str) -> Store:
    try:
        from reconciler.render.stores.shared import SharedStore
    except ImportError as e:
        raise UsageError(
            "RECONCILER_CACHE_URL names a shared cache, and the client for it is not installed",
            hint=f"pip install '{DISTRIBUTION}[redis]'",
        ) from e
    try:
        return SharedStore(url)
    except ValueError as e:
        # The address may hold a password, so it is not repeated.
        raise UsageError(
            "RECONCILER_CACHE_URL is not an address of a Redis server",
            hint="write redis://HOST:PORT/0, rediss://… for TLS, or unix://PATH",
        ) from e
