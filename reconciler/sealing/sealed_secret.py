"""SealedSecret objects: what may lie in Git."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.errors import Place
from reconciler.sealing.scope import ANNOTATIONS, Scope, scope_of
from reconciler.sealing.seal_record import ANNOTATION, SealRecord, read_record
from reconciler.sealing.secret import check_name, texts
from reconciler.yaml.read import Document, is_a

GROUP = "bitnami.com"
VERSION = f"{GROUP}/v1alpha1"
KIND = "SealedSecret"


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """Encrypted values, and what the Secret made of them looks like."""

    name: str
    namespace: str = ""  # "" if it does not say
    encrypted: Mapping[str, str] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default=Place("-"), compare=False)

    @property
    def scope(self) -> Scope:
        return scope_of(self.annotations)

    @property
    def context(self) -> str:
        """What its values must be bound to for the controller to open them."""
        return self.scope.context(self.namespace, self.name)

    @property
    def record(self) -> SealRecord | None:
        return read_record(self.annotations.get(ANNOTATION, ""))

    def noting(self, record: SealRecord) -> SealedSecret:
        """With an annotation that says this of its values."""
        return replace(self, annotations={**self.annotations, ANNOTATION: record.text()})

    def object(self) -> dict[str, Any]:
        """As it is written into a manifest."""
        metadata: dict[str, Any] = {"name": self.name}
        if self.namespace:
            metadata["namespace"] = self.namespace
        if self.labels:
            metadata["labels"] = dict(self.labels)
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        spec: dict[str, Any] = {"encryptedData": dict(self.encrypted)}
        if self.template:
            spec["template"] = dict(self.template)
        return {"apiVersion": VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def is_sealed_secret(value: Any) -> bool:
    return is_a(value, KIND, GROUP)


def read_sealed_secret(document: Document) -> SealedSecret:
    """The SealedSecret that a document describes; raises what is wrong with it."""
    value = document.value
    if not is_sealed_secret(value):
        raise document.error((), "this is not a SealedSecret")
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name:
        raise document.error(
            ("metadata",), "the SealedSecret has no name", hint="write metadata.name"
        )
    check_name(name, document.place("metadata", "name"))
    namespace = metadata.get("namespace")
    if not isinstance(namespace, str | None):
        raise document.error(
            ("metadata", "namespace"), "the namespace must be text", hint="put it in quotes"
        )
    spec = value.get("spec")
    if not isinstance(spec, dict):
        raise document.error(("spec",), "the SealedSecret has no spec")
    if "data" in spec:
        raise document.error(
            ("spec", "data"),
            "this is sealed as one piece in spec.data, a format that has been given up",
            hint="seal the Secret again",
        )
    template = spec.get("template")
    if not isinstance(template, dict | None):
        raise document.error(("spec", "template"), "spec.template must be a mapping")
    return SealedSecret(
        name,
        namespace or "",
        texts(document, "spec", "encryptedData"),
        template or {},
        texts(document, "metadata", "labels"),
        texts(document, "metadata", "annotations"),
        document.place(),
    )


def template_of(
    *,
    type: str = "",  # noqa: A002
    immutable: bool | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    finalizers: tuple[str, ...] = (),
    data: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the Secret looks like beside its values; nothing that is empty is in it."""
    kept = {k: v for k, v in (annotations or {}).items() if k not in ANNOTATIONS}
    metadata: dict[str, Any] = {
        "labels": dict(labels or {}),
        "annotations": kept,
        "finalizers": list(finalizers),
    }
    metadata = {key: value for key, value in metadata.items() if value}
    template: dict[str, Any] = {"metadata": metadata, "type": type, "data": dict(data or {})}
    template = {key: value for key, value in template.items() if value}
    if immutable is not None:
        template["immutable"] = immutable
    return template
