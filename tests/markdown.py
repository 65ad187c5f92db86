"""What a forge makes of Markdown: tags, links, and the words that it acts on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

# What forges look for in the text of a page, outside of code and links.
REFERENCES = (
    re.compile(r"@[\w-]"),  # a name
    re.compile(r"[#!~%$&]\w"),  # an issue, a merge request, a label, a milestone, a snippet
    re.compile(r"\b(?:[A-Z][A-Z0-9_]+|[Gg][Hh])-\d"),  # GH-12, and other trackers
    re.compile(r"\[\w+:\w"),  # [vulnerability:3]
    re.compile(r"(?<![\w:]):(?!\d\d:\d\d)[\w+-]+:"),  # :smile:
    re.compile(r"\w+://|\bwww\.|\bmailto:|\bxmpp:", re.IGNORECASE),
)
KEEPS = ("code", "pre", "a")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
RAW_NAME = re.compile(r"(?:\s|^|\(|\[)@[\w-]+|(?:\s|^|\(|\[)[#!]\d+|\w+/\w+[#!]\d+")


@dataclass
class Seen(HTMLParser):
    """A page, taken apart."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""  # of all
    free: str = ""  # of what is in neither code nor a link
    comments: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if not set(KEEPS) & set(self.open):
            self.free += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def links(self) -> set[str]:
        return {str(attrs["href"]) for tag, attrs in self.tags if tag == "a"}


def read(markdown: str) -> Seen:
    """As a forge renders it: tables, and addresses that become links by themselves."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": True})
    parser.enable(["table", "strikethrough", "linkify"])
    assert parser.linkify
    parser.linkify.set({"fuzzy_link": False})
    seen = Seen()
    seen.feed(parser.render(markdown))
    seen.close()
    assert seen.open == []
    return seen


def acted_on(markdown: str) -> list[str]:
    """The words that a forge would take for names, issues, addresses."""
    seen = read(markdown)
    found = [m[0] for pattern in REFERENCES for m in pattern.finditer(seen.free)]
    # One of them looks at what is written, without its code.
    return found + [m[0] for m in RAW_NAME.finditer(CODE.sub("", markdown))]
