"""What the plugin answers to the repo-server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive, messages
from tests.conftest import Repo

Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]
INVALID = grpc.StatusCode.INVALID_ARGUMENT
FAILED = grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("app", ["web", "api"])
def test_an_app_is_what_kustomize_builds(
    plugin: Plugin, kustomize: Kustomize, repo: Repo, app: str
) -> None:
    repo.write(FLEET)
    expected = kustomize(repo.path / f"environments/dev/{app}").stdout.decode()
    for _ in range(2):  # from the kernel, then from the cache
        assert plugin.generate(archive(FLEET), f"environments/dev/{app}") == expected


def test_an_environment_is_all_its_apps(plugin: Plugin, kustomize: Kustomize, repo: Repo) -> None:
    repo.write(FLEET)
    each = [kustomize(repo.path / f"environments/dev/{a}").stdout.decode() for a in ("api", "web")]
    assert plugin.generate(archive(FLEET), "environments/dev") == "---\n".join(each)
    chosen = {"name": "apps", "array": ["web"]}
    assert plugin.generate(archive(FLEET), "environments/dev", chosen) == each[1]


def test_any_kustomization_is_generated_also_at_the_top_of_what_is_sent(plugin: Plugin) -> None:
    assert plugin.generate(archive(FLEET), "overlays/web") == DEPLOYMENT
    top = {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": DEPLOYMENT}
    assert plugin.generate(archive(top), ".") == DEPLOYMENT


def test_git_s_own_files_may_be_in_the_archive(plugin: Plugin) -> None:
    assert plugin.generate(archive({**FLEET, ".git/HEAD": "ref: refs/heads/main\n"})) == DEPLOYMENT


def test_the_plugin_is_used_by_name_unless_it_is_told_otherwise(
    plugin: Plugin, start: Callable[..., Any]
) -> None:
    assert not plugin.call("CheckPluginConfiguration", iter(())).isDiscoveryConfigured
    with start("--discover") as other:
        assert other.call("CheckPluginConfiguration", iter(())).isDiscoveryConfigured
        content = archive({**FLEET, "docs/page.md": "text"})
        for path, supported in ((WEB, True), ("environments/dev", True), ("docs", False)):
            found = other.call("MatchRepository", messages(content, path))
            assert (found.isSupported, found.isDiscoveryEnabled) == (supported, True)


def test_parameters_are_shown_with_what_holds_now(plugin: Plugin) -> None:
    found = plugin.call("GetParametersAnnouncement", messages(archive(FLEET), WEB))
    shown = {p.name: p for p in found.parameterAnnouncements}
    assert list(shown["images"].array) == ["web:1"]
    assert dict(shown["replicas"].map) == {"web": "2"}
    assert shown["replicas"].itemType == "number"
    assert shown["checks"].string == "off"
    assert all(p.title and p.tooltip and p.collectionType for p in shown.values())
    assert "apps" not in shown

    found = plugin.call("GetParametersAnnouncement", messages(archive(FLEET), "environments/dev"))
    shown = {p.name: p for p in found.parameterAnnouncements}
    assert list(shown["apps"].array) == ["api", "web"]
    assert dict(shown["replicas"].map) == {"api-web": "2", "web": "2"}


def test_parameters_of_an_app_that_does_not_render_are_shown_without_values(
    plugin: Plugin,
) -> None:
    broken = archive({**FLEET, "overlays/web/kustomization.yaml": "resources: [gone.yaml]\n"})
    found = plugin.call("GetParametersAnnouncement", messages(broken, WEB))
    assert [list(p.array) for p in found.parameterAnnouncements if p.name == "images"] == [[]]


def test_images_and_replicas_are_what_kustomize_makes_of_them(
    plugin: Plugin, kustomize: Kustomize, repo: Repo
) -> None:
    repo.write(FLEET)
    repo.write(
        {
            "around/kustomization.yaml": "resources: [../environments/dev/web]\n"
            "images: [{name: web, newName: localhost:5000/other, newTag: '2'}]\n"
            "replicas: [{name: web, count: 7}]\n"
        }
    )
    digest = f"web@sha256:{'a' * 64}"
    assert f"image: {digest}\n" in plugin.generate(
        archive(FLEET), WEB, {"name": "images", "array": [digest]}
    )
    images = {"name": "images", "array": ["web=localhost:5000/other:2"]}
    replicas = {"name": "replicas", "map": {"web": "7"}}
    expected = kustomize(repo.path / "around").stdout.decode()
    assert plugin.generate(archive(FLEET), WEB, images, replicas) == expected


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ({"name": "chekcs", "string": "off"}, ("'chekcs'", "did you mean checks?")),
        ({"name": "checks", "string": "all"}, ("'all'", "off, error, warning or note")),
        ({"name": "checks", "array": ["off"]}, ("given as an array, and is a string",)),
        ({"name": "images", "string": "web:2"}, ("given as a string, and is an array",)),
        ({"name": "images", "array": ["web"]}, ("'web'", "NAME:TAG")),
        ({"name": "images", "array": ["web:$(id)"]}, ("web:$(id)", "NAME:TAG")),
        ({"name": "images", "array": ["nginx:1"]}, ("nginx", "no container")),
        ({"name": "images", "array": [1]}, ("not text",)),
        ({"name": "replicas", "map": {"web": "many"}}, ("'web: many'", "a number")),
        ({"name": "replicas", "map": {"web": "-1"}}, ("'web: -1'", "a number")),
        ({"name": "replicas", "map": {"wbe": "2"}}, ("(wbe)", "nothing called wbe")),
        ({"name": "apps", "array": ["web"]}, ("'web'", "the folder of an environment")),
        ({"name": "allow-empty", "string": "yes"}, ("'yes'", "true or false")),
        ({"string": "off"}, ("not a list of named parameters",)),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_with_what_does(
    plugin: Plugin, parameter: dict[str, Any], words: tuple[str, ...]
) -> None:
    code, text = plugin.refusal_of(WEB, parameter)
    assert code is INVALID
    for word in words:
        assert word in text


def test_parameters_of_one_app_are_not_for_an_environment(plugin: Plugin) -> None:
    code, text = plugin.refusal_of("environments/dev", {"name": "images", "array": ["web:2"]})
    assert code is INVALID
    assert "these are 2" in text


def test_an_error_is_one_paragraph_with_place_reason_and_what_to_do(plugin: Plugin) -> None:
    broken = archive({**FLEET, "overlays/web/kustomization.yaml": "resources:\n- gone.yaml\n"})
    code, text = plugin.refusal(messages(broken, WEB))
    assert code is FAILED
    assert text.startswith("overlays/web/kustomization.yaml:2:3: gone.yaml does not exist")
    assert "To do: " in text
    assert "\n" not in text


@pytest.mark.parametrize("path", ["environments/prod", "nowhere/at/all"])
def test_a_folder_that_was_not_sent_is_named(plugin: Plugin, path: str) -> None:
    code, text = plugin.refusal(messages(archive(FLEET), path))
    assert code is INVALID
    assert f"the folder {path} is not in what Argo CD sent" in text


def test_rendering_nothing_is_an_error_unless_it_is_asked_for(plugin: Plugin) -> None:
    empty = archive({"a/kustomization.yaml": "resources: []\n"})
    assert plugin.refusal(messages(empty, "a"))[0] is FAILED
    empty = archive({"a/kustomization.yaml": "resources: [b.yaml]\n", "a/b.yaml": "# nothing\n"})
    assert plugin.refusal(messages(empty, "a"))[0] is FAILED
    assert plugin.generate(empty, "a", {"name": "allow-empty", "string": "true"}) == ""


def test_a_finding_stops_the_generation_when_checks_are_asked_for(plugin: Plugin) -> None:
    wrong = {**FLEET, "overlays/web/deployment.yaml": DEPLOYMENT.replace("replicas:", "replcas:")}
    assert plugin.generate(archive(wrong))
    environment = {"ARGOCD_APP_PARAMETERS": '[{"name": "checks", "string": "error"}]'}
    code, text = plugin.refusal(messages(archive(wrong), WEB, environment))
    assert code is FAILED
    assert "overlays/web/deployment.yaml:6:" in text
    assert "replcas" in text


def test_a_finding_that_does_not_stop_is_in_the_log(plugin: Plugin) -> None:
    content = archive({**FLEET, "marker.txt": "another archive"})
    warned = plugin.generate(content, WEB, {"name": "checks", "string": "error"})
    assert warned == DEPLOYMENT
    assert '"level": "warning"' in plugin.log.read_text()


def test_pinned_commits_are_fetched_from_repositories_that_are_allowed_only(
    plugin: Plugin, start: Callable[..., Any], tmp_path: Path
) -> None:
    other = Repo(tmp_path / "other")
    commit = other.commit(
        {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": DEPLOYMENT}
    )
    url = f"file://{other.path}"
    pinned = archive({"a/kustomization.yaml": f"resources: ['{url}//base?ref={commit}']\n"})
    code, text = plugin.refusal(messages(pinned, "a"))
    assert code is FAILED
    assert "--allow-repository" in text
    with start("--allow-repository", url) as allowed:
        assert allowed.generate(pinned, "a") == DEPLOYMENT
