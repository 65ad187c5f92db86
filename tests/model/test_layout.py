"""Where the apps of an environment are: beside its environment.yaml, or where that says."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.errors import FleetError
from reconciler.model.fleet import load_fleet
from reconciler.model.layout import Layout
from reconciler.model.paths import AppName
from tests.model.fleets import entry, environment, tree


def folders(*names: str) -> dict[str, str]:
    return {f"{name}/kustomization.yaml": "" for name in names}


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        pytest.param("apps/prod", {"apps": "apps/prod"}, id="one folder called as its environment"),
        pytest.param("infra/dns", {"dns": "infra/dns"}, id="one folder"),
        pytest.param(
            "clusters/prod/*",
            {"paw": "clusters/prod/paw", "xai": "clusters/prod/xai"},
            id="a folder each",
        ),
        pytest.param(
            "parts/*/overlays/prod", {"web": "parts/web/overlays/prod"}, id="overlays of each app"
        ),
        pytest.param("[apps/prod, infra/*]", {"apps": "apps/prod", "dns": "infra/dns"}, id="two"),
        pytest.param(
            "kubernetes/*/*/app", {"net-dns": "kubernetes/net/dns/app"}, id="namespaces and apps"
        ),
        pytest.param("clusters/prod/x?i", {"xai": "clusters/prod/xai"}, id="a letter"),
        pytest.param("nowhere/*", {}, id="nothing"),
        pytest.param("odd/*", {"shop-api": "odd/Shop_Api"}, id="a folder that is called otherwise"),
    ],
)
def test_apps_are_where_the_environment_says(apps: str, expected: Mapping[str, str]) -> None:
    files = tree(
        environment("prod", f"apps: {apps}")
        | entry("prod", "not-one-of-them")
        | folders("apps/prod", "apps/dev", "infra/dns", "clusters/prod/paw", "clusters/prod/xai")
        | folders("parts/web/overlays/prod", "parts/web/base", "kubernetes/net/dns/app")
        | folders("odd/Shop_Api")
        | {"clusters/prod/notes/README.md": ""}
    )
    fleet = load_fleet(files)
    (prod,) = fleet.environments
    assert prod.folders == expected
    assert {e.app: e.folder for e in fleet.entries} == expected
    layout = Layout(files)
    for app, folder in expected.items():
        assert (str(layout.entry_of(folder)), prod.entry(AppName(app)).folder) == (
            f"prod/{app}",
            folder,
        )
    assert layout.entry_of("environments/prod/not-one-of-them") is None
    assert layout.entry_of("apps/dev") is None


@pytest.mark.parametrize(
    ("apps", "folder"),
    [
        ("", "environments/prod/new"),
        ("apps: clusters/prod/*", "clusters/prod/new"),
        ("apps: [apps/prod, 'parts/*/prod']", "parts/new/prod"),
        ("apps: kubernetes/*/*/app", "environments/prod/new"),
    ],
)
def test_an_app_that_is_not_there_yet_has_a_place(apps: str, folder: str) -> None:
    (prod,) = load_fleet(tree(environment("prod", apps))).environments
    assert prod.entry(AppName("new")).folder == folder


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            environment("prod", "apps: 'a/*/*'") | folders("a/x-y/z", "a/x/y-z"),
            "a/x-y/z are both called x-y-z in prod",
        ),
        (
            environment("dev", "apps: infra/*")
            | environment("prod", "apps: infra/*")
            | folders("infra/dns"),
            "infra/dns is an app of dev already",
        ),
        (environment("prod", "apps: 'a/**'"), "apps[0] must be a path from the repository's root"),
        (environment("prod", "apps: ../a"), "nothing outside of the repository counts"),
        (environment("prod", "apps: a/*") | folders("a/節点"), "a/節点 gives no name that an app"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(files: Mapping[str, str], says: str) -> None:
    with pytest.raises(FleetError) as raised:
        load_fleet(tree(files))
    assert says in f"{raised.value} {raised.value.hint}"
    assert raised.value.where is not None
