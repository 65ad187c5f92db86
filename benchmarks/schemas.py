"""JSON schemas for kubeconform, from the OpenAPI document that Kubernetes publishes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

import hatch_build

KUBERNETES = "k8s.io/kubernetes@v1.36.3"
REFERENCE = "#/definitions/"

Schema = dict[str, Any]


def write_schemas(folder: Path, kinds: Collection[str]) -> str:
    """A strict schema for each version of these kinds; where kubeconform finds them."""
    found = subprocess.run(
        [str(hatch_build.find_go()), "mod", "download", "-json", KUBERNETES],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    document = Path(json.loads(found)["Dir"], "api/openapi-spec/swagger.json")
    definitions: dict[str, Schema] = json.loads(document.read_text())["definitions"]
    folder.mkdir()
    for name, definition in definitions.items():
        for gvk in definition.get("x-kubernetes-group-version-kind", ()):
            if gvk["kind"] in kinds:
                group = gvk["group"].partition(".")[0]
                parts = [gvk["kind"].lower(), *filter(None, [group]), gvk["version"]]
                schema = expanded(definitions[name], definitions)
                (folder / f"{'-'.join(parts)}.json").write_text(json.dumps(schema))
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def expanded(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """A schema without references, which allows no other fields."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        if name.endswith((".IntOrString", ".Quantity")):
            return {"type": ["string", "number"]}
        return expanded(definitions[name], definitions)
    found = {key: value for key, value in schema.items() if not key.startswith("x-")}
    if "properties" in schema:
        properties = schema["properties"].items()
        found["properties"] = {key: nullable(expanded(p, definitions)) for key, p in properties}
        found["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found[key] = expanded(schema[key], definitions)
    return found


def nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    return {**schema, "type": [kind, "null"]} if isinstance(kind, str) else schema
