"""A token comes from a value, a file or a credential helper, and is shown nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import ForgeError
from reconciler.forges.tokens import ForgeToken, ask_git, read_token
from tests.conftest import Repo


def test_a_token_cannot_be_printed_by_accident() -> None:
    token = ForgeToken(" s3cr3t\n")
    assert token.reveal() == "s3cr3t"
    assert "s3cr3t" not in f"{token} {token!r} {[token]} {vars(ForgeToken)}"
    assert token.hidden_in("said s3cr3t twice: s3cr3t") == "said *** twice: ***"


@pytest.mark.parametrize("value", ["", "  \n", "two words", "a\nb", "tökên", "a\x07b"])
def test_what_is_no_token_is_told_and_not_shown(value: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(value)
    with pytest.raises(ForgeError, match=str(tmp_path / "token")) as caught:
        read_token(str(tmp_path / "token"))
    assert not value.strip() or value not in "".join(caught.value.lines())


def test_a_token_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cr3t\n")
    assert read_token(str(tmp_path / "token")).reveal() == "s3cr3t"
    with pytest.raises(ForgeError, match="cannot be read"):
        read_token(str(tmp_path / "nothing"))


def test_git_s_credential_helpers_are_asked(repo: Repo) -> None:
    url, root = "https://git.fleet.example/fleet/apps.git", str(repo.path)
    assert ask_git(url, os.environ, root) is None
    helper = "!f() { test $1 = get && echo username=bot && echo password=s3cr3t; }; f"
    repo.git("config", "credential.https://git.fleet.example.helper", helper)
    found = ask_git(url, os.environ, root)
    assert found
    assert (found.user, found.token.reveal()) == ("bot", "s3cr3t")
    assert "s3cr3t" not in repr(found)
    assert ask_git("https://other.example/x", os.environ, root) is None
