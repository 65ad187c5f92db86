"""Files that say who owns which paths. Each forge reads its own in a way of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

# Blanks part words; an escaped one does not.
WORD = re.compile(r"(?:\\.|[^\s\\])+")
SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>.*)")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    pattern: str
    owners: tuple[str, ...]


@dataclass(slots=True)
class OwnerSection:
    owners: tuple[str, ...] = ()
    rules: list[OwnerRule] = field(default_factory=list)


def owners_by_pattern(text: str, paths: Sequence[str]) -> tuple[str, ...]:
    """GitHub: the last rule that matches a path counts, also if it names nobody."""
    rules = [rule for line in _lines(text) if (rule := _rule(line))]
    return _united(_last(rules, path) for path in paths)


def owners_by_section(text: str, paths: Sequence[str]) -> tuple[str, ...]:
    """GitLab: the last rule of each section; a rule that names nobody has its section's owners."""
    sections: dict[str, OwnerSection] = {"": OwnerSection()}
    current = sections[""]
    for line in _lines(text):
        heading = SECTION.fullmatch(line)
        if heading:
            current = sections.setdefault(heading["name"].strip().lower(), OwnerSection())
            current.owners = _people(heading["owners"].split()) or current.owners
        elif rule := _rule(line):
            current.rules.append(OwnerRule(rule.pattern, rule.owners or current.owners))
    return _united(_of_section(s, path) for path in paths for s in sections.values())


def owners_by_expression(text: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Gitea: patterns are regular expressions, and all rules that match count together."""
    found: list[tuple[str, ...]] = []
    for line in _lines(text):
        rule = _rule(line)
        if not rule or not rule.owners:
            continue
        negative = rule.pattern.startswith("!")
        try:
            expression = re.compile(rule.pattern.removeprefix("!").removeprefix("/"))
        except re.error:
            continue  # as Gitea does
        if any(bool(expression.fullmatch(path)) != negative for path in paths):
            found.append(rule.owners)
    return _united(found)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        kept = re.split(r"(?:^|(?<=\s))#", line, maxsplit=1)[0].strip()
        if kept:
            yield kept


def _rule(line: str) -> OwnerRule | None:
    pattern, *owners = WORD.findall(line) or [""]
    pattern = re.sub(r"\\([\s#])", r"\1", pattern)
    return OwnerRule(pattern, _people(owners)) if pattern else None


def _people(words: Iterable[str]) -> tuple[str, ...]:
    """Users and teams; neither roles (@@developer) nor mail addresses: no forge asks those."""
    return tuple(word[1:] for word in words if re.fullmatch(r"@[^@]+", word))


def _last(rules: Sequence[OwnerRule], path: str) -> tuple[str, ...]:
    return next((r.owners for r in reversed(rules) if _matcher(r.pattern)(path)), ())


def _of_section(section: OwnerSection, path: str) -> tuple[str, ...]:
    excluded = (r.pattern[1:] for r in section.rules if r.pattern.startswith("!"))
    if any(_matcher(pattern)(path) for pattern in excluded):
        return ()
    return _last([r for r in section.rules if not r.pattern.startswith("!")], path)


def _matcher(pattern: str) -> Callable[[str], object]:
    """As in .gitignore, but that `folder/*` stands for the files right in the folder only."""
    anchored = "/" in pattern.rstrip("/")
    parts = re.split(r"(\*\*/|/\*\*$|\*|\?)", pattern.strip("/"))
    meanings = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(meanings.get(part) or re.escape(part) for part in parts)
    before = "" if anchored else "(?:.*/)?"
    below = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    if pattern.rpartition("/")[2] == "*" and anchored:
        below = ""
    return re.compile(before + body + below).fullmatch


def _united(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(owner for owners in found for owner in owners))
