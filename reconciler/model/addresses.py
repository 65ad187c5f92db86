"""The repositories that the environments name."""

from __future__ import annotations

from reconciler.model.environment import read_environment
from reconciler.model.files import FILE, Files, read
from reconciler.model.layout import ENVIRONMENT_FILE, ENVIRONMENTS, environment_folder


def listed_urls(files: Files) -> tuple[list[str], list[str]]:
    """What counts as this repository, and other repositories that an entry may pin."""
    own: list[str] = []
    others: list[str] = []
    for name in files.names(ENVIRONMENTS):
        file = f"{environment_folder(name)}/{ENVIRONMENT_FILE}"
        if files.look(file).kind == FILE:
            environment = read_environment(name, read(files, file))
            own += environment.repositories
            others += environment.remotes
    return own, others
