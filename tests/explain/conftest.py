"""An app with one of everything that Kustomize does to objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.explain.explained_app import ExplainedApp
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: example/web:unset
          args: [--a]
          env:
            - name: LEVEL
              value: info
          envFrom:
            - configMapRef: {name: settings}
"""
SERVICE = """# Two in a file.
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 80
---
apiVersion: v1
kind: Secret
metadata:
  name: keys
stringData:
  password: hunter2
"""
FILES = {
    "base/deployment.yaml": DEPLOYMENT,
    "base/service.yaml": SERVICE,
    "base/app.conf": "listen 80\n",
    "base/kustomization.yaml": """resources:
  - deployment.yaml
  - service.yaml
configMapGenerator:
  - name: settings
    literals:
      - A=1
      - B=2
    files:
      - app.conf
labels:
  - pairs:
      tier: front
""",
    "part/kustomization.yaml": """apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --b
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --c
""",
    "one/kustomization.yaml": """resources: [../base]
components: [../part]
nameSuffix: -one
""",
    "two/kustomization.yaml": """resources: [../base]
nameSuffix: -two
""",
    "entry/kustomization.yaml": """namespace: shop
resources:
  - ../one
  - ../two
  - ../base
patches:
  - path: patches.yaml
  - target: {kind: Deployment, name: web-one}
    patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: any
      spec:
        minReadySeconds: 5
images:
  - name: example/web
    newTag: 1.2.3
replicas:
  - name: web-two
    count: 4
configMapGenerator:
  - name: settings-one
    behavior: merge
    literals:
      - B=3
""",
    "entry/patches.yaml": """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-one
spec:
  replicas: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-two
spec:
  replicas: 3
""",
}

Explain = Callable[..., ExplainedApp]


@pytest.fixture(scope="session")
def explain(kernel: Kernel) -> Explain:
    """The app, with some files changed if need be."""
    tree = MemoryTree({path: text.encode() for path, text in FILES.items()})
    plain = ExplainedApp(Renderer(kernel=kernel), tree, "entry")

    def explained(folder: str = "entry", **files: str) -> ExplainedApp:
        if not files and folder == "entry":
            return plain
        edits: dict[str, bytes | None] = {
            path.replace("__", "/") + ".yaml": text.encode() for path, text in files.items()
        }
        return ExplainedApp(Renderer(kernel=kernel), EditedTree(tree, edits), folder)

    return explained
