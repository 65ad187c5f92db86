"""All ways to write one repository's URL are one address, and other repositories have others."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.git.addresses import (
    address,
    is_full_name,
    protocol,
    remote_urls,
    without_user,
)
from tests.conftest import Repo

SAME = [
    "https://git.example.org/fleet/apps",
    "https://git.example.org/fleet/apps/",
    "https://git.example.org/fleet/apps.git",
    "https://git.example.org/fleet/apps.git/",
    "HTTPS://Git.Example.org:443/fleet/apps",
    "http://git.example.org/fleet/apps",
    "http://git.example.org:80/fleet/apps",
    "https://me@git.example.org/fleet/apps",
    "https://me:password@git.example.org/fleet/apps",
    "ssh://git@git.example.org/fleet/apps",
    "ssh://git@git.example.org:22/fleet/apps.git",
    "git://git.example.org:9418/fleet/apps",
    "git@git.example.org:fleet/apps",
    "git@git.example.org:/fleet/apps.git",
    "git.example.org:fleet/apps",
]

OTHERS = [
    "https://git.example.org/fleet/app",
    "https://git.example.org/fleet/apps/more",
    "https://git.example.org/Fleet/apps",
    "https://git.example.com/fleet/apps",
    "https://git.example.org:8443/fleet/apps",
    "ssh://git@git.example.org:2222/fleet/apps",
    "https://git.example.org.evil.example/fleet/apps",
    "https://evil.example/git.example.org/fleet/apps",
    "https://git.example.org@evil.example/fleet/apps",
    "git@git.example.org/fleet/apps",
    "file:///git.example.org/fleet/apps",
    "git.example.org/fleet/apps",
]


@pytest.mark.parametrize("url", SAME)
def test_spellings_of_one_repository_are_one_address(url: str) -> None:
    assert address(url) == "git.example.org/fleet/apps"


@pytest.mark.parametrize("url", OTHERS)
def test_another_repository_has_another_address(url: str) -> None:
    assert address(url) not in {address(same) for same in SAME}


@pytest.mark.parametrize(
    "path",
    [
        "file:///srv/apps",
        "file:///srv/apps.git",
        "file://localhost/srv/apps/.git",
        "/srv/apps",
        "/srv//apps/",
        "../apps",
    ],
)
def test_a_folder_of_this_machine_is_its_own_address(path: str) -> None:
    assert address(path, here="/srv/work") == "/srv/apps"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/fleet/apps.git",
        "git@git.example.org:fleet/apps",
        "https://example.org/a#b;c",
        "../beside",
    ],
)
def test_what_git_was_told_of_a_remote_is_read_back(repo: Repo, url: str) -> None:
    repo.git("remote", "add", "upstream", "https://example.org/other")
    repo.git("remote", "add", "origin", url)
    repo.git("remote", "set-url", "--add", "origin", "https://example.org/second")
    expected = repo.git("config", "--get-all", "remote.origin.url").splitlines()
    assert remote_urls(str(repo.path)) == expected == [url, "https://example.org/second"]


def test_a_further_work_tree_and_a_bare_clone_have_the_same_remote(repo: Repo) -> None:
    repo.commit()
    repo.git("remote", "add", "origin", "https://example.org/a")
    repo.git("worktree", "add", "--quiet", "../further")
    assert remote_urls(str(repo.path.parent / "further")) == ["https://example.org/a"]
    repo.git("clone", "--quiet", "--bare", ".", "../bare.git")
    assert remote_urls(str(repo.path.parent / "bare.git")) == [str(repo.path) + "/."]


def test_a_folder_that_is_no_repository_has_no_remote(tmp_path: Path) -> None:
    assert remote_urls(str(tmp_path)) == []


def test_a_configuration_by_hand_is_read_as_git_reads_it(repo: Repo) -> None:
    config = repo.path / ".git/config"
    config.write_text(
        config.read_text() + '# url = no\n[Remote "origin"] URL = https://example.org/a ; told\n'
        '\tfetch = +refs/heads/*:refs/remotes/origin/*\n[remote "Origin"]\nurl = https://b\n'
    )
    expected = repo.git("config", "--get-all", "remote.origin.url").splitlines()
    assert remote_urls(str(repo.path)) == expected == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.org/a", "https://example.org/a"),
        ("'https://secret@example.org/a'", "'https://example.org/a'"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("git@example.org:a/b", "git@example.org:a/b"),
    ],
)
def test_a_url_is_shown_without_its_user(url: str, shown: str) -> None:
    assert without_user(url) == shown


def test_only_a_whole_name_is_that_of_one_commit() -> None:
    assert is_full_name("0123456789abcdefABCDEF0123456789abcdef01")
    for other in ("0123456", "main", "g" * 40, "0" * 41, ""):
        assert not is_full_name(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/a/b", "https"),
        ("HTTP://h/a/b", "http"),
        ("ssh://git@h:22/a/b", "ssh"),
        ("git@h:a/b", "ssh"),
        ("h:a/b", "ssh"),
        ("file:///a/b", "file"),
        ("/a/b", "file"),
        ("../a:b", "file"),
        ("git://h/a", "git"),
        ("ext::sh -c true", "ext"),
        ("codecommit::region://a", "codecommit"),
    ],
)
def test_a_url_says_what_git_speaks_there(url: str, expected: str) -> None:
    assert protocol(url) == expected
