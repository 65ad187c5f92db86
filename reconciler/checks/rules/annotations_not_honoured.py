from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.cluster.annotations import READERS
from reconciler.kubernetes.access import mapping
from reconciler.text.suggestions import nearest

OTHERS = {"kapp.k14s.io": "kapp", "kluctl.io": "kluctl"}  # and all domains below these
ALIKE = 0.8
NAME = re.compile(r"[\w./-]+")


@rule("annotations/not-honoured", Severity.warning)
def not_honoured(this: CheckRule, world: World) -> Iterator[Finding]:
    """An annotation looks as if it said how an object is applied, and has no effect.

    It is one of kapp or kluctl, or the name of one that is honoured is misspelt.
    """
    for o in world.objects:
        for name in mapping(o.data, "metadata", "annotations"):
            domain = name.partition("/")[0]
            path = f"metadata.annotations[{name}]" if NAME.fullmatch(name) else "metadata"
            tools = (tool for d, tool in OTHERS.items() if f".{domain}".endswith(f".{d}"))
            if tool := next(tools, ""):
                yield this.finding(
                    o,
                    path,
                    f"{tool} reads it, and nothing else does",
                    "see docs/reference/annotations.md for what there is instead",
                )
            elif meant := _meant(name):
                yield this.finding(o, path, "nothing reads it", f"did you mean {meant}?")


def _meant(name: str) -> str:
    """The name of the same domain that looks like it."""
    domain, _, own = name.partition("/")
    known = {n.partition("/")[2] for n in READERS if n.startswith(f"{domain}/")}
    found = nearest(own, known, ALIKE) if own not in known else None
    return f"{domain}/{found}" if found else ""
