"""Values that only say where a secret comes from: templates, variables, and what is encrypted."""

from __future__ import annotations

import re

TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# A text that a template falls back to, or that it begins with, is a value in the clear.
LITERAL = re.compile(
    r"""(?:^\{\{-?\s*|\b(?:default|b64enc|quote|coalesce|print)\s+\(?\s*)["'`][^"'`]+["'`]"""
)
OTHERS = re.compile(
    r"""\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$\([A-Za-z_][A-Za-z0-9_]*\)  # envsubst, and its like
    |<[^<>\n]{1,200}>                                              # <the password>, <path:...>
    |ref\+[a-z0-9]+://\S+                                          # vals
    |ENC\[AES256_GCM,[^\]]*\]                                      # sops
    """,
    re.VERBOSE,
)


def is_reference(text: str) -> bool:
    """Is there nothing else in this value? Nothing at all counts, too."""
    rest = TEMPLATE.sub("", text)
    if len(rest) != len(text) and any(LITERAL.search(t) for t in TEMPLATE.findall(text)):
        return False
    return not OTHERS.sub("", rest).strip().strip("\"'")
