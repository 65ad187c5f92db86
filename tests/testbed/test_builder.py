"""Programs are compiled once, whoever asks and however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import CannotBuild
from reconciler.testbed.builder import Progress, build, key, missing
from reconciler.testbed.peers import PEERS, Peer
from reconciler.testbed.toolchain import find_go
from tests.peers import PEER_MISSING

BUILD = """
import sys
from pathlib import Path
from reconciler.testbed.builder import build
from reconciler.testbed.peers import PEERS, Peer
PEERS["tiny"] = Peer("tiny", Path(sys.argv[1]), ".")
build(["tiny"], Path(sys.argv[2]), lambda p: print(p.finished, flush=True))
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """A Go program of two lines, as one more peer."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "go.mod").write_text("module tiny\n\ngo 1.26.0\n")
    (folder / "go.sum").touch()
    (folder / "main.go").write_text('package main\n\nfunc main() { println("tiny") }\n')
    try:
        find_go(folder / "go.mod")
    except CannotBuild as e:
        pytest.skip(f"{PEER_MISSING}go: {e}")
    peer = Peer("tiny", folder, ".")
    monkeypatch.setitem(PEERS, "tiny", peer)
    return peer


@pytest.fixture
def elsewhere(tiny: Peer, tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Build it in another process."""

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", BUILD, tiny.folder, tmp_path / "cache"],
            stdout=subprocess.PIPE,
            text=True,
        )

    return begin


def test_a_program_is_compiled_once_and_its_progress_is_told(tiny: Peer, tmp_path: Path) -> None:
    told: list[Progress] = []
    cache = tmp_path / "cache"
    assert missing(["tiny"], cache) == ["tiny"]
    built = build(["tiny"], cache, told.append)["tiny"]
    assert b"tiny" in subprocess.run([built], capture_output=True, check=True).stderr
    assert told[0].total == 0
    assert told[-1].finished
    told.clear()
    assert build(["tiny"], cache, told.append)["tiny"] == built
    assert not told
    assert not missing(["tiny"], cache)


def test_another_version_is_another_program(tiny: Peer) -> None:
    before = key(tiny)
    (tiny.folder / "go.sum").write_text("example.com/m v1.0.0 h1:x=\n")
    assert key(tiny) != before


def test_several_that_ask_at_once_compile_it_once(
    elsewhere: Callable[[], subprocess.Popen[str]],
) -> None:
    asked = [elsewhere() for _ in range(3)]
    said = [process.communicate()[0] for process in asked]
    assert [process.returncode for process in asked] == [0, 0, 0]
    assert "".join(said).count("True") == 1


def test_one_that_is_killed_while_it_compiles_leaves_nothing_broken(
    tiny: Peer, tmp_path: Path, elsewhere: Callable[[], subprocess.Popen[str]]
) -> None:
    cache = tmp_path / "cache"
    with elsewhere() as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    built = build(["tiny"], cache)["tiny"]
    assert b"tiny" in subprocess.run([built], capture_output=True, check=True).stderr
    assert not list(cache.glob("*.tmp-*"))


def test_what_does_not_compile_is_told_with_the_compilers_words(tiny: Peer, tmp_path: Path) -> None:
    (tiny.folder / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(CannotBuild, match="tiny cannot be made") as found:
        build(["tiny"], tmp_path / "cache")
    assert "undefined: nonsense" in found.value.why
    assert missing(["tiny"], tmp_path / "cache") == ["tiny"]


def test_versions_that_nobody_has_used_for_long_go(tiny: Peer, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    old, recent, foreign = (cache / f"{name}-linux" for name in (
        f"tiny-{'0' * 16}", f"tiny-{'1' * 16}", f"tinyother-{'0' * 16}"
    ))  # fmt: skip
    for file in (old, recent, foreign):
        file.touch()
    for file in (old, foreign):
        os.utime(file, (time.time() - 100 * 24 * 3600,) * 2)
    build(["tiny"], cache)
    assert [file.exists() for file in (old, recent, foreign)] == [False, True, True]


def test_every_peer_pins_its_release(tmp_path: Path) -> None:
    keys = [key(peer) for peer in PEERS.values()]
    assert len(set(keys)) == len(keys)
    for peer in PEERS.values():
        assert "v0.0.0-" not in peer.link_flags()
