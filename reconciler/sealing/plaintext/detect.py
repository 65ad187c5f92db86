"""Everything in the clear in one file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.globs import matches
from reconciler.model.plaintext import Allowed, PlaintextRules
from reconciler.sealing.plaintext.credentials import credentials_in
from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey, mark_of
from reconciler.sealing.plaintext.generators import literals_in
from reconciler.sealing.plaintext.inputs import (
    NO_YAML,
    env_file,
    is_env_file,
    is_manifest,
    manifest,
    values,
)
from reconciler.sealing.plaintext.not_secret import TEMPLATE
from reconciler.sealing.plaintext.secret_objects import secrets_in
from reconciler.sealing.plaintext.yaml_nodes import documents, text_of

MANIFESTS = re.compile(
    r".*\.(?:ya?ml|json|tpl|tmpl|gotmpl|j2|jinja2?|template)|(?:.*/)?Kustomization"
    r"|(?:.*/)?templates/.*",  # Helm takes each file of that folder for one
    re.DOTALL | re.IGNORECASE,
)
TOO_LARGE = "the file, which is too large to be looked at, may hold secrets"


def plaintext_in(file: str, content: bytes | None, rules: PlaintextRules) -> list[Plaintext]:
    """What this file holds in the clear, without what is allowed to be.

    There is no content if the file is too large to be looked at.
    """
    return not_allowed(everything_in(file, content, rules), rules.allowed)


def everything_in(file: str, content: bytes | None, rules: PlaintextRules) -> list[Plaintext]:
    """What this file holds in the clear, allowed or not; some of it may be there twice."""
    named = any(matches(pattern, file) for pattern in rules.inputs)
    if content is None:
        if MANIFESTS.fullmatch(file) or named or is_env_file(file):
            return [Plaintext(file, TOO_LARGE)]
        return []
    text = text_of(content)
    found = [*_in_text(file, text, rules), *_by_name(file, text, named)]
    return [*found, *_credentials(file, text, found)]


def not_allowed(found: Iterable[Plaintext], allowed: Iterable[Allowed]) -> list[Plaintext]:
    """Of equal findings one: what is allowed says nothing of another that it looks like."""
    kept = (without_allowed(f, allowed) for f in found)
    return list(_without_twins(k for k in kept if k))


def without_allowed(found: Plaintext, allowed: Iterable[Allowed]) -> Plaintext | None:
    here = [a for a in allowed if matches(a.file, found.file)]
    if any(a.key == "*" for a in here):
        return None
    kept = tuple(k for k in found.keys if not any(matches(a.key, k.name) for a in here))
    if found.keys and not kept:
        return None
    return replace(found, keys=kept)


def _in_text(file: str, text: str, rules: PlaintextRules) -> Iterator[Plaintext]:
    if not MANIFESTS.fullmatch(file):
        return
    yield from secrets_in(file, text)
    yield from literals_in(file, text)
    for rule in rules.values:
        if matches(rule.files, file):
            yield from _named_values(file, text, rule.keys)


def _by_name(file: str, text: str, named: bool) -> Iterator[Plaintext]:
    if is_env_file(file):
        yield from env_file(file, text)
    elif is_manifest(file):
        yield from manifest(file, text)
    elif named and text.strip():
        yield Plaintext(file, "the file")


def _named_values(file: str, text: str, patterns: Iterable[str]) -> Iterator[Plaintext]:
    wanted = [pattern.replace(".", "/") for pattern in patterns]
    for document in documents(text):
        nodes = document.nodes()
        if nodes is None and not TEMPLATE.search(document.text):
            yield Plaintext(file, NO_YAML, (), document.above + 1)
        for node in nodes or ():
            keys = tuple(
                key
                for key in values(document, node)
                if any(matches(pattern, key.name.replace(".", "/")) for pattern in wanted)
            )
            if keys:
                yield Plaintext(file, "the file", keys, keys[0].line)


def _credentials(file: str, text: str, found: Iterable[Plaintext]) -> Iterator[Plaintext]:
    """Keys and tokens but for those in values, or a file, of which something is said already."""
    said = list(found)
    if any(not f.keys for f in said):
        return
    known = {mark for f in said for key in f.keys for mark in key.marks}
    for credential in credentials_in(text):
        mark = mark_of(credential.body.encode())
        if mark not in known:
            known.add(mark)
            yield Plaintext(file, credential.what, (), credential.line)


def _without_twins(found: Iterable[Plaintext]) -> Iterator[Plaintext]:
    """In one line there may be several values of one name, and one value in several forms."""
    seen: set[tuple[object, ...]] = set()
    for f in found:
        alone = PlaintextKey("", f.line)
        named = {(f.file, k.name, k.line, *k.marks[:1]): k for k in f.keys or (alone,)}
        fresh = tuple(k for twin, k in named.items() if twin not in seen)
        seen.update(named)
        if fresh == (alone,) and not f.keys:
            yield f
        elif fresh:
            yield replace(f, keys=fresh, line=fresh[0].line)
