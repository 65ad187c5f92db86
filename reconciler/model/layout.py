"""Where things are in a repository: nothing else in the program spells these names."""

from __future__ import annotations

ENVIRONMENTS = "environments"
OVERLAYS = "overlays"
ENVIRONMENT_FILE = "environment.yaml"
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def environment_folder(environment: str) -> str:
    return f"{ENVIRONMENTS}/{environment}"


def entry_folder(environment: str, app: str) -> str:
    return f"{ENVIRONMENTS}/{environment}/{app}"


def environment_of(folder: str) -> str | None:
    """The environment whose folder this would be."""
    above, _, name = folder.rpartition("/")
    return name if above == ENVIRONMENTS else None


def entry_of(folder: str) -> tuple[str, str] | None:
    """The environment and the app whose entry this would be."""
    above, _, app = folder.rpartition("/")
    environment = environment_of(above)
    return (environment, app) if environment else None
