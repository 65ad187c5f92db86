"""The plan that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.source import find_source, open_repository
from reconciler.errors import RepositoryError
from reconciler.git.addresses import address, remote_urls
from reconciler.model.addresses import listed_urls
from reconciler.model.fleet import load_fleet
from reconciler.promotion.planner import Ground, plan_of
from reconciler.promotion.route import apps_between, routes

if TYPE_CHECKING:
    from reconciler.git.commit import CommitTree
    from reconciler.git.repository import Repository
    from reconciler.model.environment import Environment
    from reconciler.promotion.plan import Plan


def the_repository(root: str | None) -> Repository:
    found = open_repository(find_source([], root))
    if found is None:
        raise RepositoryError(
            "there is no Git repository here", hint="promote in a clone, or name it with --root"
        )
    return found


def planned(
    repository: Repository,
    tree: CommitTree,
    target: Environment,
    source: str,
    names: list[str],
    release: str | None,
) -> Plan:
    """By the policy that the main branch has; HEAD only says which branch that is."""
    fleet = load_fleet(tree)
    ((begin, end),) = routes(fleet, source, target.name)
    urls = [*remote_urls(repository.path), *listed_urls(tree)[0]]
    own = {address(url, repository.path) for url in urls}
    ground = Ground(repository, tree, tree.commit, end.releases.branch, own)
    return plan_of(ground, begin, end, apps_between(fleet, source, end.name, names), release)
