"""Names and paths by pattern."""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re


def is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")


def matches(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return compile_glob(pattern)


def compile_glob(pattern: str) -> re.Pattern[str]:
    import re

    return re.compile(glob_to_regex(pattern))


def glob_to_regex(pattern: str) -> str:
    """`*` and `?` stay within a name, `**` is any number of folders, `[a-z]` is one of these."""
    import re

    regex = ""
    for part in re.findall(r"/\*\*(?=/|$)|\*\*/|\*\*|\*|\?|\[[^]]+\]|.", pattern, re.DOTALL):
        match part:
            case "/**":
                regex += "(?:/.*)?"
            case "**/":
                regex += "(?:.*/)?"
            case "**":
                regex += ".*"
            case "*":
                regex += "[^/]*"
            case "?":
                regex += "[^/]"
            case _ if part.startswith("[") and len(part) > 1:
                inner = part[1:-1].replace("\\", "\\\\")
                regex += "[" + ("^" + inner[1:] if inner.startswith("!") else inner) + "]"
            case _:
                regex += re.escape(part)
    return regex
