"""What the JSON Schema lets through is what the program reads."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from yaml.nodes import MappingNode, Node, SequenceNode

from reconciler.errors import FleetError
from reconciler.model.environment import Environment, read_environment
from reconciler.model.mapping_kinds import record_of
from reconciler.yaml.nodes import YamlText, kind_of
from tests.model.test_environment import LEAST, MISTAKES

SCHEMA = Draft202012Validator(record_of(Environment).schema())

RIGHT = [
    "",
    "displayName: Production in Düsseldorf",
    "displayName: no",
    "promotesFrom: stage",
    "promotesFrom: [stage-eu, stage-us]",
    "promotesFrom: []",
    'kubernetes: "1.36"',
    "repositories: [https://host/a/b, 'ssh://git@host:22/a', 'git@host:a/b.git', file:///a/b]",
    "remotes: []",
    "releases: {policy: follow, fullCommit: FALSE, branch: release/1.x}",
    "externals: [{kind: Secret, name: '*'}, {kind: ConfigMap, name: ca, namespace: kube-*}]",
    "checks: {failOn: warning, crds: [a/b, c], policies: [policies/]}",
    "checks: {ignore: [{check: 'reference/*', reason: it is so}]}",
    "sealing: {certificate: environments/prod/cert.pem, scope: cluster-wide}",
    "promotion: {gates: [{type: soak, time: 30m}, {type: checks}, {type: secrets}]}",
    "promotion: {gates: [{type: approvals}, {type: approvals, count: 10, by: [ann]}]}",
    "promotion: {gates: [{type: window, from: 22:00, to: '06:00', days: [mon, sun]}]}",
    "promotion: {gates: [{type: freeze, from: 2026-12-20, to: 2026-12-20, reason: rest}]}",
    "promotion: {gates: [{type: previous}, {type: alone}, {type: plugin, name: ticket}]}",
    "promotion: {overrides: [alice, bob]}",
    "health: [{type: argocd}, {type: argocd, application: '{environment}-{app}', cluster: hub}]",
    "health: [{type: prometheus, url: 'http://p:9090/x', query: 'min(up{app=\"{app}\"}) > 0'}]",
    "health: [{type: http, app: 'paw*', url: 'https://{app}.example.org:8443/healthz?full=1'}]",
    "promotion: {fields: [{app: paw, keep: [images, 'images[a/b].newTag', replicas]}]}",
    "promotion: {reviewers: [alice, org/team], labels: [a b], allowSkipFrom: [dev]}",
]

# What only the program can know: a schema has no calendar, and has seen no other field.
BEYOND_A_SCHEMA = (
    *("the window closes", "the freeze ends", "there is no zone", "to: day "),
    *("is among its gates, and it goes without", "name the fields in jsonPointers"),
)


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_right_to_both(text: str) -> None:
    content = (LEAST + text + "\n").encode()
    assert read_environment("prod", content)
    SCHEMA.validate(plain(content))


@pytest.mark.parametrize(
    ("text", "message"), [m[:2] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_what_is_wrong_is_wrong_to_both(text: str, message: str) -> None:
    content = (LEAST + text + "\n").encode()
    with pytest.raises(FleetError):
        read_environment("prod", content)
    try:
        value = plain(content)
    except FleetError:
        return  # no YAML that a schema could be held against
    assert SCHEMA.is_valid(value) == any(known in message for known in BEYOND_A_SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(record_of(Environment).schema())


def plain(content: bytes) -> Any:
    """The values of a document by the rules of YAML 1.2, as an editor sees them."""
    source = YamlText("a.yaml")
    node = source.document(content)

    def value(node: Node) -> Any:
        if isinstance(node, MappingNode):
            return {name: value(item) for name, _, item in source.entries(node)}
        if isinstance(node, SequenceNode):
            return [value(item) for item in node.value]
        match kind_of(node):
            case "nothing" | "tag":
                return None
            case "boolean":
                return node.value.lower() == "true"
            case "integer":
                return int(node.value)
            case "number":
                return float(node.value)
        return node.value

    return value(node) if node else None
