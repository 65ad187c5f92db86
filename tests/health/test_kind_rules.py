"""Objects of custom kinds, judged by the expressions that an environment has for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any
from unittest.mock import Mock

import pytest

from reconciler.cluster.status.state import ObjectState, ObjectStatus
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.errors import FleetError, KernelError
from reconciler.health.kind_rules import status_rules
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.model.environment import Environment, read_environment
from reconciler.render.kernel_process import Kernel

HEAD = """destination:
  cluster: prod
reconcile:
  health:
"""
WIDGET = """    - apiVersion: example.org/v1
      kind: Widget
      inProgress: status.phase == 'Pending'
      failed: status.phase == 'Broken'
      current: status.phase == 'Ready'
"""
PUMP = "    - {apiVersion: example.org/v1, kind: Pump, current: status.bar > 3}\n"
versions = count(1)


def environment(rules: str) -> Environment:
    return read_environment("prod", (HEAD + rules).encode())


@pytest.fixture
def rules(checking: Kernel) -> StatusRules:
    return status_rules(environment(WIDGET + PUMP), checking)


def an_object(kind: str, status: Any = None, **metadata: Any) -> dict[str, Any]:
    """Each of its own version, so that nothing is known of it."""
    number = f"{next(versions)}"
    about = {"name": "x", "uid": number, "resourceVersion": number, "generation": 1}
    o = {"apiVersion": "example.org/v2", "kind": kind, "metadata": about | metadata}
    return o if status is None else o | {"status": status}


def judged(rules: StatusRules, *objects: Mapping[str, Any]) -> list[ObjectStatus]:
    return asyncio.run(rules.of(objects))


def with_ready(phase: str, message: str) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "False", "message": message}
    return {"phase": phase, "conditions": [condition]}


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("well", an_object("Widget", {"phase": "Ready"}), "healthy", ""),
    (
        "failed",
        an_object("Widget", {"phase": "Broken"}),
        "degraded",
        "failed: status.phase == 'Broken'",
    ),
    (
        "failed, with a reason",
        an_object("Widget", with_ready("Broken", "no water")),
        "degraded",
        "no water (failed: status.phase == 'Broken')",
    ),
    (
        "on its way, with a message",
        an_object("Widget", {"phase": "Pending", "message": "filling"}),
        "progressing",
        "filling (inProgress: status.phase == 'Pending')",
    ),
    ("new", an_object("Widget"), "progressing", "it has no status.phase yet"),
    ("no phase", an_object("Widget", {}), "progressing", "it has no status.phase yet"),
    (
        "none is true",
        an_object("Widget", {"phase": "Odd"}),
        "progressing",
        "none of the expressions for its kind is true yet",
    ),
    (
        "behind",
        an_object("Widget", {"phase": "Ready", "observedGeneration": 1}, generation=2),
        "progressing",
        "its controller has not seen the last change yet",
    ),
    (
        "going",
        an_object("Widget", {"phase": "Ready"}, deletionTimestamp="2026-11-30T22:00:00Z"),
        "progressing",
        "it is being deleted",
    ),
    (
        "of another type",
        an_object("Pump", {"bar": "high"}),
        "progressing",
        "current cannot be evaluated: no such overload",
    ),
    (
        "without a rule",
        an_object("Valve", {"conditions": [{"type": "Ready", "status": "True"}]}),
        "healthy",
        "",
    ),
]


@pytest.mark.parametrize(
    ("o", "state", "reason"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_object_is_as_the_first_expression_says_that_is_true(
    rules: StatusRules, o: dict[str, Any], state: str, reason: str
) -> None:
    assert judged(rules, o) == [ObjectStatus(ObjectState(state), reason)]


def test_many_are_judged_together_each_by_the_rule_of_its_kind(rules: StatusRules) -> None:
    objects = [o for _, o, _, _ in CASES]
    assert [s.state for s in judged(rules, *objects)] == [state for _, _, state, _ in CASES]


def test_the_kernel_is_asked_once_of_each_object_that_changed(checking: Kernel) -> None:
    asked = Mock(wraps=checking)
    rules = status_rules(environment(WIDGET), asked)
    one, other = an_object("Widget", {"phase": "Ready"}), an_object("Widget", {"phase": "Ready"})
    plain = an_object("Valve")
    for _ in range(3):
        judged(rules, one, plain, other)
    assert asked.health.call_count == 1
    newer = {**one["metadata"], "resourceVersion": "9999"}
    judged(rules, {**one, "metadata": newer}, other)
    assert asked.health.call_count == 2
    judged(rules, plain)
    assert asked.health.call_count == 2


def test_what_keeps_the_kernel_from_an_answer_is_told_and_tried_again(checking: Kernel) -> None:
    asked = Mock(wraps=checking)
    rules = status_rules(environment(WIDGET), asked)
    o = an_object("Widget", {"phase": "Ready"})
    asked.health.side_effect = KernelError("the kernel was closed")
    why = "it cannot be judged: the kernel was closed"
    assert judged(rules, o) == [ObjectStatus(ObjectState.progressing, why)]
    asked.health.side_effect = None
    assert judged(rules, o) == [ObjectStatus(ObjectState.healthy)]


MISTAKES = [
    (
        WIDGET.replace("status.phase == 'Broken'", "stats.phase == 'Broken'"),
        "8:15: reconcile.health[0].failed is not right: undeclared reference to 'stats'",
        "the variables are apiVersion, kind, metadata, spec, status, data, and object",
    ),
    (
        WIDGET.replace("status.phase == 'Broken'", "'status.phase =='"),
        "8:31: reconcile.health[0].failed is not right: Syntax error",
        "write it in CEL",
    ),
    (
        WIDGET.replace(
            "status.phase == 'Ready'", "|\n        has(status.phase) &&\n          phase == 'Ready'"
        ),
        "11:11: reconcile.health[0].current is not right: undeclared reference to 'phase'",
        "the variables are",
    ),
    (
        WIDGET.replace("status.phase == 'Ready'", ">\n        has(status.phase)\n        && phase"),
        "9: reconcile.health[0].current is not right: undeclared reference to 'phase'",
        "the variables are",
    ),
    (
        WIDGET.replace("status.phase == 'Ready'", "kind"),
        "9:16: reconcile.health[0].current is not right: it gives string, and not true or false",
        "compare it with something",
    ),
    (
        WIDGET + PUMP.replace("Pump", "Widget").replace("v1", "v2"),
        "10:42: there is a rule for Widget of example.org already",
        "make one of the two",
    ),
    (
        PUMP.replace("example.org/v1, kind: Pump", "apps/v1, kind: Deployment"),
        "5:35: Deployment is a kind of Kubernetes itself",
        "rules are for custom kinds",
    ),
    (
        PUMP.replace("example.org/v1, kind: Pump", "v1, kind: Secret"),
        "5:30: Secret is a kind of Kubernetes itself",
        "rules are for custom kinds",
    ),
]


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_a_rule_that_is_wrong_is_refused_at_its_place(
    checking: Kernel, text: str, message: str, hint: str
) -> None:
    with pytest.raises(FleetError) as refused:
        refuse_wrong_rules(environment(text), checking)
    assert refused.value.lines()[0].startswith(f"environments/prod/environment.yaml:{message}")
    assert hint in refused.value.hint


def test_rules_that_are_right_are_let_pass(checking: Kernel) -> None:
    gateway = PUMP.replace("example.org", "gateway.networking.k8s.io").replace("Pump", "Gateway")
    refuse_wrong_rules(environment(WIDGET + PUMP + gateway), checking)
