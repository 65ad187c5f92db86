"""Values that only say where a secret comes from: templates, variables, and what is encrypted."""

from __future__ import annotations

import base64
import binascii
import re

TEMPLATE = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}", re.DOTALL)
COMMENT = re.compile(r"\{\{-?\s*/\*")
PIECES = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')
    |(?P<call>[$.\w]*\w\()      # as Jinja writes it
    |(?P<word>[$.\w]+)
    |(?P<begin>\()|(?P<item>\[)|(?P<end>[)\]])
    |(?P<next>\||:?=)
    """,
    re.VERBOSE | re.DOTALL,
)
VERB = re.compile(r"%[-+# 0-9.*]*[a-zA-Z]")
SAYS_SOMETHING = re.compile(r"\w")

# The texts that these are given are names, places and forms. Any other text may become the value.
NAMING = frozenset(
    re.findall(
        r"\w+",
        """AsConfig AsSecrets Get GetBytes Glob Has contains date dateInZone datasource define dig
        ds env eq fail ge genCA genPrivateKey genSelfSignedCert genSignedCert get gt hasKey
        hasPrefix hasSuffix include index join key kindIs le lookup lt ne omit pick pluck readFile
        regexFind regexMatch regexReplaceAll replace required requiredEnv secret semverCompare
        split splitList splitn template toDate trimAll trimPrefix trimSuffix typeIs unset""",
    )
)
# What is put together for one of these is, too.
COLLECTING = frozenset({"dict", "list", "tuple"})
CONTROL = frozenset({"if", "else", "with", "range", "end", "not"})

OTHERS = re.compile(
    r"""\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$\([A-Za-z_][A-Za-z0-9_]*\)  # envsubst, and its like
    |<[^<>\n]{1,200}>                                              # <the password>, <path:...>
    |ref\+[a-z0-9]+://\S+                                          # vals
    |ENC\[AES256_GCM,[^\[\]]*\]                                    # sops
    |\A\s*["']?(?:                                                 # alone, and to its end:
        op://[^/\n"']+/[^/\n"']+(?:/[^/\n"']+){1,2}                # 1Password
        |vault:[\w./-]+\#[\w.-]+                                   # Vault, by its webhook
        |arn:aws[a-z-]*:(?:secretsmanager|ssm):[a-z0-9-]+:[0-9]*:[\w/+=.@:-]+
        |(?:aws)?ssm:/{1,3}[\w./-]+
        |(?:aws)?secretsmanager:(?://)?[\w/+=.@-]+
        |projects/[\w-]+/secrets/[\w-]+(?:/versions/\w+)?          # Google's Secret Manager
        |(?:YOUR|your)[-_][\w-]*[-_](?:HERE|here)                  # a word for what is to come
    )["']?\s*\Z
    """,
    re.VERBOSE,
)


def is_reference(text: str) -> bool:
    """Is there nothing else in this value? Nothing at all counts, too."""
    rest = TEMPLATE.sub("", text)
    if len(rest) != len(text) and any(map(_holds_a_text, TEMPLATE.findall(text))):
        return False
    return not OTHERS.sub("", rest).strip().strip("\"'")


def content_of(text: str, field: str) -> bytes:
    """What a text in `data` or `stringData` of a Secret means."""
    if field == "data":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    return text.encode(errors="surrogateescape")


def means_nothing_secret(text: str, field: str) -> bool:
    """Is this a reference, in base64 or not?"""
    if is_reference(text):
        return True
    try:
        return field == "data" and is_reference(content_of(text, field).decode())
    except UnicodeDecodeError:
        return False


def _holds_a_text(template: str) -> bool:
    """Is there a text in it that may become the value, or a part of it?"""
    if COMMENT.match(template):
        return False
    head: str | None = None
    around: list[str | None] = []
    for piece in PIECES.finditer(template.replace('\\"', '"')):
        match piece.lastgroup:
            case "next":
                head = None
            case "begin":
                around.append(head)
                head = None
            case "call" | "item":
                around.append(head)
                head = piece[0].rstrip("(").rpartition(".")[2] if piece["call"] else "index"
            case "end":
                head = around.pop() if around else None
                head = head or ""
            case "word":
                if head is None and piece[0] not in CONTROL:
                    head = piece[0].rpartition(".")[2]
            case "text":
                if _may_become_the_value(piece[0], head, around):
                    return True
                head = head or ""
    return False


def _may_become_the_value(text: str, head: str | None, around: list[str | None]) -> bool:
    if head == "printf":
        text = VERB.sub("", text)
    if head in COLLECTING and around:
        head = next((h for h in reversed(around) if h not in COLLECTING), head)
    return head not in NAMING and SAYS_SOMETHING.search(text) is not None
