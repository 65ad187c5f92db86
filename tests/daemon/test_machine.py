"""What a container may have is read where its kernel says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.daemon import machine


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "GROUPS", str(tmp_path))
    (tmp_path / "memory").mkdir()
    return tmp_path


def test_without_a_limit_it_is_the_machine_s(groups: Path) -> None:
    whole = machine.memory()
    assert whole > 1 << 30
    (groups / "memory.max").write_text("max\n")
    (groups / "memory/memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert machine.memory() == whole


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_limit_of_either_version_counts(groups: Path, name: str) -> None:
    (groups / name).write_text(f"{512 << 20}\n")
    assert machine.memory() == 512 << 20


@pytest.mark.parametrize(
    ("quota", "most"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", 10**6)]
)
def test_a_share_of_the_processors_counts(groups: Path, quota: str, most: int) -> None:
    (groups / "cpu.max").write_text(quota)
    assert 1 <= machine.cores() <= most
