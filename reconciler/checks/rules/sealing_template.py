from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.sealed import path_of, sealed_secrets
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping

# What a template decides by, or fails at: whoever sees the outcome learns about the value.
DECIDES = re.compile(
    r"\{\{[^}]*(?<![.\w])(?:if|with|range|and|or|not|eq|ne|lt|le|gt|ge|fail|required|hasPrefix"
    r"|hasSuffix|contains|regex\w*|must\w*|ternary|index|slice|substr|trunc|len)\b",
)


@rule("sealing/template", Severity.error)
def template(this: CheckRule, world: World) -> Iterator[Finding]:
    """A template in a SealedSecret is not safe.

    Its `template.data` decides something by a value, or can fail at it. Before 0.40, whoever can
    reach the controller can ask it about such a template, and so find out a value bit by bit. Put
    a value into a text and no more; what depends on it belongs into the program that reads it.
    A key must not be both there and in `encryptedData`, either: which of the two counts depends
    on the controller's release.
    """
    for o, sealed in sealed_secrets(world):
        for key, value in mapping(sealed.template, "data").items():
            at = path_of(key, template=True)
            if isinstance(value, str) and (found := DECIDES.search(value)):
                what = f"the template decides something by a value: {found[0].split()[-1]}"
                yield this.finding(o, at, what, "put values into the text, and no more")
            elif value is not None and key in sealed.encrypted:
                what = f"{key} is in encryptedData, too"
                yield this.finding(o, at, what, "give one of the two another name")
