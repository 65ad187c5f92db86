"""Where things are in a repository: nothing else in the program spells these names.

A plain render comes through here, so nothing is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NewType

    from reconciler.model.files import Files

    AppName = NewType("AppName", str)  # as it is called in every environment
    Folder = NewType("Folder", str)  # from the top of a tree, with slashes
else:
    AppName = Folder = str

ENVIRONMENTS = "environments"
OVERLAYS = "overlays"
ENVIRONMENT_FILE = "environment.yaml"
CERTIFICATES_FILE = "sealing-cert.pem"
# What Argo CD is told of the environments, beside them: no environment of this name can be.
ARGOCD = "argocd"
ARGOCD_FOLDER = f"{ENVIRONMENTS}/{ARGOCD}"
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def environment_folder(environment: str) -> Folder:
    return Folder(f"{ENVIRONMENTS}/{environment}")


def argocd_file(environment: str) -> str:
    """What Argo CD is told of an environment."""
    return f"{ARGOCD_FOLDER}/{environment}.yaml"


def argocd_app_file(environment: str, app: AppName) -> str:
    """What Argo CD is told of an app in an environment."""
    return f"{ARGOCD_FOLDER}/{environment}/{app}.yaml"


def environment_of(folder: str) -> str | None:
    """The environment whose folder this would be."""
    above, _, name = folder.rpartition("/")
    return name if above == ENVIRONMENTS and name != ARGOCD else None


def is_kustomization(path: str) -> bool:
    return path.rpartition("/")[2] in KUSTOMIZATION_NAMES


def kustomization_in(files: Files, folder: str) -> str | None:
    """The path of a folder's kustomization."""
    names = files.names(folder)
    return next((f"{folder}/{name}" for name in KUSTOMIZATION_NAMES if name in names), None)


def folders_above(path: str) -> Iterator[str]:
    """The folders that a path, or the name of a reference, is in: the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
