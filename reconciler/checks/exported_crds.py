"""Definitions of custom kinds, as a cluster has them and as a file of a repository holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.checks.judge import DOCUMENTS
from reconciler.kubernetes.access import dig

PLACE = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
HEAD = re.compile(rb"^(?:apiVersion|kind): (\S+)$", re.MULTILINE)

Definition = Mapping[str, Any]


def kinds_in(manifests: Iterable[bytes]) -> set[tuple[str, str]]:
    """The group and kind of each rendered object that is in a group."""
    found = set()
    for manifest in manifests:
        for document in DOCUMENTS.split(manifest):
            heads = [head.decode() for head in HEAD.findall(document)]
            if len(heads) == 2 and "/" in heads[0]:
                found.add((heads[0].partition("/")[0], heads[1]))
    return found


def declares(definition: Definition) -> tuple[str, str]:
    return dig(definition, "spec", "group"), dig(definition, "spec", "names", "kind")


def exported(definitions: Iterable[Definition]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each by its name, without what only the cluster that it is from has to do with."""
    for definition in definitions:
        name = definition["metadata"]["name"]
        spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
        yield (
            name,
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": name},
                "spec": spec,
            },
        )
