"""CONTRIBUTING is right: its paths are there, and its examples can be followed to the letter."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
FOLLOWED = ("Add a check", "Add a command", "Add a gate", "Add a source of health")
FOLDERS = "benchmarks|crds|docs|environments|examples|overlays|policies|reconciler|tests"

# A file, and of one that is there the line below which, or in the place of which, the block goes.
EDIT = re.compile(
    r"`(?P<file>[\w/]+\.py)`(?:,\s(?:(?P<below>below)|in the place of)\s`(?P<line>[^`]+)`)?:\n\n"
    r"```(?:python|text)\n(?P<lines>.*?)```",
    re.DOTALL,
)
COMMAND = re.compile(r"```text\n\.venv/bin/(pytest .*)\n```")


def follow(section: str, copy: Path) -> list[str]:
    """Do what it says in a copy of the repository; the files that it touches."""
    edits = list(EDIT.finditer(section))
    for edit in edits:
        file = copy / edit["file"]
        if not edit["line"]:
            assert not file.exists(), f"{edit['file']} is there already"
            file.write_text(edit["lines"])
            continue
        lines = file.read_text().splitlines(keepends=True)
        [at] = [n for n, line in enumerate(lines) if line.strip() == edit["line"]]
        lines[at + bool(edit["below"]) : at + 1] = [edit["lines"]]
        file.write_text("".join(lines))
    return sorted({edit["file"] for edit in edits})


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLLOWED)
def test_an_example_that_is_followed_works(name: str, tmp_path: Path) -> None:
    section = SECTIONS[name]
    for folder in ("reconciler", "tests", "docs/tools"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    touched = follow(section, tmp_path)

    command = COMMAND.search(section)
    assert command, "it does not say how to test it"
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command[1]), "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for check in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *check, "--no-cache", *touched]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_path_that_it_names_is_there() -> None:
    made = {edit["file"] for edit in EDIT.finditer(PAGE) if not edit["line"]}
    made.add("reconciler/forges/sourcehut.py")
    named = re.findall(rf"[`\s(]((?:{FOLDERS})/[\w./-]*[\w/])", PAGE)
    gone = {path for path in named if "NAME" not in path and "APP" not in path}
    assert not {path for path in gone - made if not (ROOT / path).exists()}
