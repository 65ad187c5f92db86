"""New commits, made as the user's own `git commit` would make them."""

from __future__ import annotations

from reconciler.git.command import run_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTITY = "git config user.name and user.email say who commits; user.signingKey, what signs"


def make_commit(
    root: str, tree: str, parents: Sequence[str], message: str, settings: Sequence[str] = ()
) -> str:
    """The name of the commit, which is signed if commit.gpgSign says so.

    Git's plumbing does not look at that setting by itself. Other settings can be given.
    """
    sign = ["-S"] if wants_signature(root) else []
    named = [word for parent in parents for word in ("-p", parent)]
    made = run_git(
        *(root, "commit-tree", *sign, tree, *named),
        given=message.encode(),
        settings=settings,
        hint=IDENTITY,
    )
    return made.decode().strip()


def wants_signature(root: str) -> bool | None:
    """What commit.gpgSign says; none if it says nothing."""
    said = run_git(root, "config", "--type=bool", "commit.gpgSign", may_fail=True).strip()
    return said == b"true" if said else None
