"""What the environment's variables say; nothing below the command line reads them."""

from __future__ import annotations

import os

from reconciler.errors import UsageError
from reconciler.git.locate import git_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.mirrors import Mirrors
    from reconciler.render.stores.disk import Store
    from reconciler.sealing.digest_memory import DigestMemory


def cache_folder() -> str:
    named = os.environ.get("RECONCILER_CACHE")
    if named:
        return named
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "reconciler")


def peers_folder() -> str:
    """Where compiled peers are kept: not with the renders, which go sooner."""
    return os.environ.get("RECONCILER_PEERS") or _of_user("XDG_CACHE_HOME", ".cache", "peers")


def testbeds_folder() -> str:
    named = os.environ.get("RECONCILER_TESTBEDS")
    return named or _of_user("XDG_STATE_HOME", ".local/state", "testbeds")


def _of_user(variable: str, default: str, name: str) -> str:
    base = os.environ.get(variable) or os.path.join(os.path.expanduser("~"), default)
    return os.path.join(base, "reconciler", name)


def open_store(use: bool = True) -> Store:
    """The cache that the user configured: a Redis server, or a file."""
    from reconciler.render.stores import disk

    if not use:
        return disk.Store()
    url = os.environ.get("RECONCILER_CACHE_URL")
    return _open_shared(url) if url else disk.DiskStore(cache_folder())


def open_memory(root: str | None) -> DigestMemory:
    """What this clone and the team know of sealed values."""
    from reconciler.sealing.digest_memory import DigestFile, NoDigests
    from reconciler.sealing.digests import read_digest_key

    key_file = os.environ.get("RECONCILER_SEALING_KEY_FILE")
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


def kubeconfig_files() -> list[str]:
    named = os.environ.get("KUBECONFIG", "")
    files = [file for file in named.split(os.pathsep) if file]
    return files or [os.path.join(os.path.expanduser("~"), ".kube", "config")]


def open_mirrors(offline: bool) -> Mirrors:
    """Where commits are kept that had to be fetched."""
    from reconciler.git.mirrors import Mirrors

    return Mirrors(os.path.join(cache_folder(), "mirrors"), os.environ, offline=offline)


def _open_shared(url: str) -> Store:
    try:
        from reconciler.render.stores.shared import SharedStore
    except ImportError as e:
        raise UsageError(
            "RECONCILER_CACHE_URL names a shared cache, and the client for it is not installed",
            hint="pip install 'reconciler[redis]'",
        ) from e
    try:
        return SharedStore(url)
    except ValueError as e:
        # The address may hold a password, so it is not repeated.
        raise UsageError(
            "RECONCILER_CACHE_URL is no address of a Redis server",
            hint="write redis://HOST:PORT/0, rediss://… for TLS, or unix://PATH",
        ) from e
