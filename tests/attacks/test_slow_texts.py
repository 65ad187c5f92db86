"""A file that somebody else wrote keeps no hook from its end, and does not end it early."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Repo

PROGRAM = Path(sys.executable).with_name("reconciler")
PATIENCE = 40
BEGIN = "-----BEGIN PRIVATE KEY-----\n"
DOUBLED = "".join(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]\n" for n in range(1, 40))
TEMPLATE = "kind: Secret\n{{ if .x }}\ndata:\n  x"

TEXTS = {
    "a list that merges itself": ("a.yaml", "kind: Secret\n<<: &a [*a]\n"),
    "lists of lists that are merged": (
        "a.yaml",
        f"kind: Secret\nl0: &l0 {{a: b}}\n{DOUBLED}<<: *l39\n",
    ),
    "a mapping in itself": ("a.secret.yaml", "a: &a {b: *a}\n"),
    "lists of lists": ("a.secret.yaml", f"l0: &l0 [a]\n{DOUBLED}"),
    "templates without a colon": ("a.tpl", TEMPLATE + "{{a}}" * 60 + "\n"),
    "templates that do not end": ("a.secret.yaml", f"a: '{'{{' * 200_000}'\n"),
    "ciphertexts that do not end": ("a.secret.yaml", f"a: '{'ENC[AES256_GCM,' * 40_000}'\n"),
    "blanks before no comment": ("a.tpl", f"{TEMPLATE}: a{' ' * 400_000}b\n"),
    "many documents": ("a.yaml", "Secret\n" + "---\n" * 500_000),
    "the words of a key in base64, again and again": ("a.txt", "UFJJVkFURSBLRVkA" * 25_000),
    "blanks in a key": ("a.txt", f"{BEGIN * 50}a{' ' * 50_000}a\n-----END"),
    "signs in a key": ("a.txt", f"{BEGIN * 50}a{' +' * 25_000}a\n-----END"),
    "backslashes": ("a.txt", "PRIVATE" + "\\" * 500_000),
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_stops_the_hook(name: str, repo: Repo) -> None:
    file, text = TEXTS[name]
    repo.write({file: text})
    repo.git("add", ".")
    done = subprocess.run(
        [PROGRAM, "secrets", "forbid"],
        cwd=repo.path,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode in (0, 1), done.stderr
