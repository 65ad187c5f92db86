"""A small archive takes no more memory than any other, and its names are names of files."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from itertools import product

import pytest

from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive
from tests.argocd.conftest import plugin as plugin
from tests.attacks.sidecar import MIB, User, beside, peak_of
from tests.trees.test_archive import member

pytestmark = pytest.mark.slow  # as much memory as a sidecar may have

SECONDS = 60


def pax(name: str, content: bytes = b"", **more: str) -> bytes:
    """An entry after headers that say these of it."""
    records = b""
    for key, value in {"path": name, **more}.items():
        record = f" {key}={value}\n".encode(errors="surrogateescape")
        length = len(record)
        while length != len(str(length)) + len(record):
            length = len(str(length)) + len(record)
        records += str(length).encode() + record
    return member("pax", records, kind=tarfile.XHDTYPE) + member("short", content)


def deep(parts: int) -> bytes:
    return pax("/".join(["a"] * parts))


def many_deep() -> Iterator[bytes]:
    """Each within the longest path, and all of their folders different."""
    for letters in product("abcdefghij", repeat=2):
        yield pax("/".join([*letters, *["x"] * 2000]))


def said_of_all() -> bytes:
    """Headers for all entries that follow, each of which would get a copy."""
    records = b"".join(b"12 %06d=1\n" % n for n in range(5000))
    return member("pax", records, kind=tarfile.XGLTYPE)


ODD = {
    "30,000 folders deep": deep(30_000),
    "100,000 folders deep": deep(100_000),
    "many deep folders": b"".join(many_deep()),
    "a name of a mebibyte": pax("a" * MIB),
    "a link to a name of a mebibyte": pax("l", linkpath="a" * MIB),
    "NUL in a name": pax("a\0b"),
    "headers for all that follow": said_of_all() + member("a", b"") * 50_000,
}


@pytest.mark.parametrize("what", ODD)
def test_it_is_refused_at_once_and_takes_no_memory(plugin: Plugin, what: str) -> None:
    victim, attacker = User(plugin, "shop"), User(plugin, "lab")
    assert victim.deploy() == DEPLOYMENT
    content = gzip.compress(ODD[what] + gzip.decompress(archive(FLEET)), 9)
    with peak_of(plugin) as usual:
        victim.deploy()
    with peak_of(plugin) as peak:
        found = beside(victim, [(attacker, content, WEB)])
    assert found.answers[0].startswith("INVALID_ARGUMENT the archive")
    assert peak["server"] < usual["server"] + 160 * MIB
    assert found.worst < SECONDS / 4


def test_paths_that_lead_nowhere_take_no_memory(plugin: Plugin) -> None:
    """Thousands of them in a file, each through thousands of folders that are not there."""
    victim, attacker = User(plugin, "shop"), User(plugin, "lab")
    assert victim.deploy() == DEPLOYMENT
    paths = [f"../{n}/" + "/".join(["a"] * 2000) for n in range(100)]
    files = {"top/kustomization.yaml": f"resources: {paths}\n".replace("'", "")}
    with peak_of(plugin) as usual:
        victim.deploy()
    with peak_of(plugin) as peak:
        found = beside(victim, [(attacker, archive(files), "top")])
    assert found.answers[0].startswith("FAILED_PRECONDITION top/kustomization.yaml")
    assert peak["server"] < usual["server"] + 160 * MIB


def test_a_link_whose_target_is_no_name_leads_nowhere(plugin: Plugin) -> None:
    """It is refused where something names it."""
    files = {"top/kustomization.yaml": "resources: [l.yaml]\n"}
    for target in ("a\0b", "a/" * 3000):
        link = pax("top/l.yaml", linkpath=target)
        link = link[:-512] + member("short", kind=tarfile.SYMTYPE)
        content = archive(files, link)
        answer = User(plugin, "lab").ask(content, "top")
        assert answer.startswith("FAILED_PRECONDITION top/kustomization.yaml:1:13: "), answer
