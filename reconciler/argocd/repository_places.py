"""What a part of a repository is called in the whole of it: Argo CD may send one folder alone."""

from __future__ import annotations

from reconciler.errors import Place, ReconcilerError

SOURCE_PATH = "ARGOCD_APP_SOURCE_PATH"


def in_repository(error: ReconcilerError, source_path: str, folder: str) -> ReconcilerError:
    """The error with its place as the repository's users call it.

    The folder is what the app's source path is called in what was sent.
    """
    path = f"/{source_path.strip('/')}"
    inside = f"/{folder}" if folder else ""
    above = path.removesuffix(inside).strip("/") if path.endswith(inside) else ""
    where = error.where
    if where and above and not where.file.startswith("//"):
        error.where = Place(f"{above}/{where.file}", where.line, where.column)
    return error
