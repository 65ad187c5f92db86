"""All that is looked for in an installation."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.argocd.doctor.applications import of_applications
from reconciler.argocd.doctor.diagnosis import Diagnosis, DiagnosisKind
from reconciler.argocd.doctor.installation import Object, installation
from reconciler.argocd.doctor.processes import (
    of_controllers,
    of_plugin_files,
    of_repo_server,
    of_sidecars,
)

LOOKED_FOR = (of_repo_server, of_sidecars, of_plugin_files, of_controllers, of_applications)


def examine(objects: Iterable[Object]) -> list[Diagnosis]:
    """What is unsafe first, then what does not work, then what is slow."""
    found = installation(objects)
    diagnoses = [d for look in LOOKED_FOR for d in look(found)]
    return sorted(diagnoses, key=lambda d: list(DiagnosisKind).index(d.kind))
