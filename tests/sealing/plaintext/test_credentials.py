"""Keys are found whatever their letters are, and wherever the ends of their lines are."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reconciler.sealing.plaintext.credentials import credentials_in


def pem(number: int) -> str:
    key = Ed25519PrivateKey.from_private_bytes(sha256(str(number).encode()).digest())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


# Of a key of one line of 64 letters, each counts: + and / stand at either end of some.
KEYS = [pem(number) for number in range(300)]
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in quotes": json.dumps,
    "in quotes in quotes": lambda key: json.dumps(json.dumps([key])),
    "indented": lambda key: "k: |\n" + "".join(f"  {line}\n" for line in key.splitlines()),
    "in a comment": lambda key: "".join(f"// {line}\n" for line in key.splitlines()),
    "in a list": lambda key: "".join(f"- {line}\n" for line in key.splitlines()),
    "in a program": lambda key: " +\n".join(f'"{line}\\n"' for line in key.splitlines()),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64, further on": lambda key: base64.b64encode(b"ab" + key.encode()).decode(),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_letter_of_a_key_hides_it(way: str) -> None:
    for key in KEYS:
        [found] = credentials_in(WAYS[way](key))
        assert (found.what, found.body) == ("a private key", key.splitlines()[1])
    ends = {key.splitlines()[1][-1] for key in KEYS}
    assert {"+", "/"} <= ends
