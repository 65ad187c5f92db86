"""What happens in the plugin, for its log and its metrics; no secret is in any of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reconciler.git.addresses import without_user

# The user of an Application sets others, and may set them to anything.
SHOWN = {
    "app": "ARGOCD_APP_NAME",
    "project": "ARGOCD_APP_PROJECT_NAME",
    "revision": "ARGOCD_APP_REVISION",
    "repository": "ARGOCD_APP_SOURCE_REPO_URL",
}


class PluginEvent:
    """One request that ended."""

    __slots__ = (
        "about", "arrival", "cached", "code", "detail", "known", "method", "path", "renders",
        "seconds", "size", "text", "warnings",
    )  # fmt: skip

    def __init__(self, method: str) -> None:
        self.method = method
        self.about: dict[str, str] = {}
        self.path = ""
        self.size = 0
        self.known = False
        self.renders = 0
        self.cached = 0
        self.warnings: tuple[str, ...] = ()
        self.seconds = 0.0
        self.arrival = 0.0  # of the seconds, how many the client took to send
        self.code = ""
        self.text = ""
        self.detail = ""

    def describe(self, environment: Mapping[str, str], path: str, size: int, known: object) -> None:
        self.about = {name: environment.get(v, "") for name, v in SHOWN.items()}
        self.about["repository"] = without_user(self.about["repository"])
        self.path = path
        self.size = size
        self.known = known is not None


class PluginObserver(Protocol):
    """Who is told of it."""

    def waiting(self, requests: int) -> None: ...

    def saw(self, event: PluginEvent, requests: int) -> None: ...
