"""The page on the house names what is there, and its picture is drawn from what is enforced."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text()
PACKAGES = {path.parent.name for path in ROOT.glob("reconciler/*/__init__.py")}


def rooms_of_the_page() -> list[str]:
    part = PAGE.partition("\n## The rooms\n")[2].partition("\n## ")[0]
    return re.findall(r"^### (\w+)$", part, re.MULTILINE)


def rooms_of_the_contract() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [c["layers"] for c in contracts["contracts"] if "layers" in c and "root" not in c]
    return re.findall(r"reconciler\.(\w+)", " ".join(layers))


def test_the_picture_is_current() -> None:
    drawn = subprocess.run(
        [sys.executable, "docs/tools/architecture.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "docs/images/architecture.svg").read_text() == drawn, "run make docs"


def test_every_room_has_its_floor() -> None:
    assert set(rooms_of_the_contract()) == PACKAGES | {"errors", "retry"}


def test_every_room_has_its_paragraph() -> None:
    named = rooms_of_the_page()
    assert len(named) == len(set(named))
    assert set(named) == PACKAGES | {"errors", "retry"}


def test_no_path_of_the_page_leads_nowhere() -> None:
    paths = re.findall(r"`(reconciler/[\w/.]*)`", PAGE)
    assert not [path for path in paths if not (ROOT / path).exists()]
