"""Parameters are read or refused in words, whatever somebody put there."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.argocd.parameters import (
    ImageOverride,
    Parameters,
    Stops,
    announcements,
    read_parameters,
)
from reconciler.errors import UsageError

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
)
PARAMETER = st.fixed_dictionaries(
    {"name": st.sampled_from(["images", "replicas", "checks", "apps", "allow-empty", "x"])},
    optional={"string": ANYTHING, "array": ANYTHING, "map": ANYTHING},
)


@pytest.mark.parametrize("text", ["", "null", "[]"])
def test_without_parameters_there_are_none(text: str) -> None:
    assert read_parameters(text) == Parameters()


@given(st.one_of(ANYTHING, st.lists(PARAMETER, max_size=4)))
def test_any_json_is_read_or_refused(value: object) -> None:
    with suppress(UsageError):
        read_parameters(json.dumps(value))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        read_parameters(text)


def test_what_is_given_is_what_is_read() -> None:
    given = [
        {"name": "images", "array": ["web:2"]},
        {"name": "replicas", "map": {"web": "3"}},
        {"name": "checks", "string": "warning"},
        {"name": "apps", "array": ["web", "api"]},
        {"name": "allow-empty", "string": "true"},
    ]
    assert read_parameters(json.dumps(given)) == Parameters(
        images=(ImageOverride("web", tag="2"),),
        replicas=(("web", 3),),
        checks=Stops.warning,
        apps=("web", "api"),
        allow_empty=True,
    )


DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "image", "runs"),
    [
        ("web:2", ImageOverride("web", tag="2"), "web:2"),
        ("host:5000/a/web:2", ImageOverride("host:5000/a/web", tag="2"), "host:5000/a/web:2"),
        ("web=other", ImageOverride("web", "other"), "other"),
        ("web=other:2", ImageOverride("web", "other", "2"), "other:2"),
        (f"web@{DIGEST}", ImageOverride("web", digest=DIGEST), f"web@{DIGEST}"),
        (f"a=b:1@{DIGEST}", ImageOverride("a", "b", "1", DIGEST), f"b:1@{DIGEST}"),
    ],
)
def test_images_are_written_as_for_kustomize(text: str, image: ImageOverride, runs: str) -> None:
    (found,) = read_parameters(json.dumps([{"name": "images", "array": [text]}])).images
    assert (found, str(found)) == (image, runs)


def test_what_is_announced_can_be_given_back() -> None:
    """Somebody who changes nothing on the page changes nothing."""
    shown = [a.document() for a in announcements(["web:2"], {"web": 3}, ["web"])]
    found = read_parameters(json.dumps(shown))
    assert found.replicas == (("web", 3),)
    assert found.checks is Stops.off
    assert not found.allow_empty
