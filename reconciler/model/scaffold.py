"""A repository to begin with: environments one after the other, and an app that runs in them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from reconciler.errors import UsageError
from reconciler.model.notations import A_NAME, is_name
from reconciler.model.paths import (
    CERTIFICATES_FILE,
    ENVIRONMENT_FILE,
    OVERLAYS,
    AppName,
    environment_folder,
)

CHAIN = ("dev", "stage", "prod")
TITLES = {"dev": "Development", "stage": "Stage", "prod": "Production"}

REFERENCE = re.compile(
    r"(?P<name>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
PLAIN = re.compile("(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9./:-]*")


@dataclass(frozen=True, slots=True)
class NewApp:
    """An app to begin with: one container that listens on one port."""

    name: AppName
    image: str
    port: int


HELLO = NewApp(AppName("hello"), "nginxinc/nginx-unprivileged:1.29.3-alpine", 8080)


def environment_files(
    chain: Sequence[str], kubernetes: str, apps: Sequence[str] = ()
) -> dict[str, str]:
    """An environment.yaml for each, which promotes from the one before; and what guards commits."""
    for name in chain:
        _check_name(name)
    return {".gitignore": GIT_IGNORE, ".pre-commit-config.yaml": HOOKS} | {
        f"{environment_folder(name)}/{ENVIRONMENT_FILE}": ENVIRONMENT.substitute(
            name=_yaml(name),
            title=_yaml(TITLES.get(name, name.capitalize())),
            before=PROMOTES_FROM.substitute(before=_yaml(before)) if before else "",
            namespace=AS_WRITTEN if apps else A_NAMESPACE_EACH.substitute(plain=name),
            apps=_apps([glob.replace("{env}", name) for glob in apps]),
            plain=name,
            kubernetes=kubernetes,
            certificates=CERTIFICATES_FILE,
        )
        for before, name in zip((None, *chain), chain, strict=False)
    }


def app_files(app: NewApp, environments: Sequence[str]) -> dict[str, str]:
    """The overlays of an app and its entries: what it is, and where it runs."""
    _check_name(app.name)
    image = REFERENCE.fullmatch(app.image)
    if not image or not (image["tag"] or image["digest"]):
        raise UsageError(
            f"{app.image} is not an image with a tag or a digest",
            why="an environment says exactly what it runs",
            hint="write --image NAME:TAG",
        )
    pinned = [("newTag", image["tag"]), ("digest", image["digest"])]
    values = {
        "app": _yaml(app.name),
        "plain": app.name,
        "image": _yaml(image["name"]),
        "base_image": _yaml(f"{image['name']}:unset"),
        "pinned": "\n    ".join(f"{field}: {_yaml(value)}" for field, value in pinned if value),
        "port": app.port,
    }
    overlay = f"{OVERLAYS}/{app.name}"
    files = {f"{overlay}/base/{name}": text.substitute(values) for name, text in BASE.items()}
    for environment in environments:
        last = environment == environments[-1] and len(environments) > 1
        values |= {"environment": environment, "count": 2 if last else 1}
        files[f"{overlay}/{environment}/kustomization.yaml"] = OVERLAY.substitute(values)
        files[f"{environment_folder(environment)}/{app.name}/kustomization.yaml"] = (
            ENTRY.substitute(values)
        )
    return files


def _check_name(name: str) -> None:
    if not is_name(name):
        raise UsageError(f"{name} cannot name an environment or an app", hint=f"use {A_NAME}")


def _yaml(text: str) -> str:
    """In quotes wherever some YAML reader could take it for something else."""
    return text if PLAIN.fullmatch(text.lower()) else json.dumps(text)


def _apps(globs: Sequence[str]) -> str:
    lines = "".join(f"  - {_yaml(glob)}\n" for glob in globs)
    return f"\n# Where its apps are.\napps:\n{lines}" if globs else ""


GIT_IGNORE = """\
# Private keys and plaintext have no place in a commit.
*.key
.env
*.secret.env
*.secret.yaml
*.secret.yml
"""

HOOKS = """\
# Typed once in each clone: pre-commit install (https://pre-commit.com)
repos:
  - repo: local
    hooks:
      - id: seal-secrets
        name: secrets are sealed
        entry: reconciler secrets seal
        language: system
        always_run: true
        require_serial: true
        pass_filenames: false
        stages: [pre-commit, pre-merge-commit]
      - id: reconciler-check
        name: reconciler check
        entry: reconciler check --staged --level error
        language: system
        always_run: true
        pass_filenames: false
"""

ENVIRONMENT = Template("""\
# What reconciler knows about this environment. Kustomize and Kubernetes never read it.
displayName: $title
$before$apps
# The release that the cluster runs: checks go by its types.
kubernetes: "$kubernetes"

# The certificate that secrets are sealed with lies beside this file, as $certificates:
# reconciler seal cert fetch $plain takes it from the cluster.

destination:
  # The cluster that its apps run in, by the name that you call it.
  cluster: $name
$namespace""")

A_NAMESPACE_EACH = Template("""\
  # Two environments in one cluster need two namespaces, such as "{app}-$plain". The namespace
  # itself is set in each app's kustomization.yaml.
  namespace: "{app}"
""")

AS_WRITTEN = """\
  # That of an app's objects: whatever its manifests say.
  namespace: own
"""

PROMOTES_FROM = Template("""
# A release comes here from the environment before.
promotesFrom: $before
""")

ENTRY = Template("""\
# $plain in $environment: the release that runs here, and what is this environment's own.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: $app

resources:
  - ../../../overlays/$plain/$environment

images:
  - name: $image
    $pinned

replicas:
  - name: $app
    count: $count
""")

OVERLAY = Template("""\
# What $plain is in $environment: patches and components for $environment alone belong here.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

resources:
  - ../base
""")

BASE = {
    "kustomization.yaml": Template("""\
# What $plain is, in every environment.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

labels:
  - pairs:
      app.kubernetes.io/name: $app
    includeSelectors: true

resources:
  - namespace.yaml
  - deployment.yaml
  - service.yaml
"""),
    "namespace.yaml": Template("""\
apiVersion: v1
kind: Namespace
metadata:
  name: $app
  labels:
    # Kubernetes refuses pods that ask for more rights than this profile allows.
    pod-security.kubernetes.io/enforce: restricted
"""),
    "deployment.yaml": Template("""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $app
spec:
  template:
    spec:
      automountServiceAccountToken: false
      securityContext:
        # An image whose user is root, or has a name and no number, needs runAsUser here too.
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: $app
          # The environment sets the tag.
          image: $base_image
          ports:
            - name: http
              containerPort: $port
          readinessProbe:
            tcpSocket:
              port: http
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
            limits:
              memory: 128Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
"""),
    "service.yaml": Template("""\
apiVersion: v1
kind: Service
metadata:
  name: $app
spec:
  ports:
    - name: http
      port: 80
      targetPort: http
"""),
}
