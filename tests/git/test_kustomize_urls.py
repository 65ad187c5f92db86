"""What Git takes as the URL of a repository, Kustomize takes in some forms alone."""

from __future__ import annotations

import pytest

from reconciler.git.addresses import address
from reconciler.git.kustomize_urls import kustomize_url

ROOT = "/work/fleet"
CASES = [
    ("https://git.example.org/fleet/apps.git", "https://git.example.org/fleet/apps.git"),
    ("https://git.example.org/fleet/apps/", "https://git.example.org/fleet/apps"),
    ("https://me:password@git.example.org/fleet/apps", "https://git.example.org/fleet/apps"),
    ("git@git.example.org:fleet/apps.git", "git@git.example.org:fleet/apps.git"),
    ("ssh://git@git.example.org:2222/fleet/apps", "ssh://git@git.example.org:2222/fleet/apps"),
    ("ssh://git:password@git.example.org/fleet/apps", "ssh://git@git.example.org/fleet/apps"),
    ("git.example.org:fleet/apps", "ssh://git.example.org/fleet/apps"),
    ("/srv/git/apps.git", "file:///srv/git/apps.git"),
    ("/srv/git/apps", "file:///srv/git/apps"),
    ("../apps/.git", "file:///work/apps"),
    ("file:///srv/git/apps.git/", "file:///srv/git/apps.git"),
]


@pytest.mark.parametrize(("url", "written"), CASES)
def test_it_is_the_same_repository_in_a_form_that_kustomize_takes(url: str, written: str) -> None:
    assert kustomize_url(url, ROOT) == written
    assert address(written, ROOT) == address(url, ROOT)


@pytest.mark.parametrize("url", ["git://git.example.org/fleet/apps", "ext::ssh git@host apps"])
def test_there_is_none_for_what_kustomize_does_not_speak(url: str) -> None:
    assert kustomize_url(url, ROOT) is None
