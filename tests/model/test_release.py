"""Which release an entry names, read without rendering it."""

from __future__ import annotations

import pytest

from reconciler.errors import FleetError
from reconciler.model.kustomization import Image, Parameter, Replicas
from reconciler.model.release import Release, read_release
from tests.entries import entry_at_home
from tests.model.fleets import entry, tree

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def release(text: str) -> Release:
    return read_release(tree(entry("prod", "paw", text)), entry_at_home("prod", "paw"))


def test_an_entry_without_a_url_follows_the_branch() -> None:
    assert release("resources: [../../../overlays/paw/prod, extra.yaml]\n") == Release()


@pytest.mark.parametrize(
    ("url", "repository", "path", "ref"),
    [
        (
            f"https://host/owner/repo//overlays/paw/prod?ref={COMMIT}",
            "https://host/owner/repo",
            "overlays/paw/prod",
            COMMIT,
        ),
        ("https://host/o/r.git//a?timeout=9&ref=v1", "https://host/o/r.git", "a", "v1"),
        ("https://host/o/r.git/a/b?version=v1", "https://host/o/r.git", "a/b", "v1"),
        ("git@host:o/r.git//a/b?ref=main", "git@host:o/r.git", "a/b", "main"),
        ("ssh://git@host:22/o/r//a", "ssh://git@host:22/o/r", "a", ""),
        ("git::https://host/o/r//a?ref=x", "https://host/o/r", "a", "x"),
        ("https://user:hunter2@host/o/r//a?ref=x", "https://host/o/r", "a", "x"),
        ("https://hunter2@host/o/r//a?ref=x", "https://host/o/r", "a", "x"),
        ("ssh://git:hunter2@host/o/r//a", "ssh://git@host/o/r", "a", ""),
        ("file:///srv/r//a?ref=x", "file:///srv/r", "a", "x"),
        ("https://host/o/r?ref=x", "https://host/o/r", "", "x"),
    ],
)
def test_a_url_is_a_pin(url: str, repository: str, path: str, ref: str) -> None:
    for field in ("resources", "components"):
        (pin,) = release(f"{field}:\n- other.yaml\n- {url}\n").pins
        assert (pin.repository, pin.path, pin.ref) == (repository, path, ref)
        assert str(pin.place) == "environments/prod/paw/kustomization.yaml:3:3"
        assert "hunter2" not in repr(pin)


def test_several_overlays_may_be_pinned() -> None:
    found = release("resources: ['https://h/a//x?ref=1']\ncomponents: ['https://h/b//y?ref=2']\n")
    assert [pin.ref for pin in found.pins] == ["1", "2"]


def test_images_replicas_and_parameters_are_read() -> None:
    found = release(
        """
images:
- name: a
  newTag: "1.30"
- {name: b, newName: c/d, digest: "sha256:00"}
replicas:
- {name: web, count: 3}
configMapGenerator:
- name: params
  behavior: merge
  literals: [PEERS=200, 'NAME="a b"', broken]
secretGenerator:
- name: secret
  literals: [PASSWORD=hunter2]
"""
    )
    assert found.images == (Image("a", "", "1.30"), Image("b", "c/d", "", "sha256:00"))
    assert list(map(str, found.images)) == ["a:1.30", "c/d@sha256:00"]
    assert found.replicas == (Replicas("web", 3),)
    assert found.parameters == (
        Parameter("params", "PEERS", "200"),
        Parameter("params", "NAME", "a b"),
    )
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "[]",
        "text",
        "resources: text",
        "resources: [{a: b}, [c]]",
        "images: [text, {newTag: x}, {name: [a]}]",
        "replicas: [{name: a, count: many}, {name: b}, {name: c, count: 99999999999}]",
        "configMapGenerator: [{literals: text}, text]",
        "images:",
    ],
)
def test_what_does_not_fit_is_left_for_the_render_to_complain_about(text: str) -> None:
    assert release(text) == Release()


def test_an_entry_that_is_no_yaml_is_an_error_with_its_place() -> None:
    with pytest.raises(FleetError) as caught:
        release("resources: [\n")
    assert str(caught.value.where) == "environments/prod/paw/kustomization.yaml:1:13"
