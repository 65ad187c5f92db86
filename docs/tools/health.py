"""Writes how objects are judged to standard output, from the table of cases that the tests try."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from reconciler.cluster.status.rules import WITHOUT_STATUS
from tests.cluster.status.cases import ANY_OTHER, GROUPS, cases

HEAD = """# Health

<!-- Written by docs/tools/health.py: make docs writes it again. -->

How an object is, by what its controller writes of it. `status`, `apply --wait`, `wait`, waves and
`run` go by it, and so does the source of health
[`kubernetes`](../how-to/gates.md#kubernetes-whoever-applied-it). A test tries each line below.

| | |
|---|---|
| `healthy` | it is as it shall be |
| `suspended` | it does nothing, and that is meant: counts as well |
| `progressing` | it is on its way, or waits for something |
| `degraded` | it does not come by itself |

An app is as its worst object. Where one that makes pods is `progressing`, `status`, `apply` and
`run` ask its pods, and tell what is wrong with the worst of them. What is being deleted is
`progressing`, whatever else is written of it. `argocd.argoproj.io/ignore-healthcheck: "true"` lets
an object count as `healthy`: an Ingress, say, whose controller writes no address.
"""


def page() -> Iterator[str]:
    yield HEAD
    for kinds, some in sorted(cases().items(), key=lambda pair: (ANY_OTHER in pair[0], pair[0])):
        yield f"## {', '.join(kinds)}\n"
        groups = sorted({GROUPS[kind] for kind in kinds if GROUPS.get(kind)})
        if groups:
            yield f"Of {' and '.join(f'`{group}`' for group in groups)}.\n"
        yield "| when | it is |\n|---|---|"
        yield from (f"| {case.when} | `{case.is_}` |" for case in some)
        yield ""
    yield "## Kinds that are what was applied\n"
    plain = ", ".join(f"`{kind}`" for kind in sorted(kind for _, kind in WITHOUT_STATUS))
    yield f"Of these no controller writes anything, and they are `healthy`: {plain}."


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in page())
