"""Our Markdown as it reads on a terminal: no markup, no entities, nothing that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import zip_longest

from reconciler.text.markdown import unquiet

FENCE = re.compile(r"(`{3,})[a-z]*")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
HEADING = re.compile(r"#{1,6} +(.*)")
RULE = re.compile(r"[|\s:-]+")
INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\[(?P<text>[^\]]*)\]\(<?(?P<url>[^)>]*)>?\)|(?P<break><br>)"
    r"|</?[a-z][^>]*>|\*\*|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)"
)
GAP = "  "


def text_of(markdown: str) -> list[str]:
    """Its lines, with tables in columns and no more than one empty line after another."""
    found: list[str] = []
    for line in _lines(markdown.replace("\r\n", "\n")):
        if line or (found and found[-1]):
            found.append(line)
    return found[:-1] if found and not found[-1] else found


def _lines(markdown: str) -> Iterator[str]:
    table: list[list[str]] = []
    end = ""
    for line in _without_comments(markdown):
        fence = FENCE.fullmatch(line)
        if end:
            end = "" if line == end else end
            yield f"{GAP}{line}".rstrip() if end else ""
            continue
        if line.startswith("|"):
            if not RULE.fullmatch(line):
                table.append([_plain(cell.strip()) for cell in line.strip().strip("|").split("|")])
            continue
        yield from _columns(table)
        table = []
        if fence:
            end = fence[1]
            yield ""
        else:
            yield from _line(line)
    yield from _columns(table)


def _without_comments(markdown: str) -> Iterator[str]:
    """What stands in code is no comment."""
    inside = False
    for line in markdown.split("\n"):
        inside ^= line.startswith("```")
        yield line if inside else COMMENT.sub("", line)


def _line(line: str) -> Iterator[str]:
    heading = HEADING.fullmatch(line)
    said = _plain(heading[1] if heading else line)
    yield said.rstrip()
    if heading:
        yield "-" * len(said)


def _plain(text: str) -> str:
    return unquiet(unescape(INLINE.sub(_inline, text)))


def _inline(found: re.Match[str]) -> str:
    if found["code"]:
        return found["code"]
    if found["break"]:
        return ", "
    if found["text"] is None:
        return ""
    text, url = _plain(found["text"]), found["url"]
    return text if url in ("", text) else f"{text} ({url})"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield GAP.join(cells).rstrip()
