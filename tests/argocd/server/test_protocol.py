"""Our messages are those of the pinned Argo CD, by name, number and type."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import argocd
from reconciler.argocd import plugin_pb2

FIELD = re.compile(r"^\s*(repeated\s+)?(map<\w+,\s*\w+>|[\w.]+)\s+(\w+)\s*=\s*(\d+);", re.MULTILINE)
MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)

Fields = set[tuple[str, int, str, bool]]


def messages_in(text: str) -> dict[str, Fields]:
    """Name, number, type and whether there are many, of each field of each message."""
    return {
        name: {
            (field, int(number), kind.replace(" ", "").rpartition(".")[2], bool(many))
            for many, kind, field, number in FIELD.findall(body)
        }
        for name, body in MESSAGE.findall(text)
    }


@pytest.fixture(scope="session")
def theirs(peer: Callable[[str], Path]) -> dict[str, Fields]:
    sources = peer("argocd-protocol")
    found: dict[str, Fields] = {}
    for file in sources.rglob("*.proto"):
        found |= messages_in(file.read_text())
    return found


def ours() -> dict[str, Fields]:
    """From what the program uses, not from the text that it was made from."""
    kinds = {3: "int64", 8: "bool", 9: "string", 12: "bytes"}
    found = {}
    for name, message in plugin_pb2.DESCRIPTOR.message_types_by_name.items():
        fields: Fields = set()
        for field in message.fields:
            inner = field.message_type
            many = field.is_repeated
            kind = inner.name if inner else kinds[field.type]
            if inner and inner.GetOptions().map_entry:
                kind, many = "map<string,string>", False
            fields.add((field.name, field.number, kind, many))
        found[name] = fields
    return found


def test_each_message_is_argo_cd_s_own(theirs: dict[str, Fields]) -> None:
    for name, fields in ours().items():
        assert fields == theirs[name], name


def test_the_messages_are_made_from_the_definition_beside_them() -> None:
    definition = Path(argocd.__file__).with_name("plugin.proto")
    assert messages_in(definition.read_text()) == ours()


def test_a_plain_command_loads_nothing_of_the_plugin() -> None:
    for arguments in (["--help"], ["render", "--help"], ["list", "--help"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
            capture_output=True,
            text=True,
        )
        loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert not loaded & {
            "grpc",
            "hpack",
            "google.protobuf",
            "prometheus_client",
            "reconciler.argocd.server.process",
        }
