"""A case that is not as it says is told, and so is a guard that is wrong itself."""

from __future__ import annotations

import pytest

from reconciler.checks.guard_cases import guards_in, try_guard
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.memory import MemoryTree

GUARD = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-latest}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - expression: "object.spec.containers.all(c, !c.image.endsWith(':latest'))"
    messageExpression: "'do not run ' + object.spec.containers[0].image"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-latest}
spec: {policyName: no-latest, validationActions: [Deny]}
"""

WRONG = GUARD.replace("endsWith", "endWith")


def pod(tag: str) -> str:
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n"
        f"spec: {{containers: [{{name: a, image: 'example/a:{tag}'}}]}}\n"
    )


@pytest.mark.parametrize(
    ("name", "case", "guard", "fault"),
    [
        ("passes-tag.yaml", pod("v1"), GUARD, ""),
        ("fails-latest.yaml", pod("latest"), GUARD, ""),
        ("fails-latest.yaml", "# expects: do not run example\n" + pod("latest"), GUARD, ""),
        ("passes-latest.yaml", pod("latest"), GUARD, "it must pass, and the guard says"),
        ("fails-tag.yaml", pod("v1"), GUARD, "it must fail, and passes"),
        ("fails-latest.yaml", "# expects: never\n" + pod("latest"), GUARD, "expected 'never'"),
        ("latest.yaml", pod("latest"), GUARD, "call it passes-latest.yaml or fails-latest.yaml"),
        ("fails-latest.yaml", pod("latest"), WRONG, "the guard is wrong"),
        ("fails-latest.yaml", pod("latest"), GUARD.partition("---")[0], "no binding"),
    ],
)  # fmt: skip
def test_a_case_is_held_against_its_name(
    name: str, case: str, guard: str, fault: str, checking: Kernel
) -> None:
    folder = "policies/no-latest"
    tree = MemoryTree(
        {
            f"{folder}/policy.yaml": guard.encode(),
            f"{folder}/cases/{name}": case.encode(),
            "policies/kustomization.yaml": b"resources: [no-latest/policy.yaml]\n",
        }
    )
    (found,) = guards_in(tree, ["policies", "nowhere"])
    with Renderer(kernel=checking) as renderer:
        (result,) = try_guard(renderer, tree, found)
    assert result.case == f"{folder}/cases/{name}"
    assert fault in result.fault
    assert bool(fault) is bool(result.fault)
