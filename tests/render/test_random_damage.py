"""However a folder is broken: one sentence with what to do, and no value of an object in it."""

from __future__ import annotations

import random

import pytest

from reconciler.errors import RenderError
from reconciler.render.job import Job
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.trees.memory import MemoryTree

# Every value of an object says so.
FILES = {
    "app/kustomization.yaml": """\
namespace: prod
namePrefix: app-
resources: [../base, extra.yaml]
components: [../component]
labels:
- pairs: {team: blue}
  includeSelectors: true
images:
- name: nginx
  newTag: "2"
replicas:
- name: web
  count: 3
configMapGenerator:
- name: existing
  behavior: merge
  literals: [x=VALUE]
  files: [conf.txt, other=conf.txt]
  envs: [vars.env]
secretGenerator:
- name: secret
  literals: [password=VALUE]
patches:
- path: patch.yaml
- target: {kind: Deployment, name: web}
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 4
    - op: add
      path: /metadata/annotations
      value: {note: VALUE}
replacements:
- source: {kind: ConfigMap, name: existing, fieldPath: data.host}
  targets:
  - select: {kind: Deployment, name: web}
    fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=HOST].value"]
vars:
- name: V
  objref: {apiVersion: v1, kind: ConfigMap, name: existing}
  fieldref: {fieldpath: data.host}
configurations: [names.yaml]
transformers: [annotate.yaml]
""",
    "app/extra.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: existing}
data:
  host: VALUE
  script: |
    #!/bin/sh
    echo VALUE: x
---
apiVersion: v1
kind: Secret
metadata: {name: direct}
stringData:
  password: VALUE
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: in-list}, data: {k: VALUE}}
""",
    "app/patch.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        args: [VALUE, $(V)]
        env:
        - {name: TOKEN, value: VALUE}
""",
    "app/names.yaml": """\
nameReference:
- kind: ConfigMap
  fieldSpecs: [{kind: Thing, path: spec/ref}]
""",
    "app/annotate.yaml": """\
apiVersion: builtin
kind: AnnotationsTransformer
metadata: {name: annotate}
annotations: {x: VALUE}
fieldSpecs: [{path: metadata/annotations, create: true}]
""",
    "app/conf.txt": "VALUE: [\n",
    "app/vars.env": "A=VALUE\n",
    "base/kustomization.yaml": "resources: [web.yaml, binding.yaml]\n",
    "base/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {a: VALUE}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1
        env:
        - {name: HOST, value: VALUE}
""",
    "base/binding.yaml": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: role}
subjects:
- {kind: ServiceAccount, name: account, namespace: VALUE}
""",
    "component/kustomization.yaml": """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- target: {kind: Deployment}
  patch: |-
    - {op: add, path: /spec/minReadySeconds, value: 5}
""",
}
STRANGE = [
    "", "[]", "{}", "12", "true", "null", "[a, b]", "{a: b}", "- x", "'", '"', "*x", "&x", "!t",
    "@", "|", "\t", ": ", "~", "../x", "/abs", "a: b: c", "[", "{", "%", "`", "? x", "<<: x", "\0",
    "ü", "1e999", ".nan", "!!int x", "!!binary x", "2020-01-01", "web", "kind", "---", "---x",
]  # fmt: skip


def tree_of(files: dict[str, str]) -> MemoryTree:
    return MemoryTree({path: text.encode() for path, text in files.items()})


def damaged(rng: random.Random) -> MemoryTree:
    files = dict(FILES)
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice([name for name in FILES if name.endswith(".yaml")])
        lines = files[name].split("\n")
        at = rng.randrange(len(lines))
        line = lines[at]
        column = rng.randrange(len(line) + 1)
        match rng.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, line)
            case 2:
                lines[at] = " " * rng.randrange(1, 5) + line
            case 3:
                lines[at] = line.split(":", 1)[0] + ": " + rng.choice(STRANGE)
            case 4:
                lines[at] = line[:column] + line[column + 1 :]
            case 5:
                lines[at] = line[:column] + rng.choice(STRANGE) + line[column:]
            case 6:
                lines = lines[:at]
            case 7:
                lines.insert(at, line.split(":")[0] + ": " + rng.choice(STRANGE))
        files[name] = "\n".join(lines)
    return tree_of(files)


def test_undamaged_it_renders(kernel: Kernel) -> None:
    assert b"VALUE" in kernel.render(tree_of(FILES), "app", DEFAULTS).result().manifest


@pytest.mark.parametrize("seed", range(10))
def test_any_damage_is_told_without_a_value(seed: int, kernel: Kernel) -> None:
    kernel.start()
    starts = kernel.starts
    rng = random.Random(seed)
    trees = [damaged(rng) for _ in range(50)]
    jobs = [kernel.render(tree, "app", DEFAULTS) for tree in trees]
    for error in filter(None, map(failure, jobs)):
        told = "\n".join([*error.lines(), error.detail])
        assert "VALUE" not in told
        assert error.where, told
        assert error.hint, told
    assert kernel.starts == starts


def failure(job: Job) -> RenderError | None:
    try:
        job.result()
    except RenderError as e:
        return e
    return None
