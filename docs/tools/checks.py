"""Writes the reference of the checks to standard output, as the rules explain themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby

from reconciler.checks.catalogue import RULES
from reconciler.checks.rule import CheckRule

HEAD = """# Checks

<!-- Written by docs/tools/checks.py: make docs writes it again. -->

What `reconciler check` can find. `--rule` and `--ignore` take these names and globs of them, and so
does `checks.ignore` in [environment.yaml](environment.md). A guard of the repository is the rule
`policy/` with the name of its policy. [What is checked, and what is not](../explanation/checks.md)
tells how they work.
"""

GROUPS = {
    "types": "What the API server's own types say of each object.",
    "objects": "Names, labels and sizes.",
    "crds": "The definitions of custom kinds.",
    "policies": "The guards themselves; what they find is `policy/NAME`.",
    "releases": "How apps name the release that they run.",
    "argocd": "What Argo CD is told in `environments/argocd/`, where there is such a folder.",
    "annotations": "What objects say of how they are applied.",
    "references": "What is named and provided by nothing: not by an object of the environment, "
    "and not by its `externals`.",
    "services": "Services and the pods behind them.",
    "workloads": "Deployments, StatefulSets and others that make pods.",
    "autoscaling": "HorizontalPodAutoscalers.",
    "disruption": "PodDisruptionBudgets.",
    "network": "NetworkPolicies.",
    "monitoring": "ServiceMonitors and PodMonitors.",
    "sealing": "SealedSecrets, and what is recorded of how they were sealed.",
    "immutable": "Fields that a cluster does not let change.",
    "render": "What Kustomize says while it renders.",
    "check": "The check itself.",
}


def group_of(rule: CheckRule) -> str:
    return rule.id.partition("/")[0]


def page() -> Iterator[str]:
    yield HEAD
    order = list(GROUPS)
    for name, rules in groupby(sorted(RULES, key=lambda r: order.index(group_of(r))), group_of):
        yield f"## {name}\n\n{GROUPS[name]}\n"
        for rule in rules:
            yield f"### {rule.id}\n"
            yield f"*{rule.severity}*: {rule.title}\n"
            if rule.details:
                yield f"{rule.details}\n"


if __name__ == "__main__":
    sys.stdout.write("\n".join(page()))
