"""A command that was typed wrongly is the user's error: one line says so, and what to do."""

from __future__ import annotations

import pytest

from reconciler.cli.program import run


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["rendr"], "No such command 'rendr'. Did you mean 'render'?"),
        (["argocd", "replai"], "No such command 'replai'. Did you mean 'replay'?"),
        (["render"], "Missing argument 'PATH'"),
        (["render", "--nope", "."], "No such option: --nope"),
        (["cache", "prune", "--size", "much"], "Invalid value for '--size'"),
    ],
)
def test_a_mistyped_command_is_not_our_bug(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {complaint}")
    assert "--help shows what there is" in printed


def test_a_command_without_its_subcommand_shows_its_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["cache"]) == 2
    assert "prune" in capsys.readouterr().out
