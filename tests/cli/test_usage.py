"""A command that was typed wrongly is the user's error: one line says so, and what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.cli.program import run
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.model.fleets import entry, environment


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["rendr"], "No such command 'rendr'. Did you mean 'render'?"),
        (["argocd", "replai"], "No such command 'replai'. Did you mean 'replay'?"),
        (["render"], "Missing argument 'PATH|ENV[/APP]'"),
        (["render", "--nope", "."], "No such option: --nope"),
        (["cache", "prune", "--size", "much"], "Invalid value for '--size': it is not a number"),
        (["cache", "prune", "--size", "-1"], "Invalid value for '--size': it must be at least 0"),
        (
            ["list", "-o", "wide"],
            "Invalid value for '--output' / '-o': 'wide' is not one of 'text'",
        ),
    ],
)
def test_a_mistyped_command_is_not_our_bug(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {complaint}")
    assert "--help shows what there is" in printed


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("build", "did you mean reconciler render?"),
        ("template", "did you mean reconciler render?"),
        ("kustomize", "did you mean reconciler render?"),
        ("approve", "did you mean reconciler promote approve?"),
        ("merge", "did you mean reconciler promote merge?"),
        ("lint", "did you mean reconciler check?"),
        ("validate", "did you mean reconciler check?"),
        ("get", "did you mean reconciler list?"),
        ("history", "did you mean reconciler promote history?"),
        ("undo", "did you mean reconciler rollback, or reconciler promote rollback?"),
        ("deploy", "did you mean reconciler apply?"),
        ("reconcile", "did you mean reconciler sync?"),
        ("pause", "did you mean reconciler suspend?"),
        ("describe", "did you mean reconciler tree?"),
        ("tail", "did you mean reconciler logs?"),
    ],
)
def test_the_words_of_other_tools_lead_to_ours(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word, "prod"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: reconciler has no {word}\n  to do: {hint}")


def test_a_word_for_a_day_is_answered_with_the_form_of_a_date(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["promote", "history", "prod", "--since", "yesterday"]) == 2
    assert (
        "'yesterday' is no date: write 2026-11-30, or 2026-11-30T16:00 for an hour of it\n"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_global_options_stand_anywhere(repo: Repo, typed: Run, place: int, tmp_path: Path) -> None:
    repo.commit(environment("dev") | entry("dev", "paw"))
    for options in (["--root", str(repo.path), "--debug"], [f"--root={repo.path}"]):
        words = ["list", "dev", "--output=json"]
        words[place:place] = options
        done = typed(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert [e["app"] for e in json.loads(done.stdout)["entries"]] == ["paw"]


@pytest.mark.parametrize("words", [["--debug", "render", "nope"], ["render", "nope", "--debug"]])
def test_debug_shows_where_an_error_came_from(repo: Repo, typed: Run, words: list[str]) -> None:
    repo.commit({"a": ""})
    assert b"Traceback" in typed(*words, cwd=repo.path).stderr


def test_help_is_a_command_too(typed: Run) -> None:
    assert typed("help").stdout == typed("--help").stdout
    assert typed("help", "promote", "status").stdout == typed("promote", "status", "--help").stdout
    assert b"Did you mean 'check'?" in typed("help", "chek").stderr
    assert typed("help", "check", "more").returncode == 2


def test_version_names_what_is_in_the_program(typed: Run) -> None:
    shown = typed("version").stdout.decode()
    found = json.loads(typed("version", "-o", "json").stdout)
    assert found["reconciler"] == __version__
    assert all(str(found[name]) in shown for name in ("kernel", "kustomize", "kubernetes", "go"))


@pytest.mark.parametrize("name", ["promote", "seal"])
def test_the_other_names_of_the_program_have_its_version(name: str) -> None:
    program = f"from reconciler.cli import {name}; {name}()"
    done = subprocess.run([sys.executable, "-c", program, "--version"], capture_output=True)
    assert (done.returncode, done.stdout.decode()) == (0, f"reconciler {__version__}\n")


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_can_be_forced_into_a_pipe(
    reconciler: Run, variables: dict[str, str], coloured: bool
) -> None:
    for words in (["--help"], ["rendr"]):
        done = reconciler(*words, **variables)
        assert (b"\x1b[" in done.stdout + done.stderr) is coloured
