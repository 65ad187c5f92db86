"""A line of JSON for each thing that happens, or a line of text for people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from reconciler.errors import ReconcilerError, printable


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


def error_fields(error: ReconcilerError) -> dict[str, str]:
    """Without what it does not say."""
    said = {"error": str(error), "why": error.why, "hint": error.hint}
    return {name: text for name, text in said.items() if text}


def set_up(log: logging.Logger, *, as_json: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson() if as_json else AsText())
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)
