"""Secrets in files that are no YAML yet: line by line, and rather too much than too little."""

from __future__ import annotations

import re

from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey
from reconciler.sealing.plaintext.marks import marks_of
from reconciler.sealing.plaintext.not_secret import is_reference
from reconciler.sealing.plaintext.yaml_nodes import PlaintextDocument

KIND = re.compile(r"""kind["']?\s*:\s*(?:[!&]\S*\s+|\#.*\n\s*)*["']?Secret(?![A-Za-z])""")
DATA = re.compile(r"""([ \t]*(?:-[ ]+)?)["']?(?:data|stringData)["']?[ \t]*:(.*)""")
SOMEWHERE = re.compile(r"""["'{,\s](?:data|stringData)["']?\s*:(?!\s*(?:\{\{|\{\s*\}|$))""")
ENTRY = re.compile(
    r"""[ \t]*["']?((?:\{\{(?:(?!\}\}).)*\}\}|(?!\{\{)[^:#"'\s])+)["']?[ \t]*:(?:[ \t]+(.*))?"""
)
BLOCK = re.compile(r"[|>][-+0-9]*")
COMMENT = re.compile(r"(?:^|(?<!\s)\s+)#.*")
# {{- $password := "hunter2" -}}
A_TEXT = re.compile(r"""(\$\w+)\s*:?=\s*("(?:[^"\\\n]|\\.)*"|`[^`\n]*`)""")
VARIABLE = re.compile(r"\$\w+")


def templated_secret(file: str, document: PlaintextDocument) -> Plaintext | None:
    """What the Secrets of a document that cannot be parsed hold in the clear."""
    kind = KIND.search(document.text)
    if kind is None:
        return None
    lines = _with_their_texts(document.text).split("\n")
    begins = [(i, begin) for i, line in enumerate(lines) if (begin := DATA.fullmatch(line))]
    keys = [key for i, begin in begins for key in _keys(lines, i, begin)]
    if not begins and SOMEWHERE.search(document.text):
        keys = [PlaintextKey("", document.text.count("\n", 0, kind.start()))]
    if not keys:
        return None
    placed = tuple(PlaintextKey(key.name, document.above + key.line + 1) for key in keys)
    return Plaintext(file, "a Secret in a template", placed, placed[0].line)


def _with_their_texts(text: str) -> str:
    """With the texts that a template gives to variables in the places of these."""
    texts = dict(A_TEXT.findall(text))
    return VARIABLE.sub(lambda v: texts.get(v[0], v[0]), text) if texts else text


def _keys(lines: list[str], number: int, begin: re.Match[str]) -> list[PlaintextKey]:
    """The entries below a line, and what is in the line itself."""
    rest = COMMENT.sub("", begin[2]).strip()
    if rest and rest != "{}":
        return [] if is_reference(rest) else [PlaintextKey("", number)]
    entries: list[tuple[int, list[str]]] = []
    indent = len(begin[1]) + 1
    for i, line in enumerate(lines[number + 1 :], number + 1):
        content = COMMENT.sub("", line).strip()
        if not content or (content.startswith("{{") and is_reference(content)):
            continue
        deep = len(line) - len(line.lstrip())
        if deep < indent:
            break
        if not entries or deep == indent:
            indent = deep
            entries.append((i, [line]))
        else:
            entries[-1][1].append(line)
    return [key for i, entry in entries if (key := _key(i, entry))]


def _key(number: int, lines: list[str]) -> PlaintextKey | None:
    first = ENTRY.fullmatch(lines[0])
    if first is None:
        return PlaintextKey("", number)
    value = COMMENT.sub("", first[2] or "").strip()
    value = "\n".join(["" if BLOCK.fullmatch(value) else value, *lines[1:]])
    return None if is_reference(value) else PlaintextKey(first[1], number, marks_of(value.encode()))
