"""What can stand where a word is typed: names of this repository, read straight from it."""

from __future__ import annotations

import os
import re

from reconciler.git.command import run_git
from reconciler.git.locate import find_fleet, find_root
from reconciler.git.names import OUR_REFS
from reconciler.model.app_names import apps_by_environment
from reconciler.model.paths import ARGOCD
from reconciler.trees.worktree import WorkTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from reconciler.model.app_names import Apps

    Words = Callable[[str, str], Iterable[str]]

REFERENCES = ("refs/heads", "refs/tags", "refs/remotes")
RECORD, OPEN = "request.json", '"state": "open"'
DOTS = re.compile(r"(.*\.\.)(.*)")


def add_completions(parameters: Sequence[Any]) -> None:
    """What each takes is said by how it is called in the help: ENV, ENV/APP, REV, …

    typer takes a function of its own only where a parameter is declared, which is in many places.
    """
    for parameter in parameters:
        found = _words_of(parameter)
        if found:
            parameter._custom_shell_complete = _completion(found)


def words_called(metavar: str, context: Any, begun: str) -> list[str]:
    """What could stand for a parameter that the help calls so."""
    return _completion(WORDS[metavar])(context, None, begun)


def _words_of(parameter: Any) -> list[Words]:
    if {"--rule", "--ignore"}.intersection(parameter.opts):
        return [_rules]
    return [words for part in (parameter.metavar or "").split("|") for words in WORDS.get(part, ())]


def _completion(kinds: Sequence[Words]) -> Callable[[Any, Any, str], list[str]]:
    def complete(context: Any, _parameter: Any, begun: str) -> list[str]:
        start = context.params.get("root") or "."
        root = find_root(start) or find_fleet(start)
        if root is None:
            return []
        words = [word for kind in kinds for word in kind(root, begun)]
        return [word for word in dict.fromkeys(words) if word.startswith(begun)]

    return complete


def _apps(root: str) -> Apps:
    found = apps_by_environment(WorkTree(root))
    return {name: apps for name, apps in found.items() if name != ARGOCD}


def _environments(root: str, _begun: str) -> Iterable[str]:
    return _apps(root)


def _entries(root: str, _begun: str) -> Iterable[str]:
    return [f"{name}/{app}" for name, apps in _apps(root).items() for app in apps]


def _app_names(root: str, _begun: str) -> Iterable[str]:
    return sorted({app for apps in _apps(root).values() for app in apps})


def _revisions(root: str, begun: str) -> Iterable[str]:
    """Branches and tags, after the dots of a range as before them."""
    dots = DOTS.fullmatch(begun)
    before = dots[1] if dots else ""
    return [before + name for name in ["HEAD", *_references(root, *REFERENCES)]]


def _requests(root: str, _begun: str) -> Iterable[str]:
    """The open ones that the repository itself keeps; other forges would have to be asked."""
    names = _references(root, f"{OUR_REFS}/requests")
    if not names:
        return []
    told = run_git(root, "grep", "-lF", OPEN, *names, "--", RECORD, may_fail=True)
    return [line.partition(":")[0].rpartition("/")[2] for line in os.fsdecode(told).split()]


def _references(root: str, *below: str) -> list[str]:
    told = run_git(root, "for-each-ref", "--format=%(refname:short)", *below, may_fail=True)
    return os.fsdecode(told).split()


def _rules(_root: str, _begun: str) -> Iterable[str]:
    from reconciler.checks.catalogue import RULES

    return [rule.id for rule in RULES]


WORDS: Mapping[str, Sequence[Words]] = {
    **dict.fromkeys(("ENV", "SOURCE", "TARGET", "ENV_A", "ENV_B"), (_environments,)),
    "ENV/APP": (_entries,),
    "ENV[/APP]": (_environments, _entries),
    "APP": (_app_names,),
    **dict.fromkeys(("REV", "REF", "FROM", "TO", "A..B"), (_revisions,)),
    "NUMBER": (_requests,),
}
