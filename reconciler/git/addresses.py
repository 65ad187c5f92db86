"""Which URLs mean the same repository."""

from __future__ import annotations

import os

from reconciler.git.locate import git_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

COMMIT_ID_DIGITS = 40
HEX = frozenset("0123456789abcdef")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PORTS = {"https": ":443", "http": ":80", "ssh": ":22", "git": ":9418"}


def address(url: str, here: str = "/") -> str:
    """Host and path, which all ways to write a repository's URL have in common.

    A path on this machine, which may be relative to `here`, has no host.
    """
    scheme, found, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if scheme == "file":
        return _on_this_machine("/" + rest.removeprefix("localhost/").lstrip("/"), here)
    if found:
        host, _, path = rest.partition("/")
    else:
        scheme = "ssh"
        host, found, path = url.strip().partition(":")
        if not found or "/" in host:
            return _on_this_machine(url.strip(), here)
    host = host.rpartition("@")[2].lower().removesuffix(PORTS.get(scheme, ":"))
    return f"{host}/{_stem(path.strip('/'))}"


def protocol(url: str) -> str:
    """What Git speaks with a repository of this URL, as GIT_ALLOW_PROTOCOL calls it."""
    helper, found, _ = url.partition("::")
    if found and "/" not in helper:
        return helper
    scheme, found, _ = url.partition("://")
    if found:
        return scheme.lower()
    host, found, _ = url.partition(":")
    return "ssh" if found and "/" not in host else "file"


def _on_this_machine(path: str, here: str) -> str:
    full = os.path.normpath(os.path.join(here, path))
    return _stem(full.removesuffix("/.git"))


def _stem(path: str) -> str:
    return path.removesuffix(".git")


def without_user(url: str) -> str:
    """A URL that can be shown: there may be a password in it."""
    scheme, found, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{found}{host.rpartition('@')[2]}{slash}{path}"


def is_confidential(scheme: str, host: str) -> bool:
    """Can nobody on the way read what is sent there? No password or token goes anywhere else."""
    return scheme == "https" or (scheme == "http" and host in LOOPBACK)


def is_full_name(ref: str) -> bool:
    """Is this the name of one commit, which means the same for ever and everywhere?"""
    return len(ref) == COMMIT_ID_DIGITS and HEX.issuperset(ref.lower())


def remote_urls(root: str, remote: str = "origin") -> list[str]:
    """What a repository's own configuration says of a remote."""
    section = f'remote "{remote}"'
    return [value for name, value in _settings(root) if name == f"{section}.url"]


def _settings(root: str) -> Iterator[tuple[str, str]]:
    """Git's configuration file without its rarer forms, and without the library that knows them.

    Loading that takes several times what finding a cached render does.
    """
    try:
        with open(f"{git_folder(root)}/config", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    section = ""
    for text in lines:
        line = text.strip()
        if line.startswith("["):
            section, _, line = line[1:].partition("]")
            kind, _, name = section.partition(" ")
            section = f"{kind.lower()} {name.strip()}" if name else kind.lower()
        name, found, value = line.partition("=")
        if found:
            value = value.split(" #")[0].split(" ;")[0].strip().strip('"')
            yield f"{section}.{name.strip().lower()}", value
