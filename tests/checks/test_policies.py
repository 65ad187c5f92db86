"""Policies are evaluated as the API server would when the object is created."""

from __future__ import annotations

import pytest

from reconciler.checks.finding import Severity
from reconciler.errors import RenderTimeout
from tests.checks.conftest import Check, JudgeOne

API = "apiVersion: admissionregistration.k8s.io/v1\n"
DEPLOYMENTS = (
    "{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}"
)


def policy(
    validations: str,
    *,
    rules: str = DEPLOYMENTS,
    constraints: str = "",
    more: str = "",
    name: str = "guard",
) -> str:
    return f"""{API}kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  matchConstraints:
    resourceRules: [{rules}]
{constraints}
{more}
  validations:
{validations}
---
"""


def bind(actions: str = "[Deny]", more: str = "", name: str = "guard") -> str:
    return f"""{API}kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: guard
  validationActions: {actions}
{more}
---
"""


def deployment(spec: str = "replicas: 1", meta: str = "name: web") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{{meta}}}
spec:
  {spec}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: web}}]}}
---
"""


ONE = "  - {expression: object.spec.replicas == 1, message: exactly one}"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: prod}}\n---\n"
PARAMS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits}\ndata: {most: '3'}\n---\n"
PARAM_KIND = "  paramKind: {apiVersion: v1, kind: ConfigMap}"
MOST = "  - {expression: object.spec.replicas <= int(params.data.most), message: too many}"


def param(action: str = "Deny", name: str = "limits", more: str = "namespace: default, ") -> str:
    return f"  paramRef: {{name: {name}, {more}parameterNotFoundAction: {action}}}"


@pytest.mark.parametrize(
    ("rules", "manifest", "said"),
    [
        # Validations
        (policy(ONE) + bind(), deployment(), []),
        (policy(ONE) + bind(), deployment("replicas: 2"), ["exactly one"]),
        (
            policy("  - {expression: object.spec.replicas == 1}") + bind(),
            deployment("replicas: 2"),
            ["failed expression: object.spec.replicas == 1"],
        ),
        (
            policy("  - {expression: 'false', messageExpression: \"'it is ' + object.metadata.name\"}") + bind(),
            deployment(),
            ["it is web"],
        ),
        (
            policy("  - {expression: 'false', messageExpression: \"''\", message: plain}") + bind(),
            deployment(),
            ["plain"],
        ),
        (
            policy("  - {expression: 'false', messageExpression: string(object.spec.nothing), message: plain}") + bind(),
            deployment(),
            ["plain"],
        ),
        (policy(ONE + "\n  - {expression: 'false', message: never}") + bind(), deployment("replicas: 2"), ["exactly one", "never"]),
        (policy("  - {expression: 'object.spec.template.spec.containers.all(c, c.image.endsWith(\":v1\"))', message: tag}") + bind(), deployment(), ["tag"]),
        (policy("  - {expression: oldObject == null && request.operation == 'CREATE'}") + bind(), deployment(), []),
        (policy("  - {expression: request.namespace == 'default' && request.name == 'web'}") + bind(), deployment(), []),
        (policy("  - {expression: request.resource.resource == 'deployments' && request.kind.kind == 'Deployment'}") + bind(), deployment(), []),
        # Kubernetes' own libraries
        (policy("  - {expression: \"quantity('1Gi').isGreaterThan(quantity('1M'))\"}") + bind(), deployment(), []),
        (policy("  - {expression: \"object.metadata.name.find('[a-z]+') == 'web'\"}") + bind(), deployment(), []),
        (policy("  - {expression: \"isURL('https://example.com') && ip('10.0.0.1').family() == 4\"}") + bind(), deployment(), []),
        (policy("  - {expression: 'object.?spec.?paused.orValue(false) == false'}") + bind(), deployment(), []),
        # Variables and conditions
        (
            policy("  - {expression: variables.count == 1}", more="  variables: [{name: count, expression: object.spec.replicas}]") + bind(),
            deployment("replicas: 2"),
            ["failed expression: variables.count == 1"],
        ),
        (policy(ONE, more="  matchConditions: [{name: big, expression: object.spec.replicas > 5}]") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, more="  matchConditions: [{name: big, expression: object.spec.replicas > 1}]") + bind(), deployment("replicas: 2"), ["exactly one"]),
            # Defaults
        (policy(ONE) + bind(), deployment("paused: false"), []),
        (policy("  - {expression: object.spec.strategy.rollingUpdate.maxSurge == '25%'}") + bind(), deployment(), []),
        (policy("  - {expression: \"object.spec.template.spec.containers[0].imagePullPolicy == 'IfNotPresent'\"}") + bind(), deployment(), ["failed expression: object.spec.template.spec.containers[0].imagePullPolicy == 'IfNotPresent'"]),
        (policy("  - {expression: object.metadata.namespace == 'default' && has(object.spec.template.spec.securityContext)}") + bind(), deployment(), []),
        # What a policy is for
        (policy(ONE, rules=DEPLOYMENTS.replace("deployments", "statefulsets")) + bind(), deployment("replicas: 2"), []),
        (policy(ONE, rules=DEPLOYMENTS.replace("[CREATE, UPDATE]", "[DELETE]")) + bind(), deployment("replicas: 2"), []),
        (policy(ONE, rules=DEPLOYMENTS.replace("[apps]", "['*']").replace("[v1]", "['*']").replace("[deployments]", "['*']")) + bind(), deployment("replicas: 2"), ["exactly one"]),
        (policy(ONE, rules=DEPLOYMENTS[:-1] + ", resourceNames: [other]}") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, rules=DEPLOYMENTS[:-1] + ", scope: Cluster}") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, constraints="    excludeResourceRules: [" + DEPLOYMENTS + "]") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, constraints="    objectSelector: {matchLabels: {a: b}}") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, constraints="    objectSelector: {matchLabels: {a: b}}") + bind(), deployment("replicas: 2", "name: web, labels: {a: b}"), ["exactly one"]),
        (policy(ONE, constraints="    namespaceSelector: {matchLabels: {tier: prod}}") + bind(), deployment("replicas: 2"), []),
        (policy(ONE, constraints="    namespaceSelector: {matchLabels: {tier: prod}}") + bind(), NAMESPACE + deployment("replicas: 2", "name: web, namespace: shop"), ["exactly one"]),
        (policy(ONE, constraints="    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}") + bind(), deployment("replicas: 2", "name: web, namespace: shop"), ["exactly one"]),
        (policy("  - {expression: \"namespaceObject.metadata.labels.tier == 'prod'\"}") + bind(), NAMESPACE + deployment(meta="name: web, namespace: shop"), []),
        (policy("  - {expression: \"namespaceObject.metadata.name == 'default'\"}") + bind(), deployment(), []),
        # Bindings
        (policy(ONE), deployment("replicas: 2"), []),
        (policy(ONE) + bind(more="  matchResources: {objectSelector: {matchLabels: {a: b}}}"), deployment("replicas: 2"), []),
        (policy(ONE) + bind() + bind(name="twice"), deployment("replicas: 2"), ["exactly one"]),
        # Parameters
        (policy(MOST, more=PARAM_KIND) + PARAMS + bind(more=param()), deployment("replicas: 3"), []),
        (policy(MOST, more=PARAM_KIND) + PARAMS + bind(more=param()), deployment("replicas: 4"), ["too many"]),
        (policy(MOST, more=PARAM_KIND) + bind(more=param("Allow", "absent")), deployment("replicas: 4"), []),
        (policy(MOST, more=PARAM_KIND) + bind(more=param(name="absent")), deployment("replicas: 4"), ["failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"]),
        (policy(MOST, more=PARAM_KIND) + bind(more=param(more="")), PARAMS.replace("name: limits", "name: limits, namespace: shop") + deployment("replicas: 4", "name: web, namespace: shop"), ["too many"]),
        (policy("  - {expression: params == null}", more=PARAM_KIND) + bind(), deployment(), []),
        # Errors
        (policy("  - {expression: object.spec.paused == true}") + bind(), deployment(), ["expression 'object.spec.paused == true' resulted in error: no such key: paused"]),
        (policy("  - {expression: object.spec.paused == true}", more="  failurePolicy: Ignore") + bind(), deployment(), []),
    ],
)  # fmt: skip
def test_a_policy_says_what_the_api_server_would(
    rules: str, manifest: str, said: list[str], judge_one: JudgeOne
) -> None:
    found = judge_one(manifest, {"policies/guard.yaml": rules})
    assert [f.what for f in found] == said
    assert {f.rule for f in found} <= {"policy/guard"}
    assert all("policies/guard.yaml" in f.hint for f in found)


@pytest.mark.parametrize(
    ("actions", "severity"),
    [
        ("[Deny]", Severity.error),
        ("[Warn]", Severity.warning),
        ("[Audit]", Severity.note),
        ("[Warn, Audit]", Severity.warning),
        ("[Deny, Audit]", Severity.error),
    ],
)
def test_the_actions_of_a_binding_are_the_severity(
    actions: str, severity: Severity, judge_one: JudgeOne
) -> None:
    (found,) = judge_one(
        deployment("replicas: 2"), {"policies/a.yaml": policy(ONE) + bind(actions)}
    )
    assert found.severity is severity


def test_the_strictest_of_several_bindings_counts(judge_one: JudgeOne) -> None:
    rules = policy(ONE) + bind("[Audit]") + bind("[Deny]", name="b") + bind("[Warn]", name="c")
    (found,) = judge_one(deployment("replicas: 2"), {"policies/a.yaml": rules})
    assert found.severity is Severity.error


@pytest.mark.parametrize(
    ("rules", "rule", "place", "what"),
    [
        (policy("  - {expression: objct.spec.replicas == 1}") + bind(), "policies/does-not-compile", "10:18", "undeclared reference to 'objct'"),
        (policy("  - expression: |\n      true &&\n      objct.spec == 1") + bind(), "policies/does-not-compile", "12:17", "undeclared reference to 'objct'"),
        (policy("  - {expression: '1 +'}") + bind(), "policies/does-not-compile", "10:21", "Syntax error"),
        (policy("  - {expression: '1'}") + bind(), "policies/does-not-compile", "10:18", "must evaluate to bool"),
        (policy(ONE, more="  variables: [{name: a, expression: nope}]") + bind(), "policies/does-not-compile", "8:37", "undeclared reference to 'nope'"),
        (policy(ONE, more="  matchConditions: [{name: a, expression: nope}]") + bind(), "policies/does-not-compile", "8:43", "undeclared reference to 'nope'"),
        (policy("  - {expression: 'true', messageExpression: '1'}") + bind(), "policies/does-not-compile", "10:45", "must evaluate to string"),
        (policy("  - {expression: object.spec.replicaz == 1}") + bind(), "policies/type-check", "10:29", "for Deployment: undefined field 'replicaz'"),
        (policy("  - {expression: object.spec.replicas == 'one'}") + bind(), "policies/type-check", "10:39", "for Deployment: found no matching overload"),
        (policy("  - {expression: \"authorizer.group('').resource('pods').check('get').allowed()\"}") + bind(), "policies/needs-authorizer", "10:18", "asks the authorizer"),
        (policy(ONE), "policies/not-bound", "3:18", "no binding names the policy guard"),
        (bind(), "policies/invalid", "5:15", "there is no policy guard"),
        (policy(ONE) + bind("[]"), "policies/invalid", "16:3", "no validationActions"),
        (policy(ONE, rules="") + bind(), "policies/invalid", "6:20", "which objects it is for"),
        (policy("  - {expresion: 'true'}") + bind(), "types/unknown-field", "10:17", "no field expresion"),
        ("a: [", "types/not-yaml", "1:1", "not YAML"),
    ],
)  # fmt: skip
def test_a_policy_with_a_mistake_is_one_finding_with_its_place(
    rules: str, rule: str, place: str, what: str, run_check: Check
) -> None:
    report = run_check("", {"policies/guard.yaml": rules})
    found = next(f for f in report.findings if f.rule == rule)
    assert str(found.where) == f"policies/guard.yaml:{place}"
    assert what in found.what


def test_types_are_checked_for_custom_resources_too(run_check: Check) -> None:
    from tests.checks.test_custom import CRD

    rules = DEPLOYMENTS.replace("apps", "example.com").replace("deployments", "things")
    text = policy("  - {expression: object.spec.sice < 3}", rules=rules) + bind()
    report = run_check("", {"policies/guard.yaml": text, "crds/things.yaml": CRD})
    assert [f.rule for f in report.findings] == ["policies/type-check"]


def test_a_policy_for_another_version_of_a_kind_says_that_it_was_not_evaluated(
    judge_one: JudgeOne,
) -> None:
    rules = "{apiGroups: [autoscaling], apiVersions: [v2], operations: [CREATE], resources: [horizontalpodautoscalers]}"
    manifest = (
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
        "spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}}\n"
    )
    found = judge_one(
        manifest, {"policies/a.yaml": policy("  - {expression: 'false'}", rules=rules) + bind()}
    )
    assert [f.rule for f in found] == ["policies/other-version"]


COSTLY = "[0,1,2,3,4,5,6,7,8,9]"
for _ in range(7):
    COSTLY = (
        f"[0,1,2,3,4,5,6,7,8,9].all(x, {COSTLY}.size() > 0)"
        if "all" not in COSTLY
        else COSTLY.replace(
            "[0,1,2,3,4,5,6,7,8,9].size() > 0",
            "[0,1,2,3,4,5,6,7,8,9].all(x, [0,1,2,3,4,5,6,7,8,9].size() > 0)",
        )
    )


def test_a_policy_that_runs_too_long_is_stopped_and_said_so(judge_one: JudgeOne) -> None:
    rules = policy(f"  - {{expression: '{COSTLY}'}}") + bind()
    (found,) = judge_one(deployment(), {"policies/a.yaml": rules})
    assert found.rule == "policy/guard"
    assert "cost limit exceeded" in found.what


def core_map() -> str:
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def test_a_check_that_is_over_its_time_is_an_error_of_that_app_alone(run_check: Check) -> None:
    rules = policy(f"  - {{expression: '{COSTLY}'}}") + bind()
    many = "".join(deployment(meta=f"name: web{i}") for i in range(300))
    report = run_check({"long": many, "short": core_map()}, {"policies/a.yaml": rules}, timeout=1.5)
    ((app, error),) = report.failed
    assert app == "long"
    assert isinstance(error, RenderTimeout)
    assert report.objects == 1


def test_the_value_of_a_secret_is_not_in_what_a_policy_says(judge_one: JudgeOne) -> None:
    rules = policy(
        "  - {expression: 'false', messageExpression: \"'it is ' + string(object.data.password)\"}",
        rules="{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [secrets]}",
    )
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: c3dvcmRmaXNo}\n"
    (found,) = judge_one(manifest, {"policies/a.yaml": rules + bind()})
    assert found.what == "it is [redacted]"


def test_a_policy_that_is_rendered_with_an_app_must_compile_too(judge_one: JudgeOne) -> None:
    (found,) = judge_one(policy("  - {expression: objct == null}"))
    assert (found.rule, found.path) == (
        "policies/does-not-compile",
        "spec.validations[0].expression",
    )
