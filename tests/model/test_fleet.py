"""All environments together: their order, their apps, and the mistakes that no file shows alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import FleetError, UsageError
from reconciler.model.chain import upstream
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.model.notes import notes
from reconciler.trees.memory import MemoryTree
from tests.model.fleets import entry, environment, tree


def names(fleet: Fleet) -> list[str]:
    return [e.name for e in fleet.environments]


def complaint(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> str:
    with pytest.raises(FleetError) as caught:
        load_fleet(tree(files, links))
    return "\n".join(caught.value.lines())


THREE = (
    environment("dev")
    | environment("stage", "promotesFrom: dev")
    | environment("prod", "promotesFrom: stage")
)


def test_environments_come_in_the_order_of_the_chain_and_apps_by_name() -> None:
    files = THREE | entry("prod", "b") | entry("prod", "a") | entry("dev", "a")
    fleet = load_fleet(tree(files))
    assert names(fleet) == ["dev", "stage", "prod"]
    assert [str(e) for e in fleet.entries] == ["dev/a", "prod/a", "prod/b"]
    assert fleet.apps == ["a", "b"]
    assert fleet.environment("stage").promotes_from == ("dev",)


def test_an_environment_that_is_none_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        load_fleet(tree(THREE)).environment("sage")
    assert caught.value.hint == "did you mean stage?"


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_an_app_is_a_folder_with_a_kustomization(name: str) -> None:
    others = {
        f"environments/dev/app/{name}": "",
        "environments/dev/notes/readme.md": "",
        "environments/dev/deep/er/kustomization.yaml": "",
        "environments/readme.md": "",
        "environments/.hidden/app/kustomization.yaml": "",
        "environments/shared/patch.yaml": "",
    }
    assert [str(e) for e in load_fleet(tree(THREE | others)).entries] == ["dev/app"]


def test_chains_may_fan_out_and_come_together() -> None:
    files = (
        environment("a")
        | environment("b-eu", "promotesFrom: a")
        | environment("b-us", "promotesFrom: a")
        | environment("c", "promotesFrom: [b-us, b-eu]", "promotion: {allowSkipFrom: [a]}")
        | environment("alone")
    )
    fleet = load_fleet(tree(files))
    assert names(fleet) == ["a", "alone", "b-eu", "b-us", "c"]
    assert upstream("c", {e.name: e for e in fleet.environments}) == {"a", "b-eu", "b-us"}


@st.composite
def chains(draw: st.DrawFn) -> dict[str, set[str]]:
    """Any shape without circles: each environment promotes from some of those before it."""
    count = draw(st.integers(1, 12))
    every = draw(st.permutations([f"e{i}" for i in range(count)]))
    return {
        name: draw(st.sets(st.sampled_from(every[:i]))) if i else set()
        for i, name in enumerate(every)
    }


def written(chain: Mapping[str, set[str]]) -> MemoryTree:
    files: dict[str, str] = {}
    for name, before in chain.items():
        files |= environment(name, f"promotesFrom: [{', '.join(sorted(before))}]")
    return tree(files)


@given(chains())
def test_of_any_shape_each_environment_comes_after_those_that_it_promotes_from(
    chain: dict[str, set[str]],
) -> None:
    order = names(load_fleet(written(chain)))
    assert sorted(order) == sorted(chain)
    for name, before in chain.items():
        assert all(order.index(b) < order.index(name) for b in before)


@given(chains(), st.data())
def test_a_circle_anywhere_is_found_and_written_out(
    chain: dict[str, set[str]], data: st.DataObject
) -> None:
    last = data.draw(st.sampled_from(sorted(chain)))
    reachable = upstream_of(chain, last) | {last}
    first = data.draw(st.sampled_from(sorted(reachable)))
    chain[first].add(last)
    with pytest.raises(FleetError, match="the chain goes in a circle: e") as caught:
        load_fleet(written(chain))
    circle = caught.value.what.partition(": ")[2].split(" → ")
    assert circle[0] == circle[-1] == min(circle)
    assert all(before in chain[after] for before, after in pairwise(circle))
    assert caught.value.where
    assert caught.value.where.line == 2


def upstream_of(chain: Mapping[str, set[str]], name: str) -> set[str]:
    return chain[name].union(*(upstream_of(chain, before) for before in chain[name]))


DEV = environment("dev")
KUSTOMIZATION = "namespace: shared\n"

MISTAKES: list[tuple[Mapping[str, str | bytes], str, str]] = [
    ({}, "there are no environments here", "reconciler init makes three, and a first app"),
    (
        DEV | environment("stage", "promotesFrom: deb"),
        "environments/stage/environment.yaml:2:15: there is no environment deb",
        "did you mean dev?",
    ),
    (
        DEV | environment("stage", "promotesFrom:", "- dev", "- stage"),
        "environments/stage/environment.yaml:4:3: the chain goes in a circle: stage → stage",
        "the first environment of a chain has no promotesFrom",
    ),
    (
        THREE | environment("prod", "promotion: {allowSkipFrom: [devv]}"),
        "environments/prod/environment.yaml:2:29: there is no environment devv",
        "did you mean dev?",
    ),
    (
        THREE | environment("stage", "promotesFrom: dev", "promotion: {allowSkipFrom: [dev]}"),
        "environments/stage/environment.yaml:3:29: stage promotes from dev anyway",
        "remove it here",
    ),
    (
        THREE | environment("stage", "promotesFrom: dev", "promotion: {allowSkipFrom: [prod]}"),
        "environments/stage/environment.yaml:3:29: prod is not before stage in the chain",
        "only a promotion from further up the chain skips something",
    ),
    (
        THREE | environment("prod", "promotion: {gates: [{type: previous, environments: [s]}]}"),
        "environments/prod/environment.yaml:2:53: there is no environment s",
        "",
    ),
    (
        THREE
        | environment("prod", "promotesFrom: stage")
        | environment("stage", "promotion: {gates: [{type: previous, environments: [prod]}]}"),
        "environments/stage/environment.yaml:2:53: stage waits for prod, which is not before it",
        "a release comes to the other one first",
    ),
    (
        entry("prod", "a"),
        "environments/prod: the environment prod has apps, and no environment.yaml",
        'at least the lines "destination:" and "  cluster: prod"',
    ),
    (
        {"environments/prod/environment.yml": "destination: {cluster: prod}"},
        "environments/prod/environment.yml: environment.yml is not read",
        "rename it to environment.yaml",
    ),
    (
        DEV | {"environments/dev/Environment.YAML": ""},
        "environments/dev/Environment.YAML: Environment.YAML is not read, and environment.yaml is",
        "remove one of them",
    ),
    (
        {"environments/dev/environment.yaml/x": ""} | entry("dev", "a"),
        "environments/dev/environment.yaml: environments/dev/environment.yaml is a folder",
        "a file belongs here",
    ),
    (environment("Dev"), "environments/Dev: Dev cannot name an environment", "folder to dev"),
    (environment("eu.dev"), "environments/eu.dev: eu.dev cannot name", "the folder to eu-dev"),
    (environment("düv"), "environments/düv: düv cannot name", "rename the folder to duv"),
    (environment("日本"), "environments/日本: 日本 cannot name", "a name of lower-case letters"),
    (
        DEV | environment("DEV"),
        "because: macOS and Windows take dev and it for one folder",
        "rename the folder: a name of lower-case letters",
    ),
    (DEV | entry("dev", "Paw"), "environments/dev/Paw: Paw cannot name", "the folder to paw"),
    (DEV | entry("dev", "a" * 64), "cannot name an environment or an app", "at most 63"),
]


@pytest.mark.parametrize(("files", "message", "hint"), MISTAKES, ids=[m[1][:50] for m in MISTAKES])
def test_a_mistake_is_said_with_its_place(
    files: Mapping[str, str | bytes], message: str, hint: str
) -> None:
    said = complaint(files)
    assert message in said
    assert hint in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ({"environments": "elsewhere"}, "environments is a symbolic link"),
        (
            {"environments/dev/environment.yaml": "../../x"},
            "environments/dev/environment.yaml is a symbolic link",
        ),
    ],
)
def test_a_link_in_the_place_of_what_describes_environments_is_refused(
    links: dict[str, str], message: str
) -> None:
    files = {} if "environments" in links else entry("dev", "a")
    assert message in complaint(files, links)


NAMESPACE = "destination: {cluster: one, namespace: %s}"


def described(name: str, text: str) -> dict[str, str]:
    return {f"environments/{name}/environment.yaml": text}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("{cluster: x, namespace: paw}", "{cluster: x, namespace: paw}", "paw"),
        ('{cluster: x, namespace: "{app}"}', '{cluster: x, namespace: "{app}"}', "{app}"),
        ('{cluster: x, namespace: "{app}"}', "{cluster: x, namespace: a}", "a"),
        ("{cluster: x}", "{cluster: x}", "own"),
        ("{cluster: x}", "{cluster: x, namespace: own}", "own"),
        ("{cluster: x, server: 'https://h'}", "{cluster: y, server: 'https://h'}", "own"),
        ('{cluster: x, namespace: "{app}-a"}', '{cluster: x, namespace: "{app}-b"}', None),
        ("{cluster: x, namespace: paw}", "{cluster: y, namespace: paw}", None),
        ("{cluster: x}", "{cluster: y}", None),
        ("{cluster: x, namespace: a}", "{cluster: x, namespace: b}", None),
    ],
)
def test_two_environments_with_one_namespace_of_one_cluster_are_a_mistake(
    one: str, other: str, shared: str | None
) -> None:
    files = described("dev", f"destination: {one}") | described("prod", f"destination: {other}")
    files |= entry("dev", "a", "namespace: own\n") | entry("prod", "a", "namespace: own\n")
    if shared is None:
        assert load_fleet(tree(files))
        return
    said = complaint(files)
    assert f"dev and prod share the namespace {shared} of one cluster" in said
    assert said.startswith("environments/prod/environment.yaml:1:")


def test_one_name_for_two_clusters_is_a_mistake() -> None:
    files = described("dev", "destination: {cluster: x, server: 'https://a', namespace: a}")
    files |= described("prod", "destination: {cluster: x, server: 'https://b', namespace: b}")
    assert "environment.yaml:1:35: the cluster x has another address in dev" in complaint(files)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("prod", "prod/a prod/b"),
        ("stage", ""),
        ("a", "dev/a prod/a"),
        ("prod/a", "prod/a"),
        ("environments/prod/a", "prod/a"),
        ("environments/prod/", "prod/a prod/b"),
        ("*/a", "dev/a prod/a"),
        ("prod/*", "prod/a prod/b"),
        ("[dp]*", "dev/a prod/a prod/b"),
    ],
)
def test_entries_are_called_by_environment_by_app_and_by_both(typed: str, expected: str) -> None:
    files = THREE | entry("prod", "b") | entry("prod", "a") | entry("dev", "a")
    found = load_fleet(tree(files)).entries_called(typed)
    assert " ".join(map(str, found)) == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("prud", "did you mean prod?"),
        ("prod/zz", "prod runs a and b"),
        ("prodd/a", "did you mean prod/a?"),
        ("../prod", "check the path and the revision"),
        ("a/b/c", "check the path and the revision"),
    ],
)
def test_a_name_that_is_none_is_answered_with_the_nearest(typed: str, hint: str) -> None:
    files = THREE | entry("prod", "b") | entry("prod", "a") | entry("dev", "a")
    with pytest.raises(UsageError) as caught:
        load_fleet(tree(files)).entries_called(typed)
    assert caught.value.hint == hint


def test_what_may_not_be_meant_is_noted() -> None:
    files = THREE | entry("dev", "a", "resources: [../../../overlays/a/dev]\n")
    files |= entry("prod", "a", "resources: ['https://host/r//overlays/c?ref=main']\n")
    files |= entry("dev", "b")
    files |= {f"overlays/{name}/kustomization.yaml": "" for name in ("c", "common", "unused")}
    files |= {"overlays/a/dev/kustomization.yaml": "components: [../../common]\n"}
    files |= {"overlays/readme.md": ""}
    found = tree(files, {"environments/latest": "prod"})
    assert [(n.what, str(n.where)) for n in notes(found, load_fleet(found))] == [
        ("a symbolic link is neither an environment nor an app", "environments/latest"),
        ("b runs in dev only", "environments/dev/b"),
        ("no environment uses this overlay", "overlays/unused"),
    ]


def test_a_kustomization_that_is_no_yaml_stops_no_note() -> None:
    files = DEV | entry("dev", "a", "[") | {"overlays/x/kustomization.yaml": ""}
    found = tree(files)
    assert [n.what for n in notes(found, load_fleet(found))] == ["no environment uses this overlay"]


ANY = st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))
SOME = st.sampled_from([*THREE, *entry("dev", "a"), "overlays/x/Kustomization"])


@given(st.dictionaries(SOME, ANY))
def test_any_content_is_a_fleet_or_one_error(files: dict[str, bytes]) -> None:
    found = tree(files)
    with suppress(FleetError):
        notes(found, load_fleet(found))
