"""The secret of the webhooks, from the file or the variable that holds it."""

from __future__ import annotations

from reconciler.daemon.webhook import Gatekeeper
from reconciler.errors import UsageError
from reconciler.session.settings import Settings


def read_gatekeeper(settings: Settings, file: str) -> Gatekeeper | None:
    """None where there is no secret: then no delivery is taken."""
    secret = settings.webhook_secret
    if file:
        try:
            with open(file, "rb") as opened:
                secret = opened.read().strip()
        except OSError as e:
            raise UsageError(f"{file} cannot be read", why=e.strerror or "") from e
        if not secret:
            raise UsageError(f"{file} is empty", hint="put the secret of the webhooks into it")
    return Gatekeeper(secret) if secret else None
