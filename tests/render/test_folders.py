"""What people type is a path, an environment, an app in one, or a glob of any of these."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.render.folders import folders_called, patterns_called
from tests.model.fleets import entry, tree

TREE = tree(
    entry("dev", "paw")
    | entry("prod", "paw")
    | entry("prod", "xai")
    | {
        "apps/one/kustomization.yaml": "",
        "apps/two/kustomization.yaml": "",
        "stage/kustomization.yaml": "",
        "environments/stage/paw/kustomization.yaml": "",
        "environments/whole/kustomization.yaml": "",
        "environments/whole/part/kustomization.yaml": "",
        "environments/empty/environment.yaml": "",
    }
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("apps/one", "apps/one"),
        ("apps/*", "apps/one apps/two"),
        ("environments/prod/paw", "environments/prod/paw"),
        ("environments/prod", "environments/prod/paw environments/prod/xai"),
        ("environments/*/paw", "environments/dev/paw environments/prod/paw environments/stage/paw"),
        ("prod", "environments/prod/paw environments/prod/xai"),
        ("prod/", "environments/prod/paw environments/prod/xai"),
        ("prod/paw", "environments/prod/paw"),
        ("prod/*", "environments/prod/paw environments/prod/xai"),
        ("*/xai", "environments/prod/xai"),
        ("{de,pro}", None),
        # A path that exists comes first.
        ("stage", "stage"),
        ("stage/paw", "environments/stage/paw"),
        # A folder with a kustomization is that folder.
        ("environments/whole", "environments/whole"),
        ("whole", "environments/whole"),
        ("whole/part", "environments/whole/part"),
        ("empty", "environments/empty"),
    ],
)
def test_what_is_typed_becomes_folders(typed: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UsageError):
            folders_called(TREE, typed, typed)
    else:
        assert folders_called(TREE, typed.rstrip("/"), typed) == expected.split()


def test_a_name_is_a_name_in_every_folder() -> None:
    assert folders_called(TREE, "apps/one/prod/paw", "prod/paw") == ["environments/prod/paw"]


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("prd/paw", "did you mean prod/paw?"),
        ("environments/prd/paw", "did you mean prod/paw?"),
        ("prod/pow", "did you mean prod/paw?"),
        ("prod/z", "prod runs paw and xai"),
        ("prdo", "did you mean prod?"),
        ("paw", "write dev/paw, or '*/paw' for all of them"),
        ("./prod", "check the path and the revision"),
        ("some/where/else", "check the path and the revision"),
    ],
)
def test_a_name_that_is_none_is_answered_with_the_nearest(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        folders_called(TREE, f"nowhere/{typed}", typed)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("apps/*", ["apps/*"]),
        ("environments/*/*", ["environments/*/*"]),
        ("prod", ["prod/**", "environments/prod", "environments/prod/*"]),
        ("prod/p*", ["prod/p*", "environments/prod/p*", "environments/prod/p*/*"]),
        ("stage", ["stage/**"]),
        ("environments/prod/", ["environments/prod/**"]),
        ("nothing/here/*", ["nothing/here/*"]),
    ],
)
def test_a_glob_of_names_is_one_of_their_folders(typed: str, expected: list[str]) -> None:
    assert patterns_called([TREE], typed) == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("prdo", "did you mean prod?"), ("some/where/else", "check the path and the revision")],
)
def test_a_name_that_nothing_has_is_no_filter(typed: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        patterns_called([TREE], typed)
    assert caught.value.hint == hint
