"""A private key, or a token that says what it is, is not committed: however it is written."""

from __future__ import annotations

import base64
import json
import os
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.conftest import Repo

PROGRAM = Path(sys.executable).with_name("reconciler")
OWN = ed25519.Ed25519PrivateKey.generate()
PEM = OWN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ENCRYPTED = OWN.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
).decode()
RSA = (
    rsa.generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)
EC = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)
OPENSSH = OWN.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
ONE_LINE = PEM.replace("\n", "\\n")
BODY = "".join(RSA.split("\n")[1:-2])
IN_BASE64 = base64.b64encode(PEM.encode()).decode()
PGP = f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x 1\n\n{BODY}\n=abcd\n-----END PGP"
PUTTY = (
    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {how}\nComment: me\nPublic-Lines: 1\nAAAA\n"
    f"Private-Lines: 1\n{BODY[:48]}\nPrivate-MAC: {'0' * 64}\n"
)
URL_SAFE = BODY.replace("+", "-").replace("/", "_")
JWK = json.dumps({"kty": "EC", "crv": "P-256", "x": URL_SAFE[:43], "d": URL_SAFE[43:86]})
CERTIFICATE = PEM.replace("PRIVATE KEY", "CERTIFICATE").encode()
BEGIN, *_, END = RSA.splitlines()

KEYS: dict[str, tuple[str, str | bytes]] = {
    "an archive": ("a.tar", b"a.pem\0\0\0" + PEM.encode() + b"\0" * 400),
    "UTF-32": ("a.txt", PEM.encode("utf-32")),
    "more than a window": ("a.asc", f"{BEGIN}\n{BODY * 60}\n{END}\n"),
    "PEM": ("a.pem", PEM),
    "RSA": ("a.pem", RSA),
    "EC": ("a.pem", EC),
    "OpenSSH": ("id", OPENSSH),
    "a service account of Google": ("gcp.json", json.dumps({"private_key": PEM, "type": "x"})),
    "one line of YAML": ("cm.yaml", f'kind: ConfigMap\ndata:\n  k: "{ONE_LINE}"\n'),
    "properties": ("app.properties", f"key={ONE_LINE}\n"),
    "an env file": ("app.env", f"KEY='{ONE_LINE}'\n"),
    "JSON in JSON": ("a.json", json.dumps({"a": json.dumps({"private_key": PEM})})),
    "escapes": ("a.json", json.dumps({"k": PEM}).replace("-", "\\u002d")),
    "other escapes": ("a.yaml", f'k: "{ONE_LINE}"'.replace("-", "\\x2d")),
    "a URL": ("a.txt", "?key=" + PEM.replace(" ", "%20").replace("\n", "%0A")),
    "a patch that takes it away": ("a.patch", "".join(f"-{_}\n" for _ in PEM.splitlines())),
    "a comment": ("a.py", "".join(f"# {line}\n" for line in PEM.splitlines())),
    "a list of lines": ("a.json", json.dumps(RSA.splitlines(), indent=2)),
    "a program": ("a.js", " +\n".join(f'  "{line}\\n"' for line in PEM.splitlines())),
    "no line ends": ("a.txt", PEM.replace("\n", "")),
    "CRLF": ("a.txt", PEM.replace("\n", "\r\n").encode()),
    "indented": ("a.yaml", "k: |\n" + "".join(f"    {line}\n" for line in PEM.splitlines())),
    "UTF-16": ("a.txt", PEM.encode("utf-16")),
    "UTF-16 without a mark": ("a.txt", PEM.encode("utf-16-le")),
    "a ConfigMap's binary data": ("a.yaml", f"kind: ConfigMap\nbinaryData:\n  k: {IN_BASE64}\n"),
    "a kubeconfig": ("config", f"users:\n- user:\n    client-key-data: {IN_BASE64}\n"),
    "base64 in lines": (
        "a.yaml",
        "k: |\n  " + "\n  ".join(_ for _ in [IN_BASE64[:76], IN_BASE64[76:]]),
    ),
    "base64 after something": ("a.txt", base64.b64encode(b"x\n" + PEM.encode()).decode()),
    "PGP": ("me.asc", PGP),
    "PuTTY": ("me.ppk", PUTTY.format(how="none")),
    "a JSON web key": ("jwk.json", JWK),
    "WireGuard": ("wg0.conf", f"[Interface]\nPrivateKey = {BODY[:43]}=\n"),
}

NONE = {
    "an encrypted key": ENCRYPTED,
    "an encrypted key of PuTTY": PUTTY.format(how="aes256-cbc"),
    "a public key": PEM.replace("PRIVATE", "PUBLIC"),
    "a certificate in base64": base64.b64encode(CERTIFICATE).decode(),
    "one cut short": "\n".join(RSA.splitlines()[:2]) + "\n...\n-----END RSA PRIVATE KEY-----\n",
    "one cut short without an end": "\n".join(RSA.splitlines()[:2]) + "\n",
    "one with nothing in it": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "one to be filled in": "-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----\n",
    "a template": f"{BEGIN}\n{{{{ .Values.key | indent 4 }}}}\n{END}",
    "one of one letter": f"-----BEGIN PRIVATE KEY-----\n{'x' * 64}\n-----END PRIVATE KEY-----\n",
    "a word about keys": f'if text == "{BEGIN}": end = "{END}"',
}


def made(count: int, letters: str = string.ascii_letters + string.digits) -> str:
    """Text that looks like chance and is always the same."""
    number, text = 0x5EED, ""
    while len(text) < count:
        number = number * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        text += letters[(number >> 33) % len(letters)]
    return text


def with_checksum(payload: str) -> str:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    rest, text = crc32(payload.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        text = digits[digit] + text
    return payload + text


# Put together here, or this file could not be committed.
TOKENS: dict[str, Callable[[], str]] = {
    "GitHub": lambda: "gh" + "p_" + with_checksum(made(30)),
    "GitHub, of an app": lambda: "gh" + "s_" + with_checksum(made(30)),
    "GitHub, fine-grained": lambda: "github" + "_pat_" + made(22) + "_" + made(59),
    "GitLab": lambda: "gl" + "pat-" + made(20),
    "GitLab, routable": lambda: "gl" + "pat-" + made(27) + ".01." + made(9, "0123456789abcdef"),
    "AWS": lambda: f"id={'AK' + 'IA'}{made(16, 'ABCDEFGHIJ234567')}\nsecret={made(40)}",
    "Slack": lambda: "xo" + "xb-" + "1" * 11 + "-" + "2" * 12 + "-" + made(24),
    "npm": lambda: "np" + "m_" + with_checksum(made(30)),
    "PyPI": lambda: "pypi-" + "AgE" + made(80),
    "Stripe": lambda: "sk_" + "live_" + made(24),
    "Vault": lambda: "hv" + "s." + made(95),
}
NO_TOKENS = {
    "a word for GitHub's": "gh" + "p_" + "x" * 36,
    "one with a wrong checksum": "gh" + "p_" + made(36),
    "a word for GitLab's": "gl" + "pat-" + "x" * 20,
    "the example of AWS": "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "a key's name alone": "AK" + "IA" + made(16, "ABCDEFGHIJ234567"),
    "a key's name and a commit": "AK" + "IA" + made(16, "ABCDEFGHIJ234567") + " "
    + made(40, "0123456789abcdef"),
}  # fmt: skip


@pytest.fixture
def forbidden(repo: Repo) -> Callable[[str, str | bytes], subprocess.CompletedProcess[str]]:
    """What a hook says of one file that is staged."""

    def run(file: str, content: str | bytes) -> subprocess.CompletedProcess[str]:
        repo.write({file: content})
        repo.git("add", "--all")
        return subprocess.run(
            [PROGRAM, "secrets", "forbid"],
            cwd=repo.path,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
        )

    return run


Forbidden = Callable[[str, str | bytes], "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("name", KEYS)
def test_a_private_key_is_found_however_it_is_written(name: str, forbidden: Forbidden) -> None:
    file, content = KEYS[name]
    done = forbidden(file, content)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{file}:")
    assert "a private key in the clear" in done.stdout
    assert PEM.splitlines()[1] not in done.stdout + done.stderr


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_whole_key_is_left_alone(name: str, forbidden: Forbidden) -> None:
    assert forbidden("a.txt", NONE[name]).stdout == ""


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_found_in_any_file(name: str, forbidden: Forbidden) -> None:
    token = TOKENS[name]()
    done = forbidden("notes.md", f"# How\n\nWith `{token}`.\n")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("notes.md:3: a")
    assert token not in done.stdout + done.stderr


@pytest.mark.parametrize("name", NO_TOKENS)
def test_what_only_looks_like_a_token_is_left_alone(name: str, forbidden: Forbidden) -> None:
    assert forbidden("notes.md", f"With `{NO_TOKENS[name]}`.\n").stdout == ""
