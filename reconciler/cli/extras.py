"""Packages that are installed only where they are needed."""

from __future__ import annotations

from importlib.util import find_spec

from reconciler import DISTRIBUTION
from reconciler.errors import UsageError

PACKAGES = {
    "argocd": ("google.protobuf", "hpack", "prometheus_client"),
    "bot": ("prometheus_client",),
    "run": ("prometheus_client",),
}


def check_installed(extra: str, what: str) -> None:
    if not all(_is_there(package) for package in PACKAGES[extra]):
        raise UsageError(
            f"{what} needs packages that are not installed",
            hint=f"pip install '{DISTRIBUTION}[{extra}]'",
        )


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # what it would be in
        return False
