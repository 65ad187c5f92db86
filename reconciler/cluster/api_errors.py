"""What an API server says when it refuses, as errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reconciler.errors import ApiError

MAX_WORDS = 500  # characters of what the server says
TRANSIENT = {429, 500, 502, 503, 504}
UNKNOWN, FORBIDDEN, NOT_FOUND, CONFLICT, GONE, INVALID = 401, 403, 404, 409, 410, 422
INTERNAL = 500
# How they refuse a field that the definition of a custom kind has not, though nothing is broken.
UNDECLARED = "field not declared in schema"
DECLARE = "apply the definition of the kind that has this field, or leave the field out"
# How API servers say that a field cannot be changed: with a cause of its own for each of them.
FROZEN_CAUSES = ("FieldValueInvalid", "FieldValueForbidden")
FROZEN = re.compile(
    r"immutable|may not (be )?change|cannot change|updates to .* are forbidden", re.IGNORECASE
)
# The words of the authorizer, which has seen no value of a Secret. Admission may quote one.
NO_RIGHT = re.compile(
    r'[a-z]+(?: "[^"\s]*")? is forbidden: User "[\w:.@/-]+" cannot [a-z]+ resource "[a-z]+" '
    r'in API group ""(?: in the namespace "[\w.-]+"| at the cluster scope)'
)
HINTS = {
    UNKNOWN: "log in again, or choose another context",
    FORBIDDEN: "ask for the right to do this",
    429: "try it again in a while",
}


@contextmanager
def accepting(*statuses: int) -> Iterator[None]:
    """What is refused in one of these ways is as good as done."""
    try:
        yield
    except ApiError as e:
        if e.status not in statuses:
            raise


def refusal(method: str, path: str, code: int, content: bytes) -> ApiError:
    """The error for an answer that is none of the good ones."""
    status = status_in(content)
    is_quoted = not (status or _is_of_secrets(path))
    words = content.decode(errors="replace") if is_quoted else _words(path, status)
    undeclared = code == INTERNAL and UNDECLARED in words
    return ApiError(
        f"the API server refuses {method} {path} with {code}",
        status=code,
        reason=str(status.get("reason") or ""),
        transient=code in TRANSIENT and not undeclared,
        frozen=_frozen(status) if code == INVALID else (),
        why=" ".join(words.split())[:MAX_WORDS],
        hint=DECLARE if undeclared else HINTS.get(code, ""),
    )


def silence(address: str, method: str, path: str, why: str) -> ApiError:
    """The error for an answer that did not come, or not to its end."""
    return ApiError(
        f"the API server does not answer at {address}",
        transient=True,
        why=f"{method} {path}: {why}",
        hint="is the cluster running, and is this the right one?",
    )


def nonsense(method: str, path: str, code: int) -> ApiError:
    """The error for what no API server answers."""
    return ApiError(
        f"what answers {method} {path} is not an API server",
        status=code,
        why="it sends something else than an object in JSON",
        hint="is this the right address?",
    )


def status_in(content: bytes) -> Mapping[str, Any]:
    """The object of kind Status; nothing if this is something else."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _frozen(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that cannot be changed; none where something else is wrong, too."""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    found = [cause for cause in causes or () if isinstance(cause, Mapping)]
    for cause in found:
        is_about_it = cause.get("reason") in FROZEN_CAUSES
        if not is_about_it or not FROZEN.search(str(cause.get("message") or "")):
            return ()
    return tuple(dict.fromkeys(str(cause.get("field") or "") for cause in found))


def _words(path: str, status: Mapping[str, Any]) -> str:
    """Its message; of Secrets only which fields it is about, for it may quote what they hold."""
    if not _is_of_secrets(path):
        return str(status.get("message") or "")
    if no_right := NO_RIGHT.match(str(status.get("message") or "")):
        return no_right[0]
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    fields = [str(cause.get("field") or cause.get("reason") or "") for cause in causes or ()]
    return ", ".join([str(status.get("reason") or "it does not say why"), *fields])


def _is_of_secrets(path: str) -> bool:
    """Then whoever answers may quote what it was sent, a proxy in between, say."""
    return "secrets" in path.split("?")[0].split("/")
