"""Writes the reference of environment.yaml and its JSON Schema, as the program defines them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.model.environment import Environment, read_environment
from reconciler.model.mapping_kinds import MappingField, MappingKind, OneOf, record_of
from reconciler.model.value_kinds import Many, ValueKind

REFERENCE = Path(__file__).parents[1] / "reference"

HEAD = """# environment.yaml

<!-- Written by docs/tools/environment.py: make docs writes it again. -->

`environments/<env>/environment.yaml` says what an environment is. Only reconciler reads it, and no
manifest depends on it. All that it must hold is a name for the cluster:

```yaml
destination:
  cluster: prod
```

A mistake in it is an error with line and column. Values are what they are in YAML 1.2: `no` is
text, and 1.30 is a number, so a version stands in quotes. Paths begin at the repository's root.
In names with `*` and `?` these stand for any other characters.

`destination`, `promotesFrom` and `promotion.allowSkipFrom` are held against the other
environments. [`check`](checks.md) goes by `kubernetes`, `releases`, `externals` and `checks`,
[pinned releases](../explanation/pinned-releases.md) by `repositories` and `remotes`, and
[sealing](../how-to/seal-a-secret.md) by `sealing` and `destination`,
[`apply` and `run`](../how-to/apply.md) by `reconcile` and `destination`, and
[`argocd apps`](../how-to/argocd-plugin.md) by `argocd`, `destination`, `repositories` and
`releases.branch`.
[`promote`](../how-to/promote.md) goes by `promotesFrom`, `releases.branch` and `promotion`, of
which [gates](../how-to/gates.md) have a page of their own, as has `health`.

Editors complete and check the file with its JSON Schema,
[environment.schema.json](environment.schema.json). Those that use yaml-language-server find it by
a first line with the path or URL of your copy:

```yaml
# yaml-language-server: $schema=../environment.schema.json
```

## An example with everything

```yaml
"""

EXAMPLE = """\
displayName: Production
promotesFrom: stage

destination:
  cluster: prod-eu
  server: https://10.0.0.1:6443
  namespace: "{app}"

kubernetes: "1.36"

repositories:
  - git@git.example.org:fleet/deployments
remotes:
  - https://git.example.org/platform/overlays

releases:
  policy: pin
  fullCommit: true
  branch: main

externals:
  - {kind: StorageClass, name: "fast-*"}
  - {kind: Secret, namespace: paw, name: registry}

checks:
  failOn: warning
  ignore:
    - check: references/config-map
      app: paw
      object: ConfigMap/kube-root-ca.crt
      reason: Kubernetes puts it into every namespace.
  crds: [crds]
  policies: [policies]

sealing:
  certificate: environments/prod/sealing-cert.pem
  scope: strict
  certificateAge: 90d
  controller: kube-system/sealed-secrets-controller

health:
  - type: argocd
    application: "{environment}-{app}"
  - type: prometheus
    url: https://prometheus.example.org
    query: min(up{namespace="{app}"})
  - {type: http, app: paw, url: "https://{app}.example.org/healthz"}
argocd:
  plugin: reconciler
  steps: [sealed-secrets, "canary-*"]

reconcile:
  account: reconciler-system/app-{app}
  drift: correct
  correctAfter: 5m
  conflicts:
    - {manager: argo-rollouts, field: "spec.*", do: leave}
  ignoreDifferences:
    - {group: apps, kind: Deployment, name: paw, jsonPointers: [/spec/replicas]}
  prune:
    after: 1h
  hours:
    - {type: window, days: [mon, tue, wed, thu], from: 09:00, to: 16:00}
  dependsOn:
    - {app: "*", on: sealed-secrets}
  rollback:
    - {app: paw, after: 10m}
  health:
    - apiVersion: example.org/v1
      kind: Widget
      inProgress: status.phase == 'Pending'
      failed: status.phase == 'Broken'
      current: status.phase == 'Ready'

promotion:
  gates:
    - {type: soak, time: 24h}
    - {type: health}
    - {type: checks}
    - {type: secrets}
    - {type: approvals, count: 2}
    - type: window
      days: [mon, tue, wed, thu]
      from: 09:00
      to: 16:00
      timezone: Europe/Berlin
    - {type: freeze, from: 2026-12-20, to: 2027-01-06, reason: holidays}
    - {type: previous, environments: [prod-us]}
    - {type: alone}
    - {type: plugin, name: change-ticket}
  fields:
    - app: "*"
      promote: [images, "resources"]
      keep: [replicas]
    - app: paw
      review: ["configMapGenerator[params].literals"]
  autoMerge: false
  reviewers: [alice, fleet/operators]
  overrides: [alice, bob]
  labels: [promotion]
  allowSkipFrom: [dev]
"""

TABLE = ("| field | value | default | meaning |", "|---|---|---|---|")


def page() -> str:
    read_environment("prod", EXAMPLE.encode())
    return "\n".join([f"{HEAD}{EXAMPLE}```\n", *section("", "Fields", record_of(Environment))])


def schema() -> str:
    whole: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "environment.yaml",
        **record_of(Environment).schema(),
    }
    return json.dumps(whole, indent=2) + "\n"


def section(path: str, title: str, record: MappingKind) -> Iterator[str]:
    """A table of the fields, and then a section for each that has fields itself."""
    yield f"## {title}\n\n{record.about}\n"
    rows = [row(path, field) for field in record.fields.values() if field.name != "type"]
    if rows:
        yield "\n".join([*TABLE, *rows]) + "\n"
    for field in record.fields.values():
        inner = f"{path}{field.name}"
        match inside(field.kind):
            case MappingKind() as below:
                yield from section(f"{inner}.", inner, below)
            case OneOf() as several:
                yield f"## {inner}\n\nEach has a `type`, which says what it is.\n"
                for name, below in several.records.items():
                    yield from section(f"{inner}.", f"{inner}: {name}", below)


def row(path: str, field: MappingField) -> str:
    name = f"`{field.name}`"
    value = field.kind.words
    if isinstance(inside(field.kind), MappingKind | OneOf):
        many = isinstance(field.kind, Many)
        anchor = f"{path}{field.name}".replace(".", "").lower()
        value = f"[{'a list of these' if many else 'these fields'}](#{anchor})"
    default = "required" if field.required else shown(field.default)
    return f"| {name} | {cell(value)} | {default} | {cell(field.about)} |"


def inside(kind: ValueKind) -> ValueKind:
    return kind.item if isinstance(kind, Many) else kind


def shown(default: Any) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if isinstance(default, str | int) and default else ""


def cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("*", "\\*") if "`" not in text else text


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else REFERENCE
    (target / "environment.md").write_text(page())
    (target / "environment.schema.json").write_text(schema())
