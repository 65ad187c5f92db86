"""Certificates that a change brings: whoever has the key of one reads what is sealed next."""

from __future__ import annotations

from reconciler.compare.report import NewCertificate
from reconciler.errors import ReconcilerError
from reconciler.model.environment import Environment, read_environment
from reconciler.model.files import read
from reconciler.model.paths import ENVIRONMENT_FILE, environment_folder
from reconciler.trees.tree import FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.trees.tree import Tree


def new_certificates(
    before: Tree, after: Tree, environments: Iterable[str]
) -> Iterator[NewCertificate]:
    """Those that an environment did not have, or why it cannot be said which it has now."""
    for name in environments:
        was = _environment(before, name)
        try:
            now = _environment(after, name)
            if now and not (was and _is_same(before, after, was, now)):
                known = _known(before, was) if was else frozenset()
                for fingerprint in _fingerprints(after, now):
                    if fingerprint not in known:
                        yield NewCertificate(name, now.certificates_file, fingerprint)
        except ReconcilerError as e:
            yield NewCertificate(name, e.where.file if e.where else name, why=e.what)


def _environment(tree: Tree, name: str) -> Environment | None:
    folder = environment_folder(name)
    if ENVIRONMENT_FILE not in tree.names(folder):
        return None
    return read_environment(name, read(tree, f"{folder}/{ENVIRONMENT_FILE}"))


def _is_same(before: Tree, after: Tree, was: Environment, now: Environment) -> bool:
    """Reading certificates takes longer than all the rest, and seldom is one new."""
    old, new = before.look(was.certificates_file), after.look(now.certificates_file)
    return new.kind != FILE or (old.kind == FILE and old.token == new.token)


def _known(tree: Tree, environment: Environment) -> frozenset[str]:
    """Of a file that could not be read, none."""
    try:
        return frozenset(_fingerprints(tree, environment))
    except ReconcilerError:
        return frozenset()


def _fingerprints(tree: Tree, environment: Environment) -> list[str]:
    from reconciler.sealing.certificates import find_certificates

    found = find_certificates(tree, environment)
    return [c.fingerprint for c in found.all] if found else []
