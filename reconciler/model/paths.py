"""Where things are in a repository: nothing else in the program spells these names.

A plain render comes through here, so nothing is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.files import Files

ENVIRONMENTS = "environments"
OVERLAYS = "overlays"
ENVIRONMENT_FILE = "environment.yaml"
CERTIFICATES_FILE = "sealing-cert.pem"
# What Argo CD is told of the environments, beside them: no environment of this name can be.
ARGOCD = "argocd"
ARGOCD_FOLDER = f"{ENVIRONMENTS}/{ARGOCD}"
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def environment_folder(environment: str) -> str:
    return f"{ENVIRONMENTS}/{environment}"


def entry_folder(environment: str, app: str) -> str:
    return f"{ENVIRONMENTS}/{environment}/{app}"


def argocd_file(environment: str) -> str:
    """What Argo CD is told of an environment."""
    return f"{ARGOCD_FOLDER}/{environment}.yaml"


def argocd_app_file(environment: str, app: str) -> str:
    """What Argo CD is told of an app in an environment."""
    return f"{ARGOCD_FOLDER}/{environment}/{app}.yaml"


def environment_of(folder: str) -> str | None:
    """The environment whose folder this would be."""
    above, _, name = folder.rpartition("/")
    return name if above == ENVIRONMENTS and name != ARGOCD else None


def entry_of(folder: str) -> tuple[str, str] | None:
    """The environment and the app whose entry this would be."""
    above, _, app = folder.rpartition("/")
    environment = environment_of(above)
    return (environment, app) if environment else None


def is_kustomization(path: str) -> bool:
    return path.rpartition("/")[2] in KUSTOMIZATION_NAMES


def kustomization_in(files: Files, folder: str) -> str | None:
    """The path of a folder's kustomization."""
    names = files.names(folder)
    return next((f"{folder}/{name}" for name in KUSTOMIZATION_NAMES if name in names), None)


def apps_in(files: Files, environment: str) -> list[str]:
    """The apps of an environment: the folders below it that have a kustomization."""
    return [
        name
        for name in files.names(environment_folder(environment))
        if kustomization_in(files, entry_folder(environment, name))
    ]


def folders_above(path: str) -> Iterator[str]:
    """The folders that a path, or the name of a reference, is in: the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
