"""Nothing secret is in any output, whatever changes around it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.compare.object_lists import compare
from reconciler.kubernetes.masking import is_credential
from reconciler.kubernetes.structure import Structure
from tests.compare.cases import written

MARK = "hunter2"
VALUES = st.text("abcdef0123456789", min_size=1, max_size=6).map(lambda t: f"{MARK}{t}")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(data: dict[str, str], text: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "keys",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"stringData": text})
            },
        },
        "data": {k: encoded(v) for k, v in data.items()},
        "stringData": text,
    }


def sealed(data: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "keys"},
        "spec": {"encryptedData": data, "template": {"data": data}},
    }


def others(value: str) -> list[dict[str, Any]]:
    """Where secrets are besides Secrets."""
    address = {"name": "DATABASE", "value": f"postgres://admin:{value}@db/web"}
    container = {"name": "web", "env": [{"name": "RPC_TOKEN", "value": value}, address]}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "c"},
            "data": {
                "adminPassword": value,
                "x.yaml": f"kind: Secret\nstringData:\n  a: {value}\n",
            },
        },
        {
            "apiVersion": "example.com/v1",
            "kind": "Template",
            "metadata": {"name": "t"},
            "objects": [{"kind": "Secret", "stringData": {"a": value}}],
        },
    ]


KEYS = st.sampled_from(["a", "b", "c"])
DATA = st.dictionaries(KEYS, VALUES, max_size=3)
SIDES = st.builds(
    lambda data, text, cipher, value, with_secret: [
        *([secret(data, text)] if with_secret else []),
        sealed(cipher),
        *others(value),
    ],
    DATA,
    DATA,
    DATA,
    VALUES,
    st.booleans(),
)


@given(SIDES, SIDES)
def test_a_secret_value_is_in_no_output(
    structure: Structure, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    found = compare(before, after, structure)
    values = encoded(MARK)[:8]
    for text in (*written(found).values(), repr(found)):
        assert MARK not in text
        assert values not in text


def test_a_changed_secret_is_shown_as_changed_and_never_as_text(structure: Structure) -> None:
    before, after = secret({"a": "one", "b": "two"}, {}), secret({"a": "one", "b": "three"}, {})
    lines = written(compare([before], [after], structure))["expected.txt"]
    assert "data.b: (hidden) changed" in lines
    assert "data.a" not in lines
    assert "three" not in lines


def test_no_output_tells_how_long_a_secret_is(structure: Structure) -> None:
    short = compare([secret({"a": "x"}, {})], [secret({"a": "y"}, {})], structure)
    long = compare([secret({"a": "x" * 999}, {})], [secret({"a": "y" * 5}, {})], structure)
    assert written(short) == written(long)


def test_the_encoding_of_a_secret_is_no_difference(structure: Structure) -> None:
    before, after = secret({"a": "x"}, {}), secret({"a": "x"}, {})
    after["data"]["a"] = f"\n{after['data']['a']}\n"
    assert not compare([before], [after], structure)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DB_PASSWORD", True),
        ("PASSWORD", True),
        ("rpc-token", True),
        ("adminPassword", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("apiKey", True),
        ("JWT_SECRET", True),
        ("MNEMONIC", True),
        ("credentials", True),
        ("PASSWORD_FILE", False),
        ("TOKEN_PATH", False),
        ("SECRET_NAME", False),
        ("PWD", False),
        ("KEY", False),
        ("PUBLIC_KEY", False),
        ("COMPASS", False),
        ("MAX_TOKENS", False),
        ("LOG_LEVEL", False),
    ],
)
def test_names_of_credentials_are_known_by_their_last_word(name: str, expected: bool) -> None:
    assert is_credential(name) == expected
