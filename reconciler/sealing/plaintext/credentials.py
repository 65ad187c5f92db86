"""Private keys and tokens that are known by their look, in whatever file and however written."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.sealing.plaintext.service_tokens import tokens_in

# What texts in other texts are written with; the lines of the file stay as they are.
ESCAPED = re.compile(
    r"""(?<!\\)\\+(?:(?P<blank>[nrt])|u00(?P<u>[0-9a-fA-F]{2})|x(?P<x>[0-9a-fA-F]{2})|(?P<self>["'/]))
    |%(?P<url>[0-7][0-9a-fA-F])|&\#(?:(?P<number>1[03])|x0?(?P<entity>[aAdD]));""",
    re.VERBOSE,
)
MAY_BE_ESCAPED = ("PRIVATE", '"kty', "\\u00", "\\x")
LINE_END = "\r"  # there is none in a text that was read

BEGIN = re.compile(r"-----BEGIN\s+(?!ENCRYPTED)(?:[A-Z0-9]+\s+)*PRIVATE\s+KEY(?:\s+BLOCK)?-----")
DASHES = "-----"
MAX_CHARACTERS = 64 << 10
# Around a line of a key in a comment, a list, a program or a quotation. Base64 has + and / itself.
BEFORE = re.compile(r"""(?:[\s"'`\\,;\#*>|()\[\]{}]|(?://|[-+])(?=\s))+""")
BEHIND = frozenset("\"'`\\,;#*>|()[]{}")
BASE64 = re.compile(r"[A-Za-z0-9+/=_-]+")

# An Ed25519 key has 64, and of those many different ones.
SHORTEST = 64
VARIETY = 16

PUTTY = re.compile(
    r"PuTTY-User-Key-File-[23]:[^\n\r]*[\n\r]+Encryption:\s*none\b"
    r"(?s:.{0,8192}?)Private-Lines:\s*[0-9]+(?P<body>[\s\w+/=]{40,}?)(?:Private-|\Z)"
)
AGE = re.compile(r"\bAGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{58,}\b")
JWK = re.compile(r"""["']d["']\s*:\s*["'](?P<body>[A-Za-z0-9_-]{43,})["']""")
WIREGUARD = re.compile(r"^[ \t]*PrivateKey[ \t]*=[ \t]*(?P<body>[A-Za-z0-9+/]{43}=)[ \t]*$", re.M)
OTHERS = (("PuTTY-", PUTTY), ("AGE-SECRET", AGE), ('"kty', JWK), ("PrivateKey", WIREGUARD))

# A key's own text in base64, wherever its first letter falls.
SIGN = b"PRIVATE KEY"
IN_BASE64 = tuple(
    base64.b64encode(bytes(n) + SIGN).decode()[-(-n * 8 // 6) : (n + len(SIGN)) * 8 // 6]
    for n in range(3)
)
ANY_IN_BASE64 = re.compile("|".join(IN_BASE64))
RUN = re.compile(r"(?:[A-Za-z0-9+/_-]|\s|\\+[nr])+")
WORD_BEFORE = re.compile(r"[A-Za-z0-9+/_-]*\Z")
FIRST_WORDS = base64.b64encode(b"-----BEGIN").decode()[:-3]
FURTHEST = 120
MAX_NESTING = 3


@dataclass(frozen=True, slots=True)
class Credential:
    """What it is, its line, and its own text without what is around it."""

    what: str
    line: int
    body: str


def credentials_in(text: str, nesting: int = 0) -> Iterator[Credential]:
    """All that a text holds, in base64 too."""
    line_at = _lines(text)
    for what, at, body in tokens_in(text):
        yield Credential(what, line_at(at), body)
    if any(sign in text for sign in MAY_BE_ESCAPED):
        text = ESCAPED.sub(_meant, text)
        line_at = _lines(text)
    if "PRIVATE" in text:
        for begin in BEGIN.finditer(text):
            if body := _body(text[begin.end() : begin.end() + MAX_CHARACTERS]):
                yield Credential("a private key", line_at(begin.start()), body)
    for sign, pattern in OTHERS:
        if sign in text:
            for found in pattern.finditer(text):
                body = found.groupdict().get("body") or found[0]
                yield Credential("a private key", line_at(found.start()), _joined(body))
    if nesting < MAX_NESTING:
        yield from _in_base64(text, nesting, line_at)


def _lines(text: str) -> Callable[[int], int]:
    """The line of a place; of a text with many the ends of lines are looked for once."""
    ends: list[int] = []

    def line_at(place: int) -> int:
        if not ends:
            ends.extend([*(end.start() for end in re.finditer("\n", text)), len(text)])
        return bisect_left(ends, place) + 1

    return line_at


def _meant(escape: re.Match[str]) -> str:
    if escape["self"]:
        return escape["self"]
    if escape["blank"] or escape["number"] or escape["entity"]:
        return LINE_END
    character = chr(int(escape["u"] or escape["x"] or escape["url"], 16))
    return LINE_END if character in "\r\n" else character


def _body(text: str) -> str:
    """The base64 up to a key's end; "" if there is no whole key."""
    inside, _, then = text.partition(DASHES)
    ended = then.lstrip("-").startswith("END") or len(inside) == MAX_CHARACTERS
    if not ended:
        return ""
    lines = [_bare(line) for line in re.split(r"[\n\r]", inside)]
    body = _joined("".join(line for line in lines if ":" not in line))
    whole = len(body) >= SHORTEST and len(set(body)) >= VARIETY
    return body if whole and BASE64.fullmatch(body) else ""


def _bare(line: str) -> str:
    begin = before.end() if (before := BEFORE.match(line)) else 0
    end = len(line)
    while end > begin and (
        line[end - 1] in BEHIND
        or line[end - 1].isspace()
        or (line[end - 1] == "+" and line[end - 2 : end - 1].isspace())
    ):
        end -= 1
    return line[begin:end]


def _joined(body: str) -> str:
    return "".join(body.split())


def _in_base64(text: str, nesting: int, line_at: Callable[[int], int]) -> Iterator[Credential]:
    if not any(sign in text for sign in IN_BASE64):  # looking for that is faster
        return
    done = 0
    for sign in ANY_IN_BASE64.finditer(text):
        at = sign.start()
        begin = text.rfind(FIRST_WORDS, max(0, at - FURTHEST), at)
        if begin < 0:
            begin = at - len(WORD_BEFORE.findall(text[max(0, at - FURTHEST) : at])[0])
        run = RUN.match(text, begin) if begin >= done else None
        if run:
            done = run.end()
            for found in credentials_in(_decoded(run[0]), nesting + 1):
                yield Credential(found.what, line_at(begin), found.body)


def _decoded(run: str) -> str:
    letters = re.sub(r"\s|\\+[nr]", "", run).translate(str.maketrans("-_", "+/"))
    try:
        content = base64.b64decode(letters[: len(letters) // 4 * 4])
    except (binascii.Error, ValueError):
        return ""
    return content.decode(errors="replace").replace("\r\n", "\n")
