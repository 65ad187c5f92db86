"""Values into the secret of an app: a new SealedSecret, or changes in the one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import SealingError, UsageError
from reconciler.git.file_lock import only_writer
from reconciler.sealing.certificate import Certificate
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.envelope import Plain
from reconciler.sealing.merge_secrets import merged
from reconciler.sealing.scope import Scope
from reconciler.sealing.seal import check_place, with_values
from reconciler.sealing.sealed_files import (
    AppSecrets,
    SealedFile,
    changed,
    create,
    find,
    names_in,
    write,
)
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.trees.worktree import WorkTree


@dataclass(frozen=True, slots=True)
class SecretChange:
    """What the secret shall be, beside its values; None leaves it as it is."""

    name: str
    namespace: str | None = None
    scope: Scope | None = None
    template: Mapping[str, Any] | None = None  # added to what is there
    prune: bool = False
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class SealOutcome:
    """What became of the keys of a secret, and the files that changed."""

    path: str
    sealed: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    files: tuple[str, ...]
    rewritten: tuple[str, ...]  # of these, with a document whose layout may be another


def put(
    root: str,
    home: AppSecrets,
    wish: SecretChange,
    values: Mapping[str, Plain],
    certificate: Certificate,
    memory: DigestMemory,
) -> SealOutcome:
    with only_writer(root):
        return _put(WorkTree(root), home, wish, values, certificate, memory)


def _put(
    tree: WorkTree,
    home: AppSecrets,
    wish: SecretChange,
    values: Mapping[str, Plain],
    certificate: Certificate,
    memory: DigestMemory,
) -> SealOutcome:
    found = find(tree, home, wish.name)
    _check_namespace(home, wish, found)
    if found is None:
        return _create(tree, home, wish, values, certificate, memory)
    scope = wish.scope or found.sealed.scope
    without = found.sealed.encrypted.keys() - values.keys() if wish.prune else frozenset[str]()
    rest = found.sealed.encrypted.keys() - values.keys() - without
    if scope is not found.sealed.scope:
        _refuse_rest(found, rest, f"are sealed {found.sealed.scope}, and would not open as {scope}")
    sealed = _scoped(found.sealed, scope)
    sealed = replace(sealed, template=merged(sealed.template, wish.template or {}))
    return _update(tree, home, found, sealed, values, certificate, memory, without, wish.afresh)


def remove(root: str, home: AppSecrets, name: str, keys: Set[str]) -> SealOutcome:
    """Take keys out; nothing needs to be known of the others."""
    with only_writer(root):
        return _remove(WorkTree(root), home, name, keys)


def _remove(tree: WorkTree, home: AppSecrets, name: str, keys: Set[str]) -> SealOutcome:
    found = existing(tree, home, name)
    missing = sorted(keys - found.sealed.encrypted.keys())
    if missing:
        raise found.document.error(
            ("spec", "encryptedData"),
            f"{name} has no key {missing[0]}",
            hint=f"it has {', '.join(sorted(found.sealed.encrypted)) or 'none'}",
        )
    kept = {key: text for key, text in found.sealed.encrypted.items() if key not in keys}
    record = found.sealed.record
    sealed = replace(found.sealed, encrypted=kept)
    if record:
        items = {key: item for key, item in record.items.items() if key in kept}
        sealed = sealed.noting(replace(record, items=items))
    return _write(tree, found, sealed, keys)


def existing(tree: WorkTree, home: AppSecrets, name: str) -> SealedFile:
    found = find(tree, home, name)
    if found is None:
        there = ", ".join(names_in(tree, home)) or "none"
        raise UsageError(f"{home.entry} has no SealedSecret {name}", hint=f"there are: {there}")
    return found


def _create(
    tree: WorkTree,
    home: AppSecrets,
    wish: SecretChange,
    values: Mapping[str, Plain],
    certificate: Certificate,
    memory: DigestMemory,
) -> SealOutcome:
    scope = wish.scope or Scope(home.environment.sealing.scope)
    fresh = SealedSecret(
        wish.name,
        home.namespace(wish.namespace or ""),
        template=wish.template or {},
        annotations=scope.annotations,
    )
    placed = home.placed(fresh)
    check_place(scope, placed.namespace, placed.name, None)
    made = with_values(placed, values, certificate, memory)
    made = replace(made, name=fresh.name, namespace=fresh.namespace)
    files, rewritten = create(tree, home, made)
    return _outcome(files[0], fresh, made, frozenset(), files, rewritten)


def _update(
    tree: WorkTree,
    home: AppSecrets,
    found: SealedFile,
    sealed: SealedSecret,
    values: Mapping[str, Plain],
    certificate: Certificate,
    memory: DigestMemory,
    without: Set[str],
    afresh: bool,
) -> SealOutcome:
    placed = home.placed(sealed)
    check_place(placed.scope, placed.namespace, placed.name, sealed.place)
    record = found.sealed.record
    rest = found.sealed.encrypted.keys() - values.keys() - without
    if record and (record.scope, record.context) != (placed.scope, placed.context):
        _refuse_rest(
            found, rest, f"are sealed for {record.context}, and would not open as {placed.context}"
        )
    made = with_values(placed, values, certificate, memory, without=without, afresh=afresh)
    return _write(tree, found, made, values.keys())


def _write(tree: WorkTree, found: SealedFile, sealed: SealedSecret, about: Set[str]) -> SealOutcome:
    made = changed(found, sealed)
    files = [found.path] if write(tree, found.path, made.content, found.content) else []
    rewritten = files if made.rewritten else []
    return _outcome(found.path, found.sealed, sealed, about, files, rewritten)


def _outcome(
    path: str,
    before: SealedSecret,
    after: SealedSecret,
    about: Set[str],
    files: list[str],
    rewritten: list[str],
) -> SealOutcome:
    old, new = before.encrypted, after.encrypted
    return SealOutcome(
        path,
        tuple(sorted(key for key in new if new[key] != old.get(key))),
        tuple(sorted(key for key in about if key in new and new[key] == old.get(key))),
        tuple(sorted(old.keys() - new.keys())),
        tuple(files),
        tuple(rewritten),
    )


def _scoped(sealed: SealedSecret, scope: Scope) -> SealedSecret:
    """With the annotations of this scope."""
    others = {k: v for k, v in sealed.annotations.items() if k not in sealed.scope.annotations}
    return replace(sealed, annotations={**others, **scope.annotations})


def _check_namespace(home: AppSecrets, wish: SecretChange, found: SealedFile | None) -> None:
    said = home.namespace(found.sealed.namespace) if found else home.said.namespace
    if said and wish.namespace and wish.namespace != said:
        raise UsageError(
            f"{wish.name} of {home.entry} is in the namespace {said}",
            why="its file or the kustomization of the app says so",
            hint="leave --namespace out, or change it there",
        )


def _refuse_rest(found: SealedFile, rest: Set[str], why: str) -> None:
    if rest:
        raise SealingError(
            f"{', '.join(sorted(rest))} of {found.sealed.name} {why}",
            where=found.sealed.place,
            hint="give all values, or drop the others with --prune",
        )
