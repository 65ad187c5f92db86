"""A remote's URL says where pull requests live."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ForgeError, RepositoryError
from reconciler.forges.client import HttpRoute
from reconciler.forges.connect import connect, forge_address, github_api, probe, proxy_for
from reconciler.forges.github_app import GitHubApp
from reconciler.forges.local import LocalForge
from reconciler.forges.tokens import ForgeToken
from tests.conftest import Repo
from tests.forges.replay import Answer, Free, replay
from tests.testbed.plugin import Gitea


@pytest.mark.parametrize(
    ("url", "kind", "project"),
    [
        ("https://github.com/fleet/apps", "github", "https://github.com/fleet/apps"),
        ("git@github.com:fleet/apps.git", "github", "https://github.com/fleet/apps"),
        ("ssh://git@github.com:22/fleet/apps.git", "github", "https://github.com/fleet/apps"),
        (
            "https://x:y@github.example.com/fleet/apps/",
            "github",
            "https://github.example.com/fleet/apps",
        ),
        ("https://fleet.ghe.com/fleet/apps", "github", "https://fleet.ghe.com/fleet/apps"),
        ("https://gitlab.com/a/b/c/d.git", "gitlab", "https://gitlab.com/a/b/c/d"),
        ("git@gitlab.fleet.example:a/b.git", "gitlab", "https://gitlab.fleet.example/a/b"),
        ("https://codeberg.org/fleet/apps", "gitea", "https://codeberg.org/fleet/apps"),
        ("https://forgejo.fleet.example/f/a", "gitea", "https://forgejo.fleet.example/f/a"),
        ("http://gitea.local:3000/sub/path/f/a", "gitea", "http://gitea.local:3000/sub/path/f/a"),
        ("https://git.fleet.example/f/a", "", "https://git.fleet.example/f/a"),
        ("https://github.gitlab.example/f/a", "", "https://github.gitlab.example/f/a"),
        ("https://notgithub.com/f/a", "", "https://notgithub.com/f/a"),
        ("/srv/git/apps.git", "local", "//srv/git/apps.git"),
        ("file:///srv/git/apps.git", "local", "//srv/git/apps.git"),
        ("../apps.git", "local", "/../apps.git"),
    ],
)
def test_a_url_means_a_forge(url: str, kind: str, project: str) -> None:
    place = forge_address(url)
    assert (place.kind, place.project.url) == (kind, project)


def test_what_is_given_counts() -> None:
    place = forge_address(
        "ssh://git@git.fleet.example:2222/f/a.git", "gitea", "http://web.example:81/g"
    )
    assert (place.kind, place.project.url) == ("gitea", "http://web.example:81/g/f/a")
    local = forge_address("https://github.com/fleet/apps", "local")
    assert local.kind == "local"


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("https://github.com/fleet", "", "names no repository"),
        ("https://user:secret@github.com/", "", "names no repository"),
        ("https://github.com/f/a", "sourcehut", "no kind of forge sourcehut"),
    ],
)
def test_what_means_nothing_is_told(url: str, kind: str, said: str) -> None:
    with pytest.raises(ForgeError, match=said) as caught:
        forge_address(url, kind)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("web", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://fleet.ghe.com", "https://api.fleet.ghe.com"),
        ("https://github.fleet.example", "https://github.fleet.example/api/v3"),
    ],
)
def test_github_has_its_api_in_three_places(web: str, api: str) -> None:
    assert github_api(web) == api


def test_a_forge_of_unknown_kind_is_asked_what_it_is(gitea: Gitea) -> None:
    place = forge_address(f"{gitea.url}/fleet/environments")
    assert place.kind == ""
    assert probe(place, HttpRoute()).kind == "gitea"
    with (
        pytest.raises(ForgeError, match="what kind of forge"),
        connect(place, ForgeToken("x"), HttpRoute()),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "path", "header"),
    [
        ("gitlab", "/api/v4/version", "X-Gitlab-Meta"),
        ("github", "/api/v3/meta", "X-GitHub-Request-Id"),
        ("", "/", "X-Nothing"),
    ],
)
def test_others_are_known_by_their_headers(kind: str, path: str, header: str) -> None:
    with replay(Free()) as server:
        for other in ("/api/v1/version", "/api/v4/version", "/api/v3/meta"):
            server.give("GET", other, Answer({}, 404))
        server.give("GET", path, Answer({"message": "401 Unauthorized"}, 401, {header: "x"}))
        place = forge_address(f"{server.url}/fleet/environments")
        if kind:
            assert probe(place, HttpRoute()).kind == kind
        else:
            with pytest.raises(ForgeError, match="what kind of forge"):
                probe(place, HttpRoute())
        assert not any("authorization" in request.headers for request in server.requests)


def test_git_pushes_as_the_same_user(repo: Repo) -> None:
    place = forge_address("https://github.com/fleet/apps")
    with connect(place, ForgeToken("ghp_x"), HttpRoute()) as connection:
        assert connection.login
        assert connection.login() == ("x-access-token", "ghp_x")
    with connect(forge_address(str(repo.path)), None, HttpRoute()) as connection:
        assert isinstance(connection.forge, LocalForge)
        assert connection.login is None


def test_without_a_token_there_is_nothing_to_do() -> None:
    place = forge_address("https://github.com/fleet/apps")
    with pytest.raises(ForgeError, match="there is no token"), connect(place, None, HttpRoute()):
        pass
    place = forge_address("https://gitlab.com/fleet/apps")
    with (
        pytest.raises(ForgeError, match="knows no apps"),
        connect(place, GitHubApp("1", b""), HttpRoute()),
    ):
        pass


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("https://a.example", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.example"}, "http://p:1"),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b, .example"}, ""),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "no_proxy": "a.example:443"}, ""),
        ("https://a.example", {"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, ""),
        (
            "https://ba.example",
            {"HTTPS_PROXY": "http://p:1", "no_proxy": "a.example"},
            "http://p:1",
        ),
        ("http://a.example", {"HTTPS_PROXY": "http://p:1"}, ""),
        ("http://a.example", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example", {}, ""),
        ("http://127.0.0.1:3000", {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, ""),
        ("http://localhost:3000", {"HTTP_PROXY": "http://p:1"}, ""),
        ("http://[::1]:3000", {"HTTP_PROXY": "http://p:1"}, ""),
    ],
)
def test_variables_name_a_proxy(url: str, environment: dict[str, str], proxy: str) -> None:
    assert proxy_for(url, environment) == proxy


def test_the_folder_of_a_local_forge_is_a_repository(tmp_path: Path) -> None:
    with (
        pytest.raises(RepositoryError),
        connect(forge_address(str(tmp_path / "nothing")), None, HttpRoute()),
    ):
        pass
