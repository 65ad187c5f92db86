"""What is committed here and takes no part, for it was not pushed."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.cli.output import show_remark
from reconciler.errors import printable
from reconciler.git.branches import main_branch
from reconciler.text.markdown_lists import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.promotion.plan.plan import Plan


def remark_unpushed(repository: Repository, plans: Iterable[Plan]) -> None:
    for declared, base in dict.fromkeys((plan.branch, plan.base) for plan in plans):
        branch = main_branch(repository.path, declared)
        ahead = repository.unpushed(branch, base)
        if ahead:
            said = f"your branch {branch} has {count(ahead, 'commit')} that origin/{branch} lacks"
            show_remark(printable(f"{said}: git push"))
