"""Writes the definitions of custom kinds that the kernel knows by heart, from pinned modules.

Each is a line of JSON without its descriptions, which are most of what upstream's files hold.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from reconciler.kubernetes.domain import DOMAIN
from reconciler.testbed.builder import build
from reconciler.testbed.peers import BUNDLES, Bundle

HERE = Path(__file__).parent
TARGET = HERE / "internal/checks/definitions"
NAMES = (
    "argocd-crds",
    "certmanager-crds",
    "externalsecrets-crds",
    "flux-files",
    "gateway-crds",
    "keda-crds",
    "monitoring-crds",
    "sealed-secrets-crds",
    "snapshots-crds",
)


class Loader(yaml.CSafeLoader):
    """In which `=` is a text, as in YAML 1.2."""


yaml.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value, Loader)


def definitions(cache: Path) -> dict[str, str]:
    """The lines by the names of their files."""
    found = {}
    for name, folder in build(NAMES, cache).items():
        for crd in _crds(folder):
            spec = crd["spec"]
            names = {key: spec["names"][key] for key in ("kind", "listKind", "plural", "singular")}
            slim = {
                "apiVersion": crd["apiVersion"],
                "kind": crd["kind"],
                "metadata": {
                    "name": crd["metadata"]["name"],
                    "annotations": {f"{DOMAIN}/from": _origin(BUNDLES[name])},
                },
                "spec": {
                    "group": spec["group"],
                    "names": names,
                    "scope": spec["scope"],
                    "versions": [_version(version) for version in spec["versions"]],
                },
            }
            text = json.dumps(slim, separators=(",", ":"), sort_keys=True)
            found[f"{crd['metadata']['name']}.json"] = text + "\n"
    return found


def _origin(bundle: Bundle) -> str:
    return f"{bundle.source} {bundle.version()}"


def _crds(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.yaml")):
        for document in yaml.load_all(file.read_text(), Loader=Loader):
            if document and document["kind"] == "CustomResourceDefinition":
                yield document


def _version(version: dict[str, Any]) -> dict[str, Any]:
    kept = ("deprecated", "deprecationWarning", "name", "schema", "served", "storage")
    slim = {key: version[key] for key in kept if key in version}
    return {**slim, "schema": {"openAPIV3Schema": _slim(version["schema"]["openAPIV3Schema"])}}


def _slim(schema: Any) -> Any:
    """Without what only people read; a field that is called description stays."""
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("description", "example", "externalDocs"):
            continue
        if key == "properties":
            found[key] = {name: _slim(inner) for name, inner in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            found[key] = [_slim(inner) for inner in value]
        elif key in ("additionalProperties", "items", "not"):
            found[key] = _slim(value)
        else:
            found[key] = value
    return found


def write(cache: Path, target: Path = TARGET) -> None:
    wanted = definitions(cache)
    for stale in {file.name for file in target.glob("*.json")} - wanted.keys():
        (target / stale).unlink()
    for name, text in wanted.items():
        (target / name).write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
