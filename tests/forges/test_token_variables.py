"""A variable's token is for the forge that it is called after, or for the server of the job."""

from __future__ import annotations

import pytest

from reconciler.forges.token_variables import token_of

JOB = {"GITHUB_SERVER_URL": "https://git.fleet.example"}
PIPELINE = {"CI_SERVER_URL": "https://lab.fleet.example:8443"}


@pytest.mark.parametrize(
    ("kind", "web", "more", "name"),
    [
        ("github", "https://github.com", {}, "GITHUB_TOKEN"),
        ("github", "https://github.com", {}, "GH_TOKEN"),
        ("github", "https://fleet.ghe.com", {}, "GH_TOKEN"),
        ("github", "https://git.fleet.example", JOB, "GITHUB_TOKEN"),
        ("gitea", "https://gitea.com", {}, "GITEA_TOKEN"),
        ("gitea", "https://codeberg.org", {}, "FORGEJO_TOKEN"),
        ("gitea", "https://git.fleet.example", JOB, "GITEA_TOKEN"),
        ("gitlab", "https://gitlab.com", {}, "GITLAB_TOKEN"),
        ("gitlab", "https://lab.fleet.example:8443", PIPELINE, "GITLAB_TOKEN"),
    ],
)
def test_a_token_is_for_its_forge(kind: str, web: str, more: dict[str, str], name: str) -> None:
    found = token_of({name: "s3cr3t", **more}, kind, web)
    assert found
    assert found.reveal() == "s3cr3t"


@pytest.mark.parametrize(
    ("kind", "web", "more", "name"),
    [
        ("github", "https://github.attacker.example", {}, "GITHUB_TOKEN"),
        ("github", "https://github.com.attacker.example", {}, "GITHUB_TOKEN"),
        ("github", "https://notgithub.com", {}, "GITHUB_TOKEN"),
        ("github", "https://ghe.com.attacker.example", {}, "GH_TOKEN"),
        ("github", "https://notghe.com", {}, "GH_TOKEN"),
        ("github", "https://github.com:8443", {}, "GH_TOKEN"),
        ("github", "https://github.com", JOB, "GITHUB_TOKEN"),
        ("github", "https://github.com", {}, "GITLAB_TOKEN"),
        ("gitea", "https://codeberg.org", {}, "GITEA_TOKEN"),
        ("gitea", "https://git.elsewhere.example", JOB, "GITEA_TOKEN"),
        ("gitlab", "https://lab.fleet.example", PIPELINE, "GITLAB_TOKEN"),
        ("gitlab", "https://gitlab.com", PIPELINE, "GITLAB_TOKEN"),
        ("", "https://github.com", {}, "GITHUB_TOKEN"),
    ],
)
def test_it_is_for_no_other_host(kind: str, web: str, more: dict[str, str], name: str) -> None:
    assert token_of({name: "s3cr3t", **more}, kind, web) is None
