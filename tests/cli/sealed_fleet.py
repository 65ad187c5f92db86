"""A repository with an app in two environments, each with a certificate of its own."""

from __future__ import annotations

from tests.conftest import Repo
from tests.sealing.material import certificate_pem, private_key

ENTRY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {namespace}
resources:
- ../../../overlays/shop  # what it is
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
        image: example/shop:1
        env:
        - name: PASSWORD
          valueFrom: {secretKeyRef: {name: api, key: password}}
"""
ENVIRONMENTS = {"dev": 0, "prod": 1}  # by the number of the controller's key


def environment(name: str, **sealing: str) -> str:
    lines = [f"  {key}: {value}\n" for key, value in sealing.items()]
    return f"destination:\n  cluster: {name}\n" + ("sealing:\n" if lines else "") + "".join(lines)


def sealed_fleet(repo: Repo, namespace: str = "shop", **sealing: str) -> Repo:
    files: dict[str, str | bytes] = {
        "overlays/shop/kustomization.yaml": "resources: [deployment.yaml]\n",
        "overlays/shop/deployment.yaml": DEPLOYMENT,
    }
    for name, number in ENVIRONMENTS.items():
        folder = f"environments/{name}"
        files[f"{folder}/environment.yaml"] = environment(name, **sealing)
        files[f"{folder}/sealing-cert.pem"] = certificate_pem(private_key(number))
        files[f"{folder}/shop/kustomization.yaml"] = ENTRY.format(namespace=namespace)
    repo.commit(files)
    return repo


SEALED = "environments/prod/shop/api.sealed.yaml"
