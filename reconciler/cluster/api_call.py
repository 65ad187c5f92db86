"""A request as a verb makes it, and whatever was answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.cluster.api_errors import FORBIDDEN, nonsense, refusal
from reconciler.errors import ApiError

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request, as a verb makes it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)  # what is empty is left out
    body: object = field(default=None, repr=False)
    content_type: str = JSON
    accept: str = JSON
    is_repeatable: bool = False  # doing it twice is as good as once
    watch_seconds: float = 0  # in which the answer does not end
    as_user: str = ""  # instead of whom the credentials are of
    check: Callable[[], object] | None = None  # raises where it must not be sent any more


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """Whatever was answered."""

    call: ApiCall
    status: int
    content: bytes = field(repr=False)
    secret: str = field(default="", repr=False)  # what was shown, and must not be told

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def object(self) -> dict[str, Any]:
        """The object in a good answer."""
        if not self.is_good:
            raise self.refusal()
        try:
            found: dict[str, Any] = json.loads(self.content)
        except ValueError:
            raise nonsense(self.call.method, self.call.path, self.status) from None
        return found

    def refusal(self) -> ApiError:
        content = self.content
        if self.secret:  # some proxies send back what they were sent
            content = content.replace(self.secret.encode(), b"...")
        error = refusal(self.call.method, self.call.path, self.status, content)
        if self.call.as_user and error.status == FORBIDDEN and "impersonate" in error.why:
            error.hint = f"give it the right to impersonate {self.call.as_user}"
        return error
