from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World

HASHED = re.compile(r".+-[2456789bcdfghkmt]{10}")


@rule("immutable/configuration", Severity.warning)
def configuration(this: CheckRule, world: World) -> Iterator[Finding]:
    """An immutable ConfigMap or Secret has a fixed name.

    The next change to it is refused. Let a generator name it after its content, or give it a new
    name with each change.
    """
    for o in world.of("ConfigMap", "Secret", group=""):
        if o.get("immutable") is True and not HASHED.fullmatch(o.name):
            yield this.finding(
                o,
                "immutable",
                "it is immutable and keeps its name, so its content can never change",
                "make it with configMapGenerator or secretGenerator, which add a hash",
            )
