"""What a kustomization can do to its objects: each feature adds itself to a layer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.render.generated.resources import APPS, Object
from tests.render.generated.scalars import PLAIN, QUOTED, one_in, strings
from tests.render.generated.writing import block, documents


class Layer:
    """One kustomization in the making: its fields, its files, and what it holds so far."""

    def __init__(self, objects: list[Object], generated: list[tuple[str, str]]) -> None:
        self.fields: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.objects = objects
        self.generated = generated

    def add(self, field: str, *entries: Any) -> None:
        self.fields.setdefault(field, []).extend(entries)

    def file(self, name: str, content: str | bytes) -> str:
        self.files[name] = content if isinstance(content, bytes) else content.encode()
        return name

    def new_file(self, stem: str, content: str | bytes) -> str:
        return self.file(f"{len(self.files)}-{stem}", content)

    def of(self, *kinds: str) -> list[Object]:
        return [o for o in self.objects if o.kind in kinds]

    def workloads(self) -> list[Object]:
        return self.of(*APPS)


Feature = Callable[[st.DrawFn, Layer], None]

STRATEGIC = documents("""\
spec: {replicas: 3} # more
---
spec:
  replicas: null
---
metadata:
  labels:
    new: 'yes' # note
  annotations: {a: "1", b: }
---
spec:
  template:
    spec:
      containers:
      # the app
      - name: app
        image: other:2
        env: # more
        - {name: C, value: '3'}
        - name: A
          value: |
            x
---
spec:
  template:
    spec:
      containers:
      - {name: side, $patch: delete}
      - {name: new, image: new}
---
spec:
  template:
    spec:
      containers:
      - $patch: replace
      - {name: only, image: only}
---
spec:
  template:
    spec:
      volumes:
      - $patch: delete
---
spec:
  template:
    spec:
      $patch: replace
      containers: [{name: x, image: y}]
---
spec:
  template:
    metadata: {annotations: null}
    spec:
      initContainers: [] # none
      nodeSelector: {a: b}
---
spec:
  template:
    spec:
      containers:
      - name: app
        ports:
        - containerPort: 80
          protocol: UDP
          name: dns
        - {containerPort: 0x1F90, name: http}
---
spec:
  template:
    spec:
      containers:
      - name: app
        args: [one] # replaced
        resources:
          $patch: replace
          limits: {cpu: 100m}
      tolerations: [{operator: Exists}]
---
$patch: delete
""")
CUSTOM = documents("""\
spec: {parts: [{name: b, size: 3}], odd: null}
---
spec:
  odd: # note
    first: 1
---
data: {one: changed, two: null, new: 'x'}
""")
EDITS: list[dict[str, Any]] = [
    {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "edited:1"},
    {"op": "add", "path": "/metadata/annotations", "value": {"on": "x", "1": "y"}},
    {"op": "add", "path": "/spec/big", "value": 9007199254740993},
    {"op": "add", "path": "/spec/float", "value": 1.50},
    {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "last"}},
    {"op": "remove", "path": "/spec/template/spec/containers/1"},
    {"op": "copy", "from": "/metadata/name", "path": "/spec/copied"},
    {"op": "move", "from": "/spec/selector", "path": "/spec/moved"},
    {"op": "test", "path": "/kind", "value": "Deployment"},
    {"op": "add", "path": "/spec/a~1b~0c", "value": None},
    {"op": "add", "path": "/spec/text", "value": "😀\ttab\n <&> \u2028"},
    {"op": "replace", "path": "/metadata/name", "value": "renamed"},
]  # fmt: skip
TARGETS: list[dict[str, str]] = [
    {"kind": "Deployment"},
    {"kind": "Deployment|StatefulSet", "name": "w.*"},
    {"group": "apps", "version": "v1"},
    {"labelSelector": "app in (web,db)"},
    {"kind": "StatefulSet", "labelSelector": "!app"},
    {"annotationSelector": "missing=x"},
    {"name": "web", "namespace": "default"},
]


def strategic_patch(draw: st.DrawFn, layer: Layer) -> None:
    body = draw(st.sampled_from(STRATEGIC))
    head = draw(st.sampled_from(["", "# a patch\n\n", "---\n"]))
    if one_in(draw, 2) or not layer.workloads():
        target = draw(st.sampled_from(TARGETS[:2]))
        entry = _named("Deployment", "any", head, body)
        _patch(draw, layer, entry, target, "patch.yaml")
        return
    found = draw(st.sampled_from(layer.workloads()))
    documents = [_named(found.kind, found.name, head, body)]
    if one_in(draw, 4):
        other = draw(st.sampled_from(layer.objects))
        documents.append(
            _named(other.kind, other.name, "", "metadata: {labels: {second: patch}}\n", other.api)
        )
    text = "---\n".join(documents)
    if one_in(draw, 4):
        layer.add(
            "patchesStrategicMerge",
            text if len(documents) == 1 else layer.new_file("sm.yaml", text),
        )
    else:
        _patch(draw, layer, text, None, "patch.yaml")


def custom_patch(draw: st.DrawFn, layer: Layer) -> None:
    """A patch of an object without a schema: its lists are replaced."""
    for found in layer.of("Widget", "ConfigMap"):
        body = draw(st.sampled_from(CUSTOM))
        _patch(
            draw, layer, _named(found.kind, found.name, "", body, found.api), None, "custom.yaml"
        )


def json_patch(draw: st.DrawFn, layer: Layer) -> None:
    edits = draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
    name, text = "edits.json", json.dumps(edits, ensure_ascii=one_in(draw, 2))
    if one_in(draw, 2):
        name, text = "edits.yaml", "# edits\n" + block(edits)
    if layer.of("Deployment") and one_in(draw, 4):
        found = layer.of("Deployment")[0]
        target = {"group": "apps", "version": "v1", "kind": "Deployment", "name": found.name}
        layer.add("patchesJson6902", {"target": target, "path": layer.new_file(name, text)})
    else:
        _patch(draw, layer, text, draw(st.sampled_from(TARGETS)), name)


def generator(draw: st.DrawFn, layer: Layer) -> None:
    """A ConfigMap or a Secret: a new one, or one over what a layer below generates."""
    kind = draw(st.sampled_from(["configMapGenerator", "secretGenerator"]))
    entry: dict[str, Any] = {"name": draw(st.sampled_from(["settings", "tokens", "extra"]))}
    below = [name for field, name in layer.generated if field == kind]
    if below and one_in(draw, 2):
        entry |= {
            "name": draw(st.sampled_from(below)),
            "behavior": draw(st.sampled_from(["merge", "replace"])),
        }
    elif (kind, entry["name"]) in layer.generated:
        return
    layer.generated.append((kind, entry["name"]))
    if one_in(draw, 2):
        literals = [
            "a=1",
            "b='quoted'",
            "c=x=y",
            "d=",
            "e=" + "word " * 30,
            "f=😀\n \tx\n",
            "g=<&>\u2028",
        ]
        entry["literals"] = draw(st.lists(st.sampled_from(literals), unique=True, min_size=1))
    if one_in(draw, 2):
        content = draw(
            st.one_of(strings().map(str.encode), st.binary(max_size=200), st.just(b"\tx\r\n  y \n"))
        )
        entry["files"] = [
            draw(st.sampled_from(["", "key.txt="])) + layer.new_file("file.conf", content)
        ]
    if one_in(draw, 2):
        env = "\ufeffX=1\n# note\n\n  Y='2'\nZ\nEMPTY=\r\nURL=http://x?a=b\n"
        entry["envs"] = [layer.new_file("vars.env", env)]
    if one_in(draw, 4):
        entry["options"] = {
            "disableNameSuffixHash": one_in(draw, 2),
            "labels": {"l": "1"},
            "annotations": {"a": draw(st.sampled_from(["x", "1", "y"]))},
            "immutable": one_in(draw, 2),
        }
    if kind == "secretGenerator" and one_in(draw, 2):
        entry["type"] = "example.org/custom"
    layer.add(kind, entry)


def generator_options(draw: st.DrawFn, layer: Layer) -> None:
    layer.fields["generatorOptions"] = {
        "disableNameSuffixHash": one_in(draw, 2),
        "labels": {"generated": "true"},
    }


SOURCES: list[dict[str, Any]] = [
    {"kind": "Deployment"},
    {"kind": "Deployment", "fieldPath": "spec.template.spec.containers.0.image"},
    {"kind": "Service", "fieldPath": "spec.ports.[name=http].port"},
    {
        "kind": "Deployment",
        "fieldPath": "spec.template.spec.containers.[name=app].image",
        "options": {"delimiter": ":"},
    },
    {"kind": "Deployment", "fieldPath": "spec.strategy"},
    {"kind": "ConfigMap", "fieldPath": "data.one"},
    {"kind": "Widget", "fieldPath": "spec.odd.first"},
]
CONTAINERS = "spec.template.spec.containers"
CREATE = {"create": True}
FIELDS: list[dict[str, Any]] = [
    {"fieldPaths": ["metadata.annotations.copied", "metadata.labels.x"], "options": CREATE},
    {"fieldPaths": ["metadata.annotations.[example.org/copied]"], "options": CREATE},
    {"fieldPaths": [f"{CONTAINERS}.*.image"]},
    {"fieldPaths": [f"{CONTAINERS}.[name=app].env.[name=NEW].value"], "options": CREATE},
    {"fieldPaths": [f"{CONTAINERS}.[name=app].image"], "options": {"delimiter": ":", "index": 1}},
    {"fieldPaths": [f"{CONTAINERS}.0.image"], "options": {"delimiter": "/", "index": -1}},
    {"fieldPaths": ["spec.replicas"]},
]


def replacement(draw: st.DrawFn, layer: Layer) -> None:
    sources = [s for s in SOURCES if len(layer.of(s["kind"])) == 1]
    target = {
        "select": draw(st.sampled_from([{"kind": "Deployment"}, {"kind": "StatefulSet"}])),
        **draw(st.sampled_from(FIELDS)),
    }
    if one_in(draw, 4):
        target["reject"] = [{"name": "db"}]
    entry: dict[str, Any] = {"targets": [target]}
    if layer.of("Widget") and one_in(draw, 2):
        entry["targets"].append(
            {"select": {"kind": "Widget"}, "fieldPaths": ["spec.config.a.b.0", "spec.config.url"]}
        )
    if sources and not one_in(draw, 4):
        source = draw(st.sampled_from(sources))
        entry["source"] = {**source, "name": layer.of(source["kind"])[0].name}
    else:
        entry["sourceValue"] = draw(st.sampled_from(["7", "x", "true", "a:b", "two\nlines"]))
    if one_in(draw, 4):
        entry = {"path": layer.new_file("replacement.yaml", block(entry))}
    layer.add("replacements", entry)


def images(draw: st.DrawFn, layer: Layer) -> None:
    name = draw(st.sampled_from(["nginx", "registry.example:5000/team/app", "busy.*", "busybox"]))
    changes = [
        {"newTag": "2.0"},
        {"newName": "other/x"},
        {"digest": "sha256:" + "1" * 64},
        {"tagSuffix": "-x"},
    ]
    entry = {"name": name}
    for change in draw(st.lists(st.sampled_from(changes), min_size=1, max_size=2)):
        entry |= change
    layer.add("images", entry)


def replicas(draw: st.DrawFn, layer: Layer) -> None:
    if layer.workloads():
        layer.add(
            "replicas",
            {
                "name": draw(st.sampled_from(layer.workloads())).name,
                "count": draw(st.integers(0, 9)),
            },
        )


LABELS = st.dictionaries(
    st.sampled_from(["team", "example.org/part", "app"]),
    st.sampled_from(["a", "1", "true", "y", "1e3", "", "2020-01-02"]),
    min_size=1,
)


def labels(draw: st.DrawFn, layer: Layer) -> None:
    entry: dict[str, Any] = {"pairs": draw(LABELS)}
    choice = draw(st.sampled_from(["includeSelectors", "includeTemplates", "fields", ""]))
    if choice == "fields":
        entry["fields"] = [{"path": "spec/labels", "kind": "Widget", "create": True}]
    elif choice:
        entry[choice] = True
    layer.add("labels", entry)


def common_labels(draw: st.DrawFn, layer: Layer) -> None:
    layer.fields["commonLabels"] = draw(LABELS)


def common_annotations(draw: st.DrawFn, layer: Layer) -> None:
    values = st.sampled_from(["x", "1", "# x", "a\nb\n", "\ttab", "😀", "word " * 30, "y", ""])
    layer.fields["commonAnnotations"] = draw(
        st.dictionaries(st.sampled_from(["a", "b", "note"]), values, min_size=1)
    )


def names(draw: st.DrawFn, layer: Layer) -> None:
    for field, values in (("namePrefix", ["p-", "1-", ""]), ("nameSuffix", ["-s", "-v2"])):
        if one_in(draw, 2):
            layer.fields[field] = draw(st.sampled_from(values))


def namespace(draw: st.DrawFn, layer: Layer) -> None:
    layer.fields["namespace"] = draw(st.sampled_from(["prod", "team-a", "123"]))


def sort_options(draw: st.DrawFn, layer: Layer) -> None:
    orders: list[dict[str, Any]] = [
        {"order": "fifo"},
        {"order": "legacy"},
        {
            "order": "legacy",
            "legacySortOptions": {"orderFirst": ["Service"], "orderLast": ["Namespace"]},
        },
    ]
    layer.fields["sortOptions"] = draw(st.sampled_from(orders))


def build_metadata(draw: st.DrawFn, layer: Layer) -> None:
    known = ["originAnnotations", "transformerAnnotations", "managedByLabel"]
    layer.fields["buildMetadata"] = draw(st.lists(st.sampled_from(known), unique=True, min_size=1))


def open_api(draw: st.DrawFn, layer: Layer) -> None:
    if one_in(draw, 2):
        layer.fields["openapi"] = {"version": "v1.21.2"}
    else:
        layer.fields["openapi"] = {"path": layer.file("schema.json", json.dumps(WIDGET_SCHEMA))}


def crds(draw: st.DrawFn, layer: Layer) -> None:
    layer.add("crds", layer.file("crds.json", json.dumps(WIDGET_REFERENCES)))


def variables(draw: st.DrawFn, layer: Layer) -> None:
    if len(layer.of("Service")) == 1 and not any("vars" in f for f in layer.fields):
        found = layer.of("Service")[0]
        field = draw(st.sampled_from(["metadata.name", "spec.ports[0].port"]))
        objref = {"apiVersion": "v1", "kind": "Service", "name": found.name}
        layer.add("vars", {"name": "SERVICE", "objref": objref, "fieldref": {"fieldPath": field}})
        layer.fields["commonAnnotations"] = {
            "service": "http://$(SERVICE)/$$(SERVICE)",
            "whole": "$(SERVICE)",
        }


def inline_transformer(draw: st.DrawFn, layer: Layer) -> None:
    value = draw(st.sampled_from([*PLAIN[:20], *QUOTED[:12]]))
    layer.add(
        "transformers",
        "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: note}\n"
        "fieldSpecs: [{path: metadata/annotations, create: true}]\n"
        f"annotations:\n  inline: {value}\n",
    )


COMMON: list[Feature] = [strategic_patch, generator, replacement]
FEATURES: list[Feature] = [
    *COMMON, *COMMON, custom_patch, json_patch, generator_options, images, replicas, labels,
    common_labels, common_annotations, names, namespace, sort_options, build_metadata, open_api,
    crds, variables, inline_transformer,
]  # fmt: skip

WIDGET_SCHEMA = {
    "definitions": {
        "v1.Widget": {
            "type": "object",
            "x-kubernetes-group-version-kind": [
                {"group": "example.org", "kind": "Widget", "version": "v1"}
            ],
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {
                        "parts": {
                            "type": "array",
                            "x-kubernetes-patch-merge-key": "name",
                            "x-kubernetes-patch-strategy": "merge",
                            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                        }
                    },
                }
            },
        }
    }
}
WIDGET_REFERENCES = {
    "example.org/v1.Widget": {
        "Schema": {
            "description": "a widget",
            "properties": {"spec": {"$ref": "example.org/v1.WidgetSpec"}},
        },
        "Dependencies": ["example.org/v1.WidgetSpec"],
    },
    "example.org/v1.WidgetSpec": {
        "Schema": {
            "properties": {
                "secretRef": {
                    "x-kubernetes-object-ref-api-version": "v1",
                    "x-kubernetes-object-ref-kind": "Secret",
                }
            }
        }
    },
}


def _named(kind: str, name: str, head: str, body: str, api: str = "apps/v1") -> str:
    """A patch with the names that it needs, whether or not it sets metadata itself."""
    start = f"{head}apiVersion: {api}\nkind: {kind}\n"
    if body.startswith("metadata:\n"):
        return start + body.replace("metadata:\n", f"metadata:\n  name: {name}\n")
    if body.startswith("metadata: {"):
        return start + body.replace("metadata: {", f"metadata: {{name: {name}, ")
    return f"{start}metadata: {{name: {name}}}\n{body}"


def _patch(
    draw: st.DrawFn, layer: Layer, text: str, target: dict[str, str] | None, name: str
) -> None:
    entry: dict[str, Any] = {"target": target} if target else {}
    if one_in(draw, 2):
        entry["patch"] = text
    else:
        entry["path"] = layer.new_file(name, text)
    layer.add("patches", entry)
