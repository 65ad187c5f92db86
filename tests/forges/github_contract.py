"""GitHub's published description of its API, as two packages have it in the form of code.

githubkit is generated from the OpenAPI document: the call that it makes with the same arguments
has to be ours, and the answers have to be what it reads. ghapi has the GraphQL schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import graphql
from ghapi.gql_spec import gqlspec
from githubkit import GitHub
from pydantic import BaseModel, TypeAdapter

from tests.forges.replay import Answer, Request

VERSION: Final = "2022-11-28"
TYPES: Mapping[str, Mapping[str, Any]] = gqlspec["types"]  # type: ignore[assignment]
GROUPS = ("apps", "checks", "git", "issues", "pulls", "repos", "teams", "users")


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: re.Pattern[str]
    call: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Call:
    """What the generated client would send, and what it would read."""

    body: Any
    query: Mapping[str, Any]
    answer: Any
    refusals: Mapping[str, Any]


class GitHubContract:
    def check(self, request: Request, answer: Answer) -> None:
        assert request.headers["x-github-api-version"] == VERSION
        assert request.headers["user-agent"].startswith("reconciler/")
        if request.path == "/graphql":
            check_question(request.body)
            return
        call = expected_call(request)
        assert request.body == call.body, "the body has what the description does not know"
        assert request.query == {name: str(value) for name, value in call.query.items()}
        if answer.fault or isinstance(answer.body, bytes):
            return
        if answer.status < 300:
            if call.answer is not None:
                TypeAdapter(call.answer).validate_python(answer.body)
        elif refused := call.refusals.get(str(answer.status)):
            TypeAdapter(refused).validate_python(answer.body)


class Captured(Exception):
    pass


class Recorder(GitHub[Any]):
    """The generated client, stopped just before it sends."""

    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]
        raise Captured(method, url, given)


@cache
def _client() -> Recorder:
    return Recorder("a-token", rest_api_validate_body=True)


@cache
def operations() -> list[Operation]:
    found = []
    rest = _client().rest(VERSION)
    for group in GROUPS:
        calls = getattr(rest, group)
        for name in dir(calls):
            words = re.search(r"^\s*([A-Z]+) (/\S+)$", getattr(calls, name).__doc__ or "", re.M)
            if words and not name.startswith("async_"):
                path = re.sub(r"\{(ref|path)\}", r"(?P<\1>.+)", words[2])
                path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
                found.append(Operation(words[1], re.compile(path), getattr(calls, name)))
    return sorted(found, key=lambda operation: -len(operation.path.pattern))  # the most exact first


def expected_call(request: Request) -> Call:
    for operation in operations():
        names = operation.path.fullmatch(request.path)
        if names and operation.method == request.method:
            given = {"data": request.body} if request.body is not None else {}
            try:
                operation.call(**names.groupdict(), **request.query, **given)
            except Captured as e:
                method, path, sent = e.args
                assert (method, path) == (request.method, request.path)
                return Call(
                    sent.get("json"),
                    sent.get("params") or {},
                    sent.get("response_model"),
                    sent.get("error_models") or {},
                )
    raise AssertionError("the description has no such call")


@cache
def schema() -> graphql.GraphQLSchema:
    parts = (_definition(name, about) for name, about in TYPES.items())
    return graphql.build_schema("\n".join(parts), assume_valid=True)


def _definition(name: str, described: Mapping[str, Any]) -> str:
    kind = described["kind"]
    fields = " ".join(
        f"{field}{_arguments(about.get('args') or {})}: {about['type']}"
        for field, about in described.get("fields", {}).items()
    )
    if described.get("values"):
        return f"enum {name} {{ {' '.join(described['values'])} }}"
    if described.get("of"):
        return f"union {name} = {' | '.join(described['of'])}"
    if fields:
        word = {"INPUT_OBJECT": "input", "INTERFACE": "interface"}.get(kind, "type")
        return f"{word} {name}{_interface(described)} {{ {fields} }}"
    return "" if name in graphql.specified_scalar_types else f"scalar {name}"


def _interface(described: Mapping[str, Any]) -> str:
    """The package leaves out what implements what; GitHub calls a Node what has an id."""
    has_id = described["fields"].get("id", {}).get("type") == "ID!"
    return " implements Node" if has_id and described["kind"] == "OBJECT" else ""


def _arguments(given: Mapping[str, Any]) -> str:
    listed = ", ".join(f"{name}: {about[0]}" for name, about in given.items())
    return f"({listed})" if listed else ""


def check_question(body: Mapping[str, Any]) -> None:
    document = graphql.parse(body["query"])
    assert graphql.validate(schema(), document) == []
    (operation,) = document.definitions
    assert isinstance(operation, graphql.OperationDefinitionNode)
    values = graphql.execution.get_variable_values(
        schema(), operation.variable_definitions or (), body["variables"]
    )
    assert not isinstance(values, list), values


def sample(model: Any, **fields: Any) -> dict[str, Any]:
    """An answer that has all that this model requires."""
    made = {
        field.alias or name: _value(field.annotation)
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    return made | fields


def _value(kind: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        kinds = get_args(kind)
        return None if NoneType in kinds else _value(kinds[0])
    if origin is Annotated:
        return _value(get_args(kind)[0])
    if origin is Literal:
        return get_args(kind)[0]
    if origin is list:
        return []
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return sample(kind)
    simple = {NoneType: None, str: "text", int: 1, bool: False, float: 1.0}
    return simple.get(kind, "2026-11-21T12:00:00Z" if "date" in str(kind) else {})
