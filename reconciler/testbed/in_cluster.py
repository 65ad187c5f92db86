"""Runs a program that believes to be in a pod: it finds a service account where pods have it.

The files lie in a mount of this process alone, in memory, so no other process sees the token
and nothing is left behind. An ordinary user gets such a mount through a user namespace.

Reads {"token": ..., "ca": ..., "namespace": ...} from standard input; the arguments are the
program and its own. This is a program of its own because namespaces belong to a process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from reconciler.testbed.processes import die_with, libc

NEW_MOUNTS = 0x00020000
NEW_USER = 0x10000000
RECURSIVE_PRIVATE = 0x4000 | 0x40000
ACCOUNT = "secrets/kubernetes.io/serviceaccount"


def main() -> None:
    parent = os.getppid()
    account = json.load(sys.stdin)
    try:
        _separate()
        run = os.path.realpath("/var/run")
        _check(libc.mount(b"none", b"/", None, RECURSIVE_PRIVATE, None), "keeping mounts private")
        _check(libc.mount(b"tmpfs", run.encode(), b"tmpfs", 0, b"mode=0700"), f"a mount at {run}")
        folder = Path(run, ACCOUNT)
        folder.mkdir(parents=True)
        for name, key in (("token", "token"), ("ca.crt", "ca"), ("namespace", "namespace")):
            (folder / name).write_text(account[key])
    except OSError as e:
        sys.exit(f"this kernel gives no namespace for a service account: {e}")
    die_with(parent)  # a change of user makes Linux forget it
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


def _separate() -> None:
    """Mounts of our own; whoever is not root becomes it in a user namespace, to be allowed to."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        _check(libc.unshare(NEW_MOUNTS), "unshare")
        return
    _check(libc.unshare(NEW_MOUNTS | NEW_USER), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def _check(result: int, doing: str) -> None:
    if result:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, f"{os.strerror(number)} ({doing})")


if __name__ == "__main__":
    main()
