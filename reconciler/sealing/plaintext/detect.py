"""Everything in the clear in one file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.globs import matches
from reconciler.model.plaintext import Allowed, PlaintextRules
from reconciler.sealing.plaintext.found import Plaintext
from reconciler.sealing.plaintext.generators import literals_in
from reconciler.sealing.plaintext.inputs import (
    env_file,
    is_env_file,
    is_manifest,
    manifest,
    private_keys,
    values,
)
from reconciler.sealing.plaintext.secrets import secrets_in
from reconciler.sealing.plaintext.yaml import documents, text_of

MANIFESTS = re.compile(
    r".*\.(?:ya?ml|json|tpl|tmpl|gotmpl|j2|jinja2?|template)|(?:.*/)?Kustomization",
    re.DOTALL,
)


def plaintext_in(file: str, content: bytes | None, rules: PlaintextRules) -> list[Plaintext]:
    """What this file holds in the clear, without what is allowed to be.

    There is no content if the file is too large to be looked at.
    """
    found = _without_twins(_everything(file, content, rules))
    return [kept for f in found if (kept := without_allowed(f, rules.allowed))]


def _everything(file: str, content: bytes | None, rules: PlaintextRules) -> Iterator[Plaintext]:
    named = any(matches(pattern, file) for pattern in rules.inputs)
    if content is None:
        if MANIFESTS.fullmatch(file) or named:
            yield Plaintext(file, "the file, which is too large to be looked at, may hold secrets")
        return
    text = text_of(content)
    if text is None:
        if named and content:
            yield Plaintext(file, "the file")
        return
    found = [*_in_text(file, text, rules), *_by_name(file, text, named)]
    yield from found or private_keys(file, text)


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
        for node in document.nodes() or ():
            keys = tuple(
                key
                for key in values(document, node)
                if any(matches(pattern, key.name.replace(".", "/")) for pattern in wanted)
            )
            if keys:
                yield Plaintext(file, "the file", keys, keys[0].line)


def _without_twins(found: Iterable[Plaintext]) -> Iterator[Plaintext]:
    """What an earlier finding has said already is not said again."""
    lines: set[int] = set()
    for f in found:
        if not lines.intersection({f.line, *(k.line for k in f.keys)}):
            yield f
        lines.update({f.line, *(k.line for k in f.keys)})


def without_allowed(found: Plaintext, allowed: Iterable[Allowed]) -> Plaintext | None:
    here = [a for a in allowed if matches(a.file, found.file)]
    if any(a.key == "*" for a in here):
        return None
    kept = tuple(k for k in found.keys if not any(matches(a.key, k.name) for a in here))
    if found.keys and not kept:
        return None
    return replace(found, keys=kept)
