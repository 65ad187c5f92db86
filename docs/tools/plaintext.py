"""Writes the reference of .plaintext-secrets.yaml to standard output, as the program defines it."""

from __future__ import annotations

import sys

from environment import section

from reconciler.model.mapping_kinds import record_of
from reconciler.model.plaintext import PlaintextRules, read_plaintext_rules

HEAD = """# .plaintext-secrets.yaml

<!-- Written by docs/tools/plaintext.py: make docs writes it again. -->

`.plaintext-secrets.yaml` at the root of a repository says what
[`reconciler secrets`](../how-to/keep-plaintext-out.md) takes for a secret beside what it knows, and
what looks like one and is none. It is read from the index, or from the last commit of a range. A
mistake in it is an error with line and column.

In patterns `*` and `?` stay within one name, and `**` is any number of folders, or of names of a
value. Paths begin at the repository's root.

## An example with everything

```yaml
"""

EXAMPLE = """\
inputs: ["config/*.key"]
values:
  - files: charts/*/values.yaml
    keys: [auth.password, "**.token"]
allowed:
  - file: tests/**
    key: password
    reason: Made up, and of no use to anybody.
"""


def page() -> str:
    read_plaintext_rules(EXAMPLE.encode())
    return "\n".join([f"{HEAD}{EXAMPLE}```\n", *section("", "Fields", record_of(PlaintextRules))])


if __name__ == "__main__":
    sys.stdout.write(page())
