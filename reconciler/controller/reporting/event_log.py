"""What happens to apps, as lines of the log."""

from __future__ import annotations

import logging

from reconciler.controller.app_event import AppEvent
from reconciler.daemon.logs import error_fields

log = logging.getLogger("reconciler.run")


def tell(event: AppEvent) -> None:
    fields = {"app": str(event.entry), **event.fields}
    if event.error:
        fields |= error_fields(event.error)
    log.log(
        logging.WARNING if event.warns else logging.INFO, event.what.value, extra={"fields": fields}
    )
