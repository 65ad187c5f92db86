"""The certificates of an environment, held against those of the main branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.errors import Place, RepositoryError
from reconciler.git.repository import Repository
from reconciler.sealing.new_certificates import new_certificates
from reconciler.trees.commit import CommitTree
from reconciler.trees.tree import Tree

NEW = CheckRule(
    "sealing/certificate-new",
    Severity.warning,
    """An environment has a certificate that the main branch does not have.

What is sealed from then on can be read by whoever has its key. A controller makes a new one each
month, so such a change is nothing unusual, and nobody can see whose it is: ask the controller, with
`reconciler seal cert fetch ENV --fingerprint SHA256:…`. The main branch counts as this clone knows
it, where the history parted from it. No rule of `checks.ignore` covers this: it comes with the same
change.
""",
)


def certificate_findings(
    tree: Tree, repository: Repository | None, environments: Iterable[str], branch: str
) -> Iterator[Finding]:
    base = _base(tree, repository, branch) if repository else None
    if base is None:
        return
    for new in new_certificates(base, tree, environments):
        yield Finding(
            NEW.id,
            NEW.severity,
            new.why or new.what,
            "" if new.why else f"{new.command}, or ask whoever can",
            where=Place(new.file),
        )


def _base(tree: Tree, repository: Repository, branch: str) -> CommitTree | None:
    """None in a clone that does not know the main branch."""
    try:
        main = repository.fetched_branch(branch)
    except RepositoryError:
        return None
    try:
        here = tree.commit if isinstance(tree, CommitTree) else "HEAD"
        return CommitTree(repository, repository.merge_base(main, here))
    except RepositoryError:
        return CommitTree(repository, main)
