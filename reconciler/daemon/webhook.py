"""What a forge says that happened: believed if it is signed, and only once.

Nothing in it is used but that something happened: what it is, whoever is woken asks for itself.
"""

from __future__ import annotations

import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from threading import Lock
from typing import Any

MAX_BODY_BYTES = 5 << 20
OLDEST = timedelta(hours=1)
REMEMBERED = 10_000

# Each forge's headers: what proves that it is from there, and what names the delivery.
GITHUB = ("x-hub-signature-256", "x-github-delivery")
GITEA = ("x-gitea-signature", "x-gitea-delivery")
GITLAB = ("x-gitlab-token", "x-gitlab-event-uuid")
FORGES = (GITHUB, GITEA, GITLAB)

TIMES = (
    ("pull_request", "updated_at"),
    ("object_attributes", "updated_at"),
    ("comment", "updated_at"),
    ("review", "submitted_at"),
)


class DeliveryAnswer(StrEnum):
    """How a delivery is answered: its status, and why."""

    taken = "202 Accepted"
    forged = "401 Unauthorized"
    strange = "400 Bad Request"
    replayed = "409 Conflict"
    late = "403 Forbidden"


@dataclass(frozen=True, slots=True)
class Delivery:
    headers: Mapping[str, str]  # by their names in lower case
    body: bytes


class Gatekeeper:
    """Knows the secret, and what was delivered already."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._seen: OrderedDict[str, datetime] = OrderedDict()
        self._alone = Lock()

    def may_be_signed(self, headers: Mapping[str, str]) -> bool:
        """What brings no proof at all need not be read."""
        return any(proof in headers for proof, _ in FORGES)

    def judge(self, delivery: Delivery, now: datetime) -> DeliveryAnswer:
        if not self._is_signed(delivery):
            return DeliveryAnswer.forged
        try:
            found = json.loads(delivery.body)
        except (ValueError, RecursionError):
            return DeliveryAnswer.strange
        if not isinstance(found, dict):
            return DeliveryAnswer.strange
        time = _time(found)
        if time and now - time > OLDEST:
            return DeliveryAnswer.late
        return DeliveryAnswer.taken if self._is_new(delivery, now) else DeliveryAnswer.replayed

    def _is_signed(self, delivery: Delivery) -> bool:
        """Compared in a time that does not depend on how much of it is right."""
        mac = hmac.new(self._secret, delivery.body, sha256).hexdigest()
        for (name, _), wanted in (
            (GITHUB, f"sha256={mac}".encode()),
            (GITEA, mac.encode()),
            (GITLAB, self._secret),
        ):
            given = delivery.headers.get(name)
            if given is not None:
                return hmac.compare_digest(given.encode(errors="replace"), wanted)
        return False

    def _is_new(self, delivery: Delivery, now: datetime) -> bool:
        """By its name, and by its content: whoever replays one can write another name on it."""
        marks = [sha256(delivery.body).hexdigest()]
        marks += [f"{name} {v}" for _, name in FORGES if (v := delivery.headers.get(name))]
        with self._alone:
            if any(mark in self._seen for mark in marks):
                return False
            self._seen.update(dict.fromkeys(marks, now))
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return True


def _time(body: Mapping[str, Any]) -> datetime | None:
    """When it happened, where the forge says so."""
    for outer, inner in TIMES:
        about = body.get(outer)
        text = about.get(inner) if isinstance(about, dict) else None
        try:
            found = datetime.fromisoformat(str(text).replace(" UTC", "+00:00"))
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
