"""Text of anybody's in Markdown: it is read as that text, and as nothing else.

Forges do not stop at markup. They look for names, numbers and addresses in what is left of it,
tell whoever is named, and close what is said to be closed. An invisible space takes such words
apart. What stands in code is left alone by all of them. Commits, dates and versions are no such
words, and may be copied from anywhere: a forge that links a commit tells nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from reconciler.errors import printable

SPACE = "\u200b"

# @name, #12, !12, ~label, %milestone, $snippet, &epic, *iteration:3, [vulnerability:3], :smile:
SIGIL = re.compile(r"([@#!~%$&*])(?=\S)|(\[)(?=\w+:)|(:)(?!\d\d:\d\d)(?=[\w+-]+:)")
KEY = re.compile(r"\b([A-Z][A-Z0-9_]+|[Gg][Hh])-(?=\d)")  # GH-12, and what other trackers number
HOST = re.compile(r"(?<=\bwww)\.", re.IGNORECASE)
PROTOCOL = re.compile(r":(?=//)|(?<=\bmailto):|(?<=\bxmpp):", re.IGNORECASE)
MARKUP = re.compile(r"[!-&*+.:-@\[-`{-~]")  # the rest of ASCII is markup in no place


def quiet(text: str) -> str:
    """Names nobody, refers to nothing and closes nothing; for what is no Markdown, too."""
    text = SIGIL.sub(rf"\g<0>{SPACE}", printable(text))
    for pattern, new in ((KEY, rf"\g<0>{SPACE}"), (HOST, f"{SPACE}."), (PROTOCOL, f"{SPACE}:")):
        text = pattern.sub(new, text)
    return text


def prose(text: str) -> str:
    """A piece of a line."""
    return without_markup(quiet(text))


def code(text: str) -> str:
    """A name as it is: whoever copies it gets no invisible space with it."""
    return f"<code>{without_markup(printable(text))}</code>"


def fence(lines: Iterable[str], language: str = "") -> tuple[str, str]:
    """What goes before and after these lines so that all of them are code."""
    ticks = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    end = "`" * max(3, ticks + 1)
    return f"{end}{language}\n", f"{end}\n"


def unquiet(text: str) -> str:
    return text.replace(SPACE, "")


def as_plain(text: str) -> str:
    """What a piece of prose says, for a terminal."""
    return unquiet(unescape(text))


def without_markup(text: str) -> str:
    """Neither Markdown nor HTML reads it as anything else; a forge still may."""
    return MARKUP.sub(lambda m: f"&#{ord(m[0])};", text)
