"""Where objects begin, and what happens to them."""

from __future__ import annotations

from reconciler.compare.difference import path_text
from reconciler.explain.as_json import app_document, field_document, object_document
from reconciler.explain.as_text import ExplanationText
from tests.explain.conftest import FILES, Explain


def test_each_object_is_traced_to_the_document_that_it_begins_in(explain: Explain) -> None:
    app = explain()
    begins = {
        f"{identity.kind}/{identity.name[:12]}": f"{origin.how} {origin.place}"
        for identity, origin in zip(app.objects, app.origins, strict=True)
    }
    assert begins["Deployment/web-one"] == "written base/deployment.yaml:1:1"
    assert begins["Service/web"] == "written base/service.yaml:2:1"
    assert begins["Secret/keys-two"] == "written base/service.yaml:10:1"
    assert begins["ConfigMap/settings-one"] == (
        "made by configMapGenerator base/kustomization.yaml:5:5"
    )


def test_kustomizations_stand_in_the_order_in_which_they_work(explain: Explain) -> None:
    assert [k.file.removesuffix("/kustomization.yaml") for k in explain().kustomizations] == [
        "base",
        "part",
        "one",
        "two",
        "entry",
    ]


def test_files_and_what_was_looked_for_are_told_apart(explain: Explain) -> None:
    app = explain()
    assert set(app.files) == set(FILES)
    assert "entry/Kustomization" in app.missing
    assert not set(app.files) & set(app.missing)


def test_the_history_of_an_object_names_each_step_and_its_fields(explain: Explain) -> None:
    app = explain()
    events = app.history(app.find("Deployment/web-two")).events()
    told = [
        (str(event.steps[0]) if event.steps else "", [path_text(c.path) for c in event.changes])
        for event in events
    ]
    assert told == [
        ("labels[0]", ["metadata.labels"]),
        (
            "nameSuffix",
            ["metadata.name", "spec.template.spec.containers[web].envFrom[0].configMapRef.name"],
        ),
        ("patches[0]", ["spec.replicas"]),
        ("namespace", ["metadata.namespace"]),
        ("replicas[0]", ["spec.replicas"]),
        ("images[0]", ["spec.template.spec.containers[web].image"]),
        ("", ["spec.template.spec.containers[web].envFrom[0].configMapRef.name"]),
    ]


def test_people_and_programs_are_told_the_same(explain: Explain) -> None:
    app = explain()
    position = app.find("Deployment/web-two")
    whole = app_document(app)
    assert [o["name"] for o in whole["objects"]] == [o.name for o in app.objects]
    text = "\n".join(ExplanationText(app).app())
    for file in whole["files"] + whole["missing"]:
        assert file in text
    one = object_document(app, position)
    assert one["object"]["name"] == "web-two"
    text = "\n".join(ExplanationText(app).object(position))
    for event in one["events"]:
        for step in event["steps"]:
            assert f"{step['place']['file']}:{step['place']['line']}" in text
    field = field_document(app, position, app.field(position, "spec.replicas"))
    assert (field["value"], [s["value"] for s in field["settings"]]) == (4, [1, 3, 4])


def test_what_was_deleted_on_the_way_confuses_nobody(explain: Explain) -> None:
    patches = (
        FILES["entry/patches.yaml"]
        + """---
apiVersion: v1
kind: Service
metadata:
  name: web-one
$patch: delete
"""
    )
    app = explain(entry__patches=patches)
    assert [o.name for o in app.objects if o.kind == "Service"] == ["web-two", "web"]
    field = app.field(app.find("Deployment/web-two"), "spec.replicas")
    assert [s.value for s in field.settings] == [1, 3, 4]


def test_objects_of_a_list_are_found_in_it(explain: Explain) -> None:
    listed = """apiVersion: v1
kind: ServiceList
items:
  - apiVersion: v1
    kind: Service
    metadata: {name: a}
  - apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {clusterIP: None}
"""
    app = explain("base", base__service=listed)
    position = app.find("Service/web")
    assert str(app.origins[position].place) == "base/service.yaml:7:5"
    (setting,) = app.field(position, "spec.clusterIP").settings
    assert str(setting.place) == "base/service.yaml:10:23"
