"""Which other repositories are read: whom the user trusts says so, and never what is read.

That may be a pull request, whose author must not choose where the credentials of the reader or of
CI go. So `remotes` and `repositories` of environment.yaml count as the main branch has them. A user
adds to them with `git config --add reconciler.remote URL`, or `reconciler.repository`, for a clone
or a machine. Where there is an origin, what is read may say by which URLs it calls this repository:
its commits are here, or come from that origin.
"""

from __future__ import annotations

import os

from reconciler.cli.settings import open_mirrors
from reconciler.git.addresses import address, without_user
from reconciler.git.locate import find_root
from reconciler.trees.own_urls import own_urls
from reconciler.trees.pins import Pins
from reconciler.trees.tree import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.trees.commit import CommitTree
    from reconciler.trees.tree import Tree, TreeEntry

OWN = "reconciler.repository"
OTHERS = "reconciler.remote"


def follow_trusted(
    tree: Tree,
    root: str,
    base: str = "",
    *,
    trusted: CommitTree | None = None,
    offline: bool = False,
) -> None:
    """Let a tree's pins lead where the main branch says, or else this commit."""
    top = find_root(root)
    fleet = os.path.relpath(root, top) if top and top != root else ""
    tree.pins = Pins(
        top,
        lambda: _trusted_urls(top, fleet, trusted or _main(top, base)),
        lambda: open_mirrors(offline),
        lambda url: _only_listed(tree, url, top, _main(top, base) is not None),
        lambda: own_urls(tree, top),
    )


def trusted_urls(root: str) -> tuple[list[str], list[str]]:
    """What counts as this repository, and other repositories that an entry may pin."""
    return _trusted_urls(root, "", _main(root))


def _main(top: str | None, base: str = "") -> CommitTree | None:
    if top is None:
        return None
    from reconciler.git.repository import Repository
    from reconciler.trees.commit import CommitTree

    repository = Repository(top)
    main = repository.main(base)
    return CommitTree(repository, main) if main else None


def _trusted_urls(
    top: str | None, fleet: str, main: CommitTree | None
) -> tuple[list[str], list[str]]:
    from reconciler.model.addresses import listed_urls

    listed = list(listed_urls(main, fleet, lenient=True)) if main else []
    own, others = ([one.url for one in listed if one.own is kind] for kind in (True, False))
    return own + _configured(top, OWN), others + _configured(top, OTHERS)


def _configured(top: str | None, setting: str) -> list[str]:
    from reconciler.git.command import run_git

    said = run_git(top or "/", "config", "--null", "--get-all", setting, may_fail=True)
    return os.fsdecode(said).split("\0")[:-1]


def _only_listed(tree: Tree, url: str, top: str | None, knows_main: bool) -> TreeEntry | None:
    """The answer to a URL that what is rendered lists, and nobody whom the user trusts."""
    from shlex import quote

    from reconciler.model.addresses import listed_urls

    here = top or "/"
    same = (one for one in listed_urls(tree) if address(one.url, here) == address(url, here))
    found = next(same, None)
    if found is None or (found.own and not top):
        return None
    setting = OWN if found.own else OTHERS
    why = "outside of a Git repository nobody has merged that"
    first = ""
    where = " --global"
    if top and knows_main:
        why, first, where = "the main branch does not yet", "merge that line first, or ", ""
    elif top:
        why = "this clone does not know its main branch, which would have to"
        first, where = "git remote set-head origin --auto, or ", ""
    return refusal(
        f"{found.place} lists that repository, and {why}",
        f"{first}trust it: git config{where} --add {setting} {quote(without_user(found.url))}",
    )
