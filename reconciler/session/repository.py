"""Where promotions are made."""

from __future__ import annotations

from reconciler.session.trees import find_source, not_in_git, open_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository


def the_repository(root: str | None) -> Repository:
    found = open_repository(find_source([], root))
    if found is None:
        raise not_in_git("change to a clone, or name it with --root")
    return found
