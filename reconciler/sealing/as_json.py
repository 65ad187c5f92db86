"""Certificates, as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from reconciler.sealing.certificate import Certificate
from reconciler.text.json_object import JsonObject


def certificate_document(certificate: Certificate) -> JsonObject:
    return {
        "fingerprint": certificate.fingerprint,
        "bits": certificate.bits,
        "notBefore": certificate.not_before.isoformat(),
        "notAfter": certificate.not_after.isoformat(),
    }
