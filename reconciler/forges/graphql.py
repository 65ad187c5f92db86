"""GitHub's other API, which answers 200 when it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.errors import ForgeError
from reconciler.forges.client import ForgeClient

Given = Mapping[str, Any] | Sequence[str] | None

LIMITED = "RATE_LIMITED"
FORBIDDEN = {"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"}


@dataclass(frozen=True, slots=True)
class GraphqlAnswer:
    data: Mapping[str, Any]
    refusal: str  # nothing if it was done


def ask(client: ForgeClient, question: str, given: Given, needs: str) -> GraphqlAnswer:
    """Do what is asked with this input, if it takes one; what was not allowed is an error."""
    where = client.base.removesuffix("/v3") + "/graphql"
    body = {"query": question, "variables": {"input": given} if given else {}}
    found = client.parsed(client.send("POST", where, body), where)
    errors = found.get("errors") or ()
    words = "; ".join(str(error.get("message")) for error in errors)
    kinds = {str(error.get("type")) for error in errors}
    if LIMITED in kinds:
        raise ForgeError(
            f"{client.name} takes no more requests for now", why=words, hint="run it again later"
        )
    if kinds & FORBIDDEN:
        raise ForgeError(
            f"{client.name} does not allow it", why=words, hint=f"the token needs {needs}"
        )
    return GraphqlAnswer(found.get("data") or {}, words)
