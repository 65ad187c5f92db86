"""Who gave a field its value: the file and line, step by step."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.explain.as_text import ExplanationText
from reconciler.explain.object_history import Setting
from reconciler.explain.paths import parse
from tests.explain.conftest import FILES, Explain

WEB = "spec.template.spec.containers[web]"


def told(setting: Setting) -> tuple[str, object]:
    steps = " or ".join(f"{s.file} {s}" for s in setting.steps)
    place = str(setting.place) if setting.place else ""
    return f"{place} {steps}".strip(), setting.value


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        (
            "Deployment/web-one",
            f"{WEB}.image",
            [
                ("base/deployment.yaml:11:18", "example/web:unset"),
                (
                    "entry/kustomization.yaml:17:5 entry/kustomization.yaml images[0]",
                    "example/web:1.2.3",
                ),
            ],
        ),
        (
            "Deployment/web-one",
            "spec.replicas",
            [
                ("base/deployment.yaml:6:13", 1),
                ("entry/patches.yaml:6:13 entry/kustomization.yaml patches[0]", 2),
            ],
        ),
        (
            "Deployment/web-two",
            "spec.replicas",
            [
                ("base/deployment.yaml:6:13", 1),
                ("entry/patches.yaml:13:13 entry/kustomization.yaml patches[0]", 3),
                ("entry/kustomization.yaml:20:5 entry/kustomization.yaml replicas[0]", 4),
            ],
        ),
        (
            "Deployment/web-one",
            "spec.minReadySeconds",
            [("entry/kustomization.yaml:15:26 entry/kustomization.yaml patches[1]", 5)],
        ),
        (
            "Deployment/web-one",
            f"{WEB}.args[--b]",
            [("part/kustomization.yaml:6:9 part/kustomization.yaml patches[0]", "--b")],
        ),
        (
            "Deployment/web-one",
            f"{WEB}.args[2]",
            [("part/kustomization.yaml:9:9 part/kustomization.yaml patches[0]", "--c")],
        ),
        ("Deployment/web-one", f"{WEB}.env[LEVEL].value", [("base/deployment.yaml:15:22", "info")]),
        (
            "Deployment/web-one",
            "metadata.labels.tier",
            [("base/kustomization.yaml:13:13 base/kustomization.yaml labels[0]", "front")],
        ),
        (
            "Deployment/web-one",
            "metadata.name",
            [
                ("base/deployment.yaml:4:9", "web"),
                ("one/kustomization.yaml:3:13 one/kustomization.yaml nameSuffix", "web-one"),
            ],
        ),
        (
            "Deployment/web-one",
            "metadata.namespace",
            [("entry/kustomization.yaml:1:12 entry/kustomization.yaml namespace", "shop")],
        ),
        ("Service/web", "spec.ports[80].port", [("base/service.yaml:8:13", 80)]),
        (
            "ConfigMap/settings-one",
            "data.B",
            [
                ("base/kustomization.yaml:8:9", "2"),
                (
                    "entry/kustomization.yaml:26:9 entry/kustomization.yaml configMapGenerator[0]",
                    "3",
                ),
            ],
        ),
        ("ConfigMap/settings-one", "data.A", [("base/kustomization.yaml:7:9", "1")]),
        ("ConfigMap/settings-one", 'data["app.conf"]', [("base/app.conf", "listen 80\n")]),
    ],
)
def test_a_value_comes_from_here(
    explain: Explain, name: str, field: str, expected: list[tuple[str, object]]
) -> None:
    app = explain()
    position = (
        next(i for i, o in enumerate(app.objects) if f"{o.kind}/{o.name}".startswith(name))
        if name.startswith("ConfigMap")
        else app.find(name)
    )
    found = app.field(position, field)
    assert [told(setting) for setting in found.settings] == expected
    assert found.also == ()


def test_a_reference_to_a_generated_object_ends_with_kustomizes_own_hash(explain: Explain) -> None:
    app = explain()
    field = app.field(app.find("Deployment/web-one"), f"{WEB}.envFrom[0].configMapRef.name")
    assert told(field.settings[0]) == ("base/deployment.yaml:17:36", "settings")
    assert told(field.settings[-2])[0].endswith("one/kustomization.yaml nameSuffix")
    last = field.settings[-1]
    assert (last.place, last.steps) == (None, ())
    assert str(last.value).startswith("settings-one-")


def test_what_would_give_the_same_value_is_told_too(explain: Explain) -> None:
    patches = FILES["entry/patches.yaml"].replace("replicas: 3", "replicas: 4")
    app = explain(entry__patches=patches)
    field = app.field(app.find("Deployment/web-two"), "spec.replicas")
    assert told(field.settings[-1])[0] == (
        "entry/patches.yaml:13:13 entry/kustomization.yaml patches[0]"
    )
    assert [told(setting)[0] for setting in field.also] == [
        "entry/kustomization.yaml:20:5 entry/kustomization.yaml replicas[0]"
    ]


def test_a_value_that_only_a_replacement_knows_has_its_entry_for_a_place(explain: Explain) -> None:
    top = (
        FILES["entry/kustomization.yaml"]
        + """replacements:
  - source: {kind: Service, name: web-one, fieldPath: metadata.name}
    targets:
      - select: {kind: Deployment, name: web-one}
        fieldPaths: [spec.template.spec.hostname]
        options: {create: true}
"""
    )
    app = explain(entry__kustomization=top)
    field = app.field(app.find("Deployment/web-one"), "spec.template.spec.hostname")
    assert [told(setting) for setting in field.settings] == [
        ("entry/kustomization.yaml:28:5 entry/kustomization.yaml replacements[0]", "web-one")
    ]


TWICE = {
    "entry__kustomization": "resources: [../base, ../two]\n",
    "two__kustomization": """resources: [../base]
namespace: two
patches:
  - target: {kind: Deployment}
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["sh"]}]'
  - target: {kind: Deployment}
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/command/-", "value": "x"}]'
""",
}


def test_a_step_that_does_not_render_alone_is_found_by_leaving_it_out(explain: Explain) -> None:
    """Without its namespace the object is there twice, so nobody sees the patches by themselves."""
    app = explain(**TWICE)
    field = app.field(app.find("Deployment/two/web"), f"{WEB}.command[1]")
    assert [told(setting) for setting in field.settings] == [
        ("two/kustomization.yaml:7:12 two/kustomization.yaml patches[1]", "x")
    ]


def test_steps_that_cannot_be_told_apart_are_named_together(explain: Explain) -> None:
    """The second patch needs the first one, so the app renders without neither."""
    app = explain(**TWICE)
    position = app.find("Deployment/two/web")
    field = app.field(position, f"{WEB}.command[0]")
    assert list(ExplanationText(app).field(position, field))[-1] == (
        "  one of two/kustomization.yaml:4:5 patches[0], two/kustomization.yaml:2:12 namespace: sh"
    )


def test_a_secret_value_is_explained_and_not_shown(explain: Explain) -> None:
    app = explain()
    position = app.find("Secret/keys-one")
    field = app.field(position, "stringData.password")
    text = "\n".join(ExplanationText(app).field(position, field))
    assert "base/service.yaml:15:13" in text
    assert "(hidden)" in text
    assert "hunter2" not in text + repr(field)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a.b", ("a", "b")),
        ("a[b].c", ("a", "b", "c")),
        ('a["b.c/d"]', ("a", "b.c/d")),
        ("a['b.c']", ("a", "b.c")),
        ("a[80/UDP]", ("a", "80/UDP")),
        ("[0]", ("0",)),
        ("a.[b]", ("a", "b")),
    ],
)
def test_a_path_is_read_as_it_is_shown(text: str, steps: tuple[str, ...]) -> None:
    assert parse(text) == steps


@pytest.mark.parametrize("text", ["a[", "a..b", "a b", "]"])
def test_what_is_no_path_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UsageError, match="is not a path to a field"):
        parse(text)


@pytest.mark.parametrize(
    ("name", "field", "complaint", "hint"),
    [
        ("Deployment/wbe-one", "a", "renders no object", "did you mean Deployment/web-one?"),
        ("web-one", "a", "may be any of 2 objects", "Deployment/shop/web-one or Service"),
        ("Deployment/web-one", "spec.replica", "spec has no replica", "it has minReadySeconds"),
        ("Deployment/web-one", f"{WEB}.args[--zzz]", "has no --zzz", "render the app"),
    ],
)
def test_a_name_that_is_wrong_gets_an_answer(
    explain: Explain, name: str, field: str, complaint: str, hint: str
) -> None:
    app = explain()
    with pytest.raises(UsageError) as raised:
        app.field(app.find(name), field)
    assert complaint in str(raised.value)
    assert hint in raised.value.hint
