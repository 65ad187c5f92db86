"""What became of the apps, as rows of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from benchmarks.beside.adoption.takeover import Taken
from benchmarks.beside.adoption.versions import dropped

COLUMNS = (
    *("deployed by", "who held its fields", "`adopt` before it was stopped"),
    *("pods that stay", "objects as they were", "what `plan` shows", "drifted"),
    *("marks that stay", "who else holds fields"),
    *("gone with our next version", "left by `uninstall`"),
)
OUR_MARKS, OUR_MANAGERS = "reconciler.dev/", "reconciler/"
LABEL, KEY = re.compile(r'metadata\.labels\["(.*)"\]'), r"\1"
OF_THE_CLUSTER = "deployment.kubernetes.io/revision"


def table(taken: Mapping[str, Taken]) -> Iterator[str]:
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for name, one in taken.items():
        yield f"| {' | '.join((f'`{name}`' if name[0].islower() else name, *_cells(one)))} |"


def _cells(one: Taken) -> Iterator[str]:
    yield _listed(one.before.holders(one.names))
    yield "refused" if " still deploys " in one.said["too early"] else "done"
    yield f"{len(one.before.pods & one.applied.pods)} of {len(one.before.pods)}"
    changed = sorted(one.before.changed(one.applied))
    same = len(one.names) - len({c.partition(".")[0] for c in changed})
    yield "; ".join((f"{same} of {len(one.names)}", *changed))
    yield _listed(_fields_shown(one.said["plan"]))
    yield one.said["drift"].partition(": ")[2].partition(" objects")[0]
    marks = one.applied.marks(one.names) - one.marks_in_git - {OF_THE_CLUSTER}
    yield _listed(mark for mark in marks if not mark.startswith(OUR_MARKS))
    holders = one.applied.holders(one.names)
    yield _listed(holder for holder in holders if not holder.startswith(OUR_MANAGERS))
    total = len([*dropped()])
    there = one.still_there
    yield "; ".join((f"{total - len(there)} of {total}", *there))
    yield _listed(one.left)


def _fields_shown(plan: str) -> set[str]:
    """Each only once, for however many objects, and without its value; of a label its key."""
    lines = (line for line in plan.splitlines() if line[1:4] == "   ")
    fields = {(line[0], line[4:].partition(": ")[0]) for line in lines}
    return {f"{sign} {LABEL.sub(KEY, field)}" for sign, field in fields}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
