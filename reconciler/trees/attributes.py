"""What a checkout makes of a file's content, by the .gitattributes of its commit alone."""

from __future__ import annotations

import pygit2
from pygit2.enums import AttrCheck

from reconciler.trees.tree import TreeEntry, is_utf8, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# What git add has normalized is stored with LF; a checkout may give it CRLF.
CRLF: Final = "+crlf"
CRLF_IF_TEXT: Final = "+crlf-if-text"

CHANGING: Final = (b"crlf", b"ident", b"working-tree-encoding")
UNPRINTABLE: Final = bytes({*range(32), 127} - {*b"\b\t\n\f\r\x1b"})


class Attributes:
    """The attributes that a commit gives to its paths.

    They are looked up in a repository that has nothing but the objects: what is staged, and
    what the machine or the clone add, is not part of the commit.
    """

    def __init__(self, objects: pygit2.Odb) -> None:
        self._git = pygit2.Repository()
        self._git.set_odb(objects)

    def get(self, commit: str, path: str, name: str) -> str | bool | None:
        flags = AttrCheck.INCLUDE_COMMIT | AttrCheck.INDEX_ONLY | AttrCheck.NO_SYSTEM
        found: str | bool | None = self._git.get_attr(path, name, flags, commit)
        return found

    def conversion(self, rules: Rules, commit: str, path: str) -> str | TreeEntry:
        """How a file's content is changed, or why it is not served."""
        if not rules.changing:
            return ""
        if not is_utf8(path):
            return refusal("its name is not UTF-8, and .gitattributes are for others", "rename it")
        if rules.misread:
            return refusal(
                "its .gitattributes have a pattern in quotes, with !, or with an escaped space",
                "write ? for a space, and take lines with ! out: Git ignores them",
            )
        encoding = self.get(commit, path, "working-tree-encoding")
        if isinstance(encoding, str) and encoding.upper() not in ("UTF-8", "UTF8"):
            return refusal(
                f"its .gitattributes ask for the encoding {encoding}",
                "remove working-tree-encoding: manifests are UTF-8",
            )
        if self.get(commit, path, "ident") is True:
            return refusal(
                "its .gitattributes ask for ident, with which a checkout writes into the file",
                "remove ident for this file",
            )
        text = self.get(commit, path, "text")
        if text not in (True, False, "auto", "input"):
            text = self.get(commit, path, "crlf")  # its old name
        if text is False or self.get(commit, path, "eol") != "crlf":
            return ""
        return CRLF_IF_TEXT if text == "auto" else CRLF


class Rules:
    """What the .gitattributes of a folder, and of those above it, might do to its files."""

    __slots__ = ("changing", "misread")

    def __init__(self, above: Rules | None = None, own: bytes = b"") -> None:
        self.changing = any(word in own for word in CHANGING)
        self.misread = any(_is_misread(line.strip()) for line in own.splitlines())
        if above:
            self.changing |= above.changing
            self.misread |= above.misread


def _is_misread(line: bytes) -> bool:
    """libgit2 knows no quotes, ignores no negative pattern, and lets a space be escaped."""
    return line.startswith((b'"', b"!")) or (b"\\ " in line and not line.startswith(b"#"))


def convert(content: bytes, conversion: str) -> bytes:
    if not conversion or (conversion == CRLF_IF_TEXT and not _is_plain(content)):
        return content
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _is_plain(content: bytes) -> bool:
    """What Git takes for text, and has normalized line ends, which it then may change."""
    if b"\r" in content or b"\0" in content:
        return False
    unprintable = len(content) - len(content.translate(None, UNPRINTABLE))
    unprintable -= content.endswith(b"\x1a")
    printable = len(content) - content.count(b"\n") - unprintable
    return printable >> 7 >= unprintable
