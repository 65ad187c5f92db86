from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.objects import Object


@rule("objects/duplicate", Severity.error)
def duplicate(this: CheckRule, world: World) -> Iterator[Finding]:
    """Two apps of an environment have the same object.

    Each time one of them is applied, it overwrites what the other says. Let one app own the
    object. A Namespace that several apps share belongs in an app of its own.
    """
    seen: dict[Identity, list[Object]] = defaultdict(list)
    for o in world.objects:
        seen[o.identity].append(o)
    for same in seen.values():
        apps = sorted({o.folder for o in same})
        if len(apps) < 2:
            continue
        for o in same:
            others = ", ".join(app for app in apps if app != o.folder)
            yield this.finding(
                o, "metadata.name", f"{others} has this object too", "let one app own it"
            )
