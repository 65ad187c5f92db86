"""What the log says of each request."""

from __future__ import annotations

import logging
from typing import Any

from reconciler.argocd.server.plugin_events import PluginEvent
from reconciler.argocd.server.rpc import Code

NAME = "reconciler.argocd"
OURS = (Code.INTERNAL.name, Code.UNKNOWN.name)
log = logging.getLogger(NAME)


class RequestLog:
    """Tells of each request."""

    def waiting(self, requests: int) -> None:
        pass

    def saw(self, event: PluginEvent, requests: int) -> None:
        fields: dict[str, Any] = {
            **{name: value for name, value in event.about.items() if value},
            "path": event.path,
            "code": event.code,
            "milliseconds": round(event.seconds * 1000, 1),
            "arrival_milliseconds": round(event.arrival * 1000, 1),
            "archive_bytes": event.size,
            "archive_known": event.known,
        }
        if event.renders:
            fields |= {"renders": event.renders, "cached": event.cached}
        if event.text:
            fields["error"] = event.text
        if event.detail:
            fields["detail"] = event.detail
        level = logging.INFO
        if event.code != Code.OK.name:
            level = logging.ERROR if event.code in OURS else logging.WARNING
        log.log(level, event.method, extra={"fields": fields})
        for warning in event.warnings:
            log.warning(warning, extra={"fields": {"path": event.path, **event.about}})
