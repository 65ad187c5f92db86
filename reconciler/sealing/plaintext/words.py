"""What a YAML text says in single words, without reading it as YAML.

Kustomize's reader and ours do not agree on every file; on the words in it they do.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

SEPARATORS = frozenset("\"'[]{},=|> \t\n")
BETWEEN = str.maketrans(dict.fromkeys(SEPARATORS, " "))

ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|\n[ \t]*|(.))", re.DOTALL
)
# An escape that may stand for a letter, or join two halves of a word.
LETTER = re.compile(r"\\(?:[xuU]|\n)")
# A text in a text in a text: a patch in a kustomization, say.
MAX_NESTING = 4

# A value in base64, should its tag be in percents or in parts.
BINARY = re.compile(r"!!binary|2002:bi|(?:!|2002:)\S*%[0-9A-Fa-f]{2}")
# What may become a Secret, or a kind in base64.
SECRET = re.compile(
    rf"(?<![A-Za-z])Secret(?:List)?(?![A-Za-z])|(?i:secretgenerator)|/stringData|{BINARY.pattern}"
)
# Fields by which a kind can be put together of parts, and folders that are not here.
COMPOSING = re.compile(
    r"configurations|replacements|transformers|vars|crds|openapi|helm|://|\?ref=|@|gh:|github\.com",
    re.IGNORECASE,
)
CONFIGURED = re.compile(r"generators|transformers|validators", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, any of which may be a path, and whether it speaks of Secrets.

    Of a binary text nobody knows its words.
    """

    paths: frozenset[str]
    text: str
    secret: bool
    composing: bool
    configured: bool
    binary: bool


def words_of(text: str) -> Words:
    """Those of quoted texts, too, with what their escapes stand for."""
    whole = _with_what_is_meant(text)
    return Words(
        frozenset(words_in(whole)),
        whole,
        SECRET.search(whole) is not None,
        COMPOSING.search(whole) is not None,
        CONFIGURED.search(whole) is not None,
        BINARY.search(whole) is not None,
    )


def speaks_of_secrets(text: str) -> bool:
    """With escapes or without."""
    return SECRET.search(text) is not None or (
        LETTER.search(text) is not None and SECRET.search(_with_what_is_meant(text)) is not None
    )


def _with_what_is_meant(text: str) -> str:
    texts = [text]
    while "\\" in texts[-1] and len(texts) < MAX_NESTING:
        texts.append(ESCAPE.sub(_meant, texts[-1]))
    return "\n".join(dict.fromkeys(texts))


def words_in(text: str) -> list[str]:
    return text.translate(BETWEEN).split()


def is_a_word(path: str) -> bool:
    """Does a path stand in a text as one word?"""
    return not SEPARATORS.intersection(path)


def longest_word(path: str) -> str:
    """The part of a name that surely is in every text that names it."""
    return max(words_in(path.rpartition("/")[2]), key=len, default="")


def joined(folder: str, name: str) -> str | None:
    """A path from a folder; none if it leads out of the repository."""
    if name.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(folder, name))
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path


def _meant(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else " "
    return escape[4] if escape[4] and escape[4] in "\\/\"'" else " " if escape[4] else ""
