"""A line of JSON for each thing that happens, or a line of text for people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from reconciler.argocd.events import Event
from reconciler.argocd.rpc import Code
from reconciler.errors import printable

NAME = "reconciler.argocd"
OURS = (Code.INTERNAL.name, Code.UNKNOWN.name)
log = logging.getLogger(NAME)


class AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            found["trace"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False)


class AsText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        rest = "".join(f" {k}={printable(str(v))}" for k, v in fields.items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{record.levelname.lower()}: {printable(record.getMessage())}{rest}{trace}"


def set_up(*, as_json: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson() if as_json else AsText())
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)


class Log:
    """Tells of each request."""

    def waiting(self, requests: int) -> None:
        pass

    def saw(self, event: Event, requests: int) -> None:
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
