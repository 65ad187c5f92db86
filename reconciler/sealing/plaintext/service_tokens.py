"""Tokens of well-known services: each says itself what it is.

Only forms that nothing else has; where a token holds a checksum, that is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUM = 6
EXAMPLE = re.compile(r"example|placeholder|x{5}|\*{3}|0{8}|123456789|abcdefgh", re.IGNORECASE)
VARIETY = 8


@dataclass(frozen=True, slots=True)
class TokenShape:
    what: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    is_real: Callable[[str], bool]


def _is_no_example(body: str) -> bool:
    return len(set(body)) >= VARIETY and not EXAMPLE.search(body)


def _has_its_checksum(body: str) -> bool:
    """GitHub's and npm's tokens end with a CRC-32 in base 62."""
    payload, given = body[:-CHECKSUM], body[-CHECKSUM:]
    rest, digits = crc32(payload.encode()), ""
    while rest:
        rest, digit = divmod(rest, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(CHECKSUM, "0") == given


def _is_key_of_aws(body: str) -> bool:
    """Of the letters that base64 has, and not the name of a commit."""
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]")
    return all(re.search(kind, body) for kind in kinds) and _is_no_example(body)


def _token(
    what: str, signs: str, pattern: str, is_real: Callable[[str], bool] = _is_no_example
) -> TokenShape:
    whole = rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9_-])"
    return TokenShape(what, tuple(signs.split()), re.compile(whole, re.DOTALL), is_real)


TOKENS = (
    _token(
        "a token of GitHub",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        r"gh[pousr]_(?P<body>[A-Za-z0-9]{36})",
        _has_its_checksum,
    ),
    _token(
        "a token of GitHub", "github_pat_", r"github_pat_(?P<body>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"
    ),
    _token(
        "a token of GitLab",
        "glpat- gldt- glrt- glptt- glagent- glcbt- glft- glimt- gloas- glsoat-",
        r"gl(?:pat|dt|rt|ptt|agent|cbt|ft|imt|oas|soat)-"
        r"(?P<body>[\w-]{20,300}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?)",
    ),
    _token("a token of npm", "npm_", r"npm_(?P<body>[A-Za-z0-9]{36})", _has_its_checksum),
    _token("a token of PyPI", "pypi-AgE", r"pypi-AgE(?P<body>[\w-]{60,})"),
    _token("a token of Docker Hub", "dckr_pat_", r"dckr_pat_(?P<body>[\w-]{27})"),
    _token(
        "an access key of AWS",
        "AKIA ASIA",
        r"A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9]).{1,200}?(?<![A-Za-z0-9/+])(?P<body>[A-Za-z0-9/+]{40})"
        r"(?![/+=])",
        _is_key_of_aws,
    ),
    _token(
        "a token of Slack",
        "xoxb- xoxp- xoxa- xoxr- xoxs-",
        r"xox[abprs]-(?P<body>[0-9]{9,14}-[0-9]{9,14}-[A-Za-z0-9-]{20,})",
    ),
    _token(
        "a webhook of Slack",
        "hooks.slack.com/services/T",
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<body>[A-Za-z0-9]{24})",
    ),
    _token("a key of Stripe", "sk_live_ rk_live_", r"[sr]k_live_(?P<body>[A-Za-z0-9]{24,200})"),
    _token("a secret of Google's OAuth", "GOCSPX-", r"GOCSPX-(?P<body>[\w-]{28})"),
    _token("a key of SendGrid", "SG.", r"SG\.(?P<body>[\w-]{22}\.[\w-]{43})"),
    _token("a token of Hugging Face", "hf_", r"hf_(?P<body>[A-Za-z]{34})"),
    _token("a key of Anthropic", "sk-ant-", r"sk-ant-[a-z]+[0-9]{2}-(?P<body>[\w-]{80,}AA)"),
    _token("a key of OpenAI", "T3BlbkFJ", r"sk-(?P<body>[\w-]{20,100}T3BlbkFJ[\w-]{20,100})"),
    _token("a token of DigitalOcean", "_v1_", r"do[opr]_v1_(?P<body>[a-f0-9]{64})"),
    _token("a token of Vault", "hvs. hvb.", r"hv[sb]\.(?P<body>[\w-]{90,300})"),
    _token("a key of Tailscale", "tskey-", r"tskey-[a-z]+-(?P<body>\w{10,32}-\w{20,64})"),
    _token("a token of Telegram", ":AA", r"[0-9]{8,10}:(?P<body>AA[\w-]{33})"),
)


def tokens_in(text: str) -> Iterator[tuple[str, int, str]]:
    """What each is, where it begins, and what is secret of it."""
    for token in TOKENS:
        if any(sign in text for sign in token.signs):
            for found in token.pattern.finditer(text):
                if token.is_real(found["body"]):
                    yield token.what, found.start(), found["body"]
