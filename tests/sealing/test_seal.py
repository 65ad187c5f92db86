"""Sealing, opening and re-running, without a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sealing.digest_memory import DigestFile
from reconciler.sealing.envelope import CannotOpen, open_value, seal_value
from reconciler.sealing.scope import Scope
from reconciler.sealing.seal import seal, with_values
from reconciler.sealing.sealed_secret import SealedSecret, read_sealed_secret
from reconciler.sealing.secret import Secret, read_secret
from reconciler.yaml.read import read_documents
from reconciler.yaml.write import as_yaml
from tests.sealing.material import certificate, private_key

SECRET = b"""
apiVersion: v1
kind: Secret
metadata:
  name: api
  namespace: shop
stringData:
  user: admin
  password: hunter2
"""


def opened(sealed: SealedSecret) -> dict[str, bytes]:
    keys = [private_key()]
    return {k: open_value(keys, text, sealed.context) for k, text in sealed.encrypted.items()}


def a_secret(**values: str) -> Secret:
    return Secret("api", "shop", {key: bytearray(v.encode()) for key, v in values.items()})


@given(st.binary(max_size=2000), st.sampled_from(["", "ns", "ns/name"]))
def test_what_is_sealed_opens_with_the_key_and_the_context(plain: bytes, context: str) -> None:
    text = seal_value(private_key().public_key(), plain, context)
    assert open_value([private_key(1), private_key()], text, context) == plain
    with pytest.raises(CannotOpen):
        open_value([private_key()], text, context + "x")


@pytest.mark.parametrize("scope", Scope)
def test_a_sealed_secret_is_read_as_it_was_written(scope: Scope) -> None:
    (document,) = read_documents(SECRET, "secret.yaml")
    sealed = seal(read_secret(document), certificate(), scope)
    (again,) = read_documents(as_yaml(sealed.object()).encode(), "sealed.yaml")
    read = read_sealed_secret(again)
    assert read == sealed
    assert read.scope is scope
    assert opened(read) == {"user": b"admin", "password": b"hunter2"}
    record = read.record
    assert record
    assert {record.items[k].fingerprint for k in read.encrypted} == {certificate().fingerprint}


def test_the_same_values_keep_their_ciphertext_and_a_changed_one_does_not(tmp_path: Path) -> None:
    memory = DigestFile(str(tmp_path / ".git" / "reconciler" / "sealed.sqlite"))
    before = seal(a_secret(user="admin", password="hunter2"), certificate(), None, memory)
    same = with_values(before, a_secret(password="hunter2").values, certificate(), memory)
    assert same == before
    after = with_values(before, a_secret(password="hunter3").values, certificate(), memory)
    assert after.encrypted["user"] == before.encrypted["user"]
    assert after.encrypted["password"] != before.encrypted["password"]
    assert opened(after) == {"user": b"admin", "password": b"hunter3"}
