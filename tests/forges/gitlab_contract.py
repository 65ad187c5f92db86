"""What GitLab itself publishes of its API in the form of code: the client that it writes for Go.

Its OpenAPI document covers few calls and is in no package registry. The client's sources say the
method, the path, the options and the answer of each call, with their types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from tests.forges.replay import Answer, Request
from tests.peers import program

STRUCT = re.compile(r"^\t?(?:type )?(\w+) struct \{\n(.*?)^\t?\}", re.M | re.S)
FIELD = re.compile(r'^\s+\w+\s+(\S+)\s+`(?:url:"\w+[^"]*" )?json:"(\w+)[^"]*"`', re.M)
EMBEDDED = re.compile(r"^\s+\*?(\w+)$", re.M)
NAMED = re.compile(r"^\t?(?:type )?(\w+) (string|int64|\[\]string)$", re.M)
ROUTE = re.compile(r'^\t?(?:(?:const|var) )?(route\w+)\s+= route\("([^"]+)"\)', re.M)
FUNCTION = re.compile(r"^func \(s \*\w+\) (\w+)\((.*?)\) \(.*?\) \{\n(.*?)^\}", re.M | re.S)

SIMPLE: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int64": (int,),
    "int": (int,),
    "bool": (bool,),
    "float64": (int, float),
}


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: re.Pattern[str]
    options: str
    answer: str
    uploads: bool


@dataclass(frozen=True, slots=True)
class Sources:
    structs: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]
    calls: tuple[Call, ...]


class GitLabContract:
    def check(self, request: Request, answer: Answer) -> None:
        call = _call(request)
        assert "authorization" in request.headers
        if call.uploads:
            assert b'name="file"' in request.content
        elif request.body is not None:
            conforms(request.body, call.options)
        known = fields(call.options) if call.options else {}
        assert request.method != "GET" or request.query.keys() <= known.keys(), request.query
        if answer.status < 300 and not answer.fault and not isinstance(answer.body, bytes):
            conforms(answer.body, call.answer)


@cache
def sources() -> Sources:
    folder = program("gitlab-client")
    files = (f for f in sorted(folder.glob("*.go")) if not f.name.endswith("_test.go"))
    text = "\n".join(file.read_text() for file in files)
    bodies = dict(STRUCT.findall(text))
    structs: dict[str, dict[str, str]] = {}
    for name, body in bodies.items():
        above: dict[str, str] = {}
        for base in EMBEDDED.findall(body):
            above |= {tag: kind for kind, tag in FIELD.findall(bodies.get(base, ""))}
        structs[name] = above | {tag: kind for kind, tag in FIELD.findall(body)}
    routes = dict(ROUTE.findall(text))
    calls = (_read(given, body, routes) for _, given, body in FUNCTION.findall(text))
    return Sources(structs, dict(NAMED.findall(text)), tuple(filter(None, calls)))


def _read(given: str, body: str, routes: Mapping[str, str]) -> Call | None:
    route = re.search(r'withPath\((?:(route\w+)|"([^"]+)")', body)
    answer = re.search(r"\bdo\[(\S+?)\]\(", body)
    if not route or not answer:
        return None
    template = route[2] or routes.get(route[1], "")
    method = re.search(r"withMethod\(http\.Method(\w+)\)", body)
    options = re.search(r"opt \*(\w+)", given)
    return Call(
        method[1].upper() if method else "GET",
        re.compile("/" + re.sub(r"%[sd]", "[^/]+", template)),
        options[1] if options else "",
        answer[1],
        "withUpload(" in body,
    )


def _call(request: Request) -> Call:
    found = [
        call
        for call in sources().calls
        if call.method == request.method and call.path.fullmatch(request.path)
    ]
    assert found, "the client has no such call"
    return found[0]


def fields(struct: str) -> Mapping[str, str]:
    return sources().structs[struct]


def conforms(value: Any, kind: str, where: str = "") -> None:
    """Whether the client could send, or read, this."""
    kind = kind.lstrip("*")
    if value is None or (kind == "LabelOptions" and isinstance(value, str)):
        return  # these are sent as words with commas between
    kind = sources().names.get(kind, kind)
    if kind.startswith("[]") and kind != "[]byte":
        assert isinstance(value, list), f"{where} is a list"
        for item in value:
            conforms(item, kind[2:], f"{where}[]")
    elif kind in SIMPLE:
        assert type(value) in SIMPLE[kind], f"{where} is {kind}, not {value!r}"
    elif kind == "time.Time":
        datetime.fromisoformat(value)
    elif kind in sources().structs:
        known = fields(kind)
        assert isinstance(value, dict), f"{where} is an object"
        assert value.keys() <= known.keys(), f"{where} has no {value.keys() - known.keys()}"
        for name, inner in value.items():
            conforms(inner, known[name], f"{where}.{name}")
