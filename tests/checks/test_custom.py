"""Custom resources are held against their CRD, wherever it is declared."""

from __future__ import annotations

import pytest

from tests.checks.conftest import Check, JudgeOne

CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {plural: things, kind: Thing}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            x-kubernetes-validations:
            - rule: self.size < 10
              messageExpression: "'size is ' + string(self.size)"
            properties:
              size: {type: integer, minimum: 1}
              mode: {type: string, enum: [fast, slow], default: slow}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              any: {type: object, x-kubernetes-preserve-unknown-fields: true}
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    deprecationWarning: use v1
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
  - name: v1alpha1
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
FILES = {"crds/things.yaml": CRD}


def thing(spec: str, version: str = "v1", meta: str = "name: one") -> str:
    return f"apiVersion: example.com/{version}\nkind: Thing\nmetadata: {{{meta}}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (thing("{size: 3}"), []),
        (thing("{size: 3, any: {what: ever}}"), []),
        (thing("{size: 3, mode: fast, tags: [a, b]}"), []),
        (thing("{}"), [("types/missing-field", "spec.size")]),
        (thing("{size: '3'}"), [("types/wrong-type", "spec.size")]),
        (thing("{size: 0}"), [("types/invalid", "spec.size")]),
        (thing("{size: 3, mode: quick}"), [("types/invalid", "spec.mode")]),
        (thing("{size: 3, colour: red}"), [("types/unknown-field", "spec.colour")]),
        (thing("{size: 3, tags: [a, a]}"), [("types/invalid", "spec.tags[1]")]),
        (thing("{size: 11}"), [("types/invalid", "spec")]),
        (thing("{size: 3}", meta="name: one, label: {}"), [("types/unknown-field", "metadata.label")]),
        (thing("{size: 3}", meta="name: one, labels: {a: 1}"), [("types/wrong-type", "metadata.labels.a")]),
        (thing("{size: 3}", meta="name: One"), [("objects/metadata", "metadata.name")]),
        (thing("{size: 3, template: {apiVersion: v1, metadata: {name: a}}}"), [("types/missing-field", "spec.template.kind")]),
        (thing("{}", "v1beta1"), [("types/deprecated", "apiVersion")]),
        (thing("{}", "v1alpha1"), [("types/version-not-served", "apiVersion")]),
        (thing("{}", "v2"), [("types/version-not-served", "apiVersion")]),
    ],
)  # fmt: skip
def test_a_custom_resource_is_held_against_its_schema(
    manifest: str, expected: list[tuple[str, str]], judge_one: JudgeOne
) -> None:
    assert [(f.rule, f.path) for f in judge_one(manifest, FILES)] == expected


def test_a_rule_of_a_crd_gives_its_own_message(judge_one: JudgeOne) -> None:
    (found,) = judge_one(thing("{size: 11}"), FILES)
    assert "size is 11" in found.what


def test_a_field_that_a_crd_does_not_have_comes_with_what_was_meant(judge_one: JudgeOne) -> None:
    (found,) = judge_one(thing("{size: 3, modes: fast}"), FILES)
    assert found.hint == "did you mean mode?"


def test_a_kind_that_no_crd_declares_is_unknown(judge_one: JudgeOne) -> None:
    (found,) = judge_one(thing("{}"))
    assert found.rule == "types/unknown-kind"
    assert "crds/" in found.hint


def test_a_crd_that_an_app_of_the_environment_brings_along_counts(run_check: Check) -> None:
    report = run_check({"operator": CRD, "app": thing("{size: 0}")})
    assert [(f.folder, f.rule) for f in report.findings] == [("app", "types/invalid")]


def test_a_crd_in_the_app_itself_counts(judge_one: JudgeOne) -> None:
    found = judge_one(f"{CRD}---\n{thing('{size: 0}')}")
    assert [f.rule for f in found] == ["types/invalid"]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("name: things.example.com", "name: thing.example.com", 3, "things.example.com"),
        ("storage: true", "storage: false", 9, "0 versions have storage: true"),
        ("type: integer, minimum: 1", "minimum: 1", 23, "must not be empty"),
        ("default: slow", "default: quick", 24, "quick"),
        ("self.size < 10", "self.sise < 10", 20, "undefined field 'sise'"),
        ("string(self.size)", "self.size", 21, "no matching overload"),
        ("scope: Namespaced", "scoop: Namespaced", 7, "there is no field scoop"),
    ],
)
def test_an_invalid_crd_is_a_finding_with_its_place(
    old: str, new: str, line: int, what: str, run_check: Check
) -> None:
    report = run_check("", {"crds/things.yaml": CRD.replace(old, new)})
    found = report.findings[0]
    assert found.where
    assert (found.where.file, found.where.line) == ("crds/things.yaml", line)
    assert what in found.what


def test_what_is_not_a_crd_may_lie_beside_them(run_check: Check) -> None:
    files = {
        "crds/kustomization.yaml": "resources: [things.yaml]",
        "crds/things.yaml": CRD,
        "crds/values.yaml": "a: b\n",
        "crds/README.md": "# CRDs",
    }
    assert not run_check("", files).findings


def test_a_crd_that_is_not_yaml_is_a_finding(run_check: Check) -> None:
    (found,) = run_check("", {"crds/bad.yaml": "a: [\n"}).findings
    assert found.rule == "types/not-yaml"
    assert str(found.where) == "crds/bad.yaml:1:1"
