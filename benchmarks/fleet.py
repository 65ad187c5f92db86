"""A repository of many apps: 19 objects each, fifty apps to a base."""

from __future__ import annotations

import subprocess
from pathlib import Path

APPS_PER_BASE = 50

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: node-{i}
  labels: {{role: node}}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: node-{i}
  template:
    metadata:
      labels:
        app: node-{i}
    spec:
      containers:
      - name: node
        image: example/node:v1.2.3
        args: ["--chain=mainnet", "--http", "--metrics"]
        ports:
        - containerPort: 8545
          name: rpc
        - containerPort: 30303
          name: p2p
        env:
        - name: CHAIN
          valueFrom:
            configMapKeyRef:
              name: config
              key: CHAIN
        resources:
          requests: {{cpu: 200m, memory: 256Mi}}
          limits: {{cpu: "1", memory: 1Gi}}
        livenessProbe:
          httpGet: {{path: /health, port: rpc}}
        volumeMounts:
        - name: data
          mountPath: /data
      volumes:
      - name: data
        emptyDir: {{}}
"""

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: node-{i}
spec:
  selector:
    app: node-{i}
  ports:
  - name: rpc
    port: 8545
    targetPort: rpc
"""

OTHERS = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: node
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: node
spec:
  minAvailable: 1
  selector:
    matchLabels:
      role: node
"""

ENTRY = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: app{i}
resources:
- ../../../overlays/base{base}
labels:
- pairs:
    app.kubernetes.io/instance: app{i}
images:
- name: example/node
  newTag: v1.3.{i}
patches:
- path: patch.yaml
  target:
    kind: Deployment
    name: node-0
"""

PATCH = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
spec:
  template:
    spec:
      containers:
      - name: node
        resources:
          limits:
            memory: 2Gi
"""


def entry(number: int) -> str:
    return f"environments/prod/app{number}"


def write_fleet(root: Path, apps: int) -> list[str]:
    """Write and commit the repository; the folders to render."""
    files: dict[str, str] = {}
    for base in range(-(-apps // APPS_PER_BASE)):
        names = []
        for i in range(8):
            names += [f"deployment-{i}.yaml", f"service-{i}.yaml"]
            files[f"overlays/base{base}/deployment-{i}.yaml"] = DEPLOYMENT.format(i=i)
            files[f"overlays/base{base}/service-{i}.yaml"] = SERVICE.format(i=i)
        files[f"overlays/base{base}/others.yaml"] = OTHERS
        files[f"overlays/base{base}/kustomization.yaml"] = (
            "resources:\n"
            + "".join(f"- {name}\n" for name in [*names, "others.yaml"])
            + "configMapGenerator:\n- name: config\n  literals: [CHAIN=mainnet, MAX_PEERS=200]\n"
        )
    for i in range(apps):
        files[f"{entry(i)}/kustomization.yaml"] = ENTRY.format(i=i, base=i // APPS_PER_BASE)
        files[f"{entry(i)}/patch.yaml"] = PATCH
    write(root, files)
    git(root, "init", "--quiet")
    commit(root)
    return [entry(i) for i in range(apps)]


def write_pinned(root: Path) -> str:
    """The first app once more, with its base pinned by commit; the folder to render."""
    url = "https://git.example.org/fleet/apps"
    git(root, "remote", "add", "origin", url)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()
    folder = "environments/prod/pinned"
    text = ENTRY.format(i=0, base=0).replace("../../../", f"{url}//")
    text = text.replace("overlays/base0", f"overlays/base0?ref={head}")
    write(root, {f"{folder}/kustomization.yaml": text, f"{folder}/patch.yaml": PATCH})
    return folder


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def git(root: Path, *arguments: str) -> None:
    settings = ["user.name=benchmark", "user.email=benchmark@localhost", "gc.auto=0"]
    chosen = [part for setting in settings for part in ("-c", setting)]
    subprocess.run(["git", *chosen, *arguments], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "a change")
