"""What reconciler argocd doctor finds in installations, and that ours has none of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.argocd.doctor.examine import examine
from reconciler.errors import UsageError
from reconciler.yaml.nodes import LOADER
from tests.peers import program
from tests.testbed.plugin import Cluster

COMPONENT = Path(__file__).parents[2] / "argocd-plugin"
OURS = f"reconciler-v{__version__}"
PATHS = "argocd.argoproj.io/manifest-generate-paths"

Objects = list[dict[str, Any]]


def manifests(folder: Path, kustomize: Callable[..., CompletedProcess[bytes]]) -> Objects:
    return list(yaml.load_all(kustomize(folder).stdout, LOADER))


@pytest.fixture(scope="module")
def healthy(
    tmp_path_factory: pytest.TempPathFactory,
    kustomize: Callable[..., CompletedProcess[bytes]],
) -> Objects:
    """Argo CD's own manifests, with the component of this repository."""
    folder = tmp_path_factory.mktemp("installation")
    for file in ("kustomization.yaml", "sidecar.yaml", "settings.yaml"):
        (folder / "plugin").mkdir(exist_ok=True)
        (folder / "plugin" / file).write_text((COMPONENT / file).read_text())
    install = program("argocd-install") / "manifests/install.yaml"
    (folder / "install.yaml").write_text(install.read_text())
    (folder / "kustomization.yaml").write_text("resources: [install.yaml]\ncomponents: [plugin]\n")
    found = manifests(folder, kustomize)
    return [o for o in found if o["kind"] in ("ConfigMap", "Deployment", "StatefulSet")]


def application(name: str = "web", **source: Any) -> dict[str, Any]:
    return {
        "kind": "Application",
        "metadata": {"name": name, "annotations": {PATHS: "."}},
        "spec": {"source": {"path": "a", "plugin": {"name": OURS}} | source},
    }


class Edit:
    """An installation to make worse."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def find(self, kind: str, name: str) -> Any:
        return next(o for o in self.objects if (o["kind"], o["metadata"]["name"]) == (kind, name))

    @property
    def params(self) -> Any:
        return self.find("ConfigMap", "argocd-cmd-params-cm")["data"]

    @property
    def pod(self) -> Any:
        return self.find("Deployment", "argocd-repo-server")["spec"]["template"]["spec"]

    @property
    def sidecar(self) -> Any:
        return next(c for c in self.pod["containers"] if c["name"] == "reconciler")

    @property
    def server(self) -> Any:
        return next(c for c in self.pod["containers"] if c["name"] == "argocd-repo-server")

    def settings(self, **data: str) -> None:
        self.find("ConfigMap", "argocd-cm")["data"] = data

    def plugin_file(self, text: str) -> None:
        self.objects.append(
            {"kind": "ConfigMap", "metadata": {"name": "p"}, "data": {"plugin.yaml": text}}
        )

    def add(self, *objects: dict[str, Any]) -> Objects:
        self.objects.append({"kind": "List", "items": list(objects)})
        return self.objects


PLUGIN = "kind: ConfigManagementPlugin\nmetadata: {name: p}\nspec: {generate: {command: [x]}"
ROLLING = {
    "kind": "ApplicationSet",
    "metadata": {"name": "prod"},
    "spec": {"strategy": {"type": "RollingSync"}},
}
CASES: dict[str, tuple[Callable[[Edit], Any], list[str]]] = {
    "as it is": (lambda e: None, []),
    "an app of ours": (lambda e: e.add(application()), []),
    "no settings": (
        lambda e: e.params.clear(),
        ["whole-repository", "git-sent", "no-parallelism-limit"],
    ),
    "settings as flags": (
        lambda e: (
            e.params.clear(),
            e.server.update(
                args=[
                    *("argocd-repo-server", "--plugin-use-manifest-generate-paths"),
                    *("--plugin-tar-exclude", "docs;.git", "--parallelismlimit=5"),
                ]
            ),
        ),
        [],
    ),
    "another exclusion": (
        lambda e: e.params.update({"reposerver.plugin.tar.exclusions": "docs"}),
        ["git-sent"],
    ),
    "links": (
        lambda e: e.params.update({"reposerver.allow.oob.symlinks": "true"}),
        ["links-out-of-bounds"],
    ),
    "tmp of the repo-server": (
        lambda e: e.sidecar["volumeMounts"][-1].update(name="tmp"),
        ["shared-tmp"],
    ),
    "another user": (
        lambda e: e.sidecar["securityContext"].update(runAsUser=1000),
        ["other-user"],
    ),
    "the user of the pod": (
        lambda e: (
            e.sidecar.pop("securityContext"),
            e.pod.update(securityContext={"runAsUser": 999}),
        ),
        [],
    ),
    "no user": (lambda e: e.sidecar.pop("securityContext"), ["other-user"]),
    "discovery": (lambda e: e.sidecar["args"].append("--discover"), ["discovery"]),
    "discovery, and an app without a type": (
        lambda e: (e.sidecar["args"].append("--discover"), e.add({
            "kind": "Application",
            "metadata": {"name": "plain"},
            "spec": {"source": {"path": "a"}},
        })),
        ["discovery", "no-type"],
    ),
    "a time-out that is none": (
        lambda e: e.sidecar.update(env=[{"name": "ARGOCD_EXEC_TIMEOUT", "value": "3s"}]),
        ["exec-timeout"],
    ),
    "an impatient plugin": (
        lambda e: e.sidecar["args"].append("--timeout=30"),
        ["gives-up-first"],
    ),
    "a patient controller": (
        lambda e: (
            e.sidecar["args"].append("--timeout=90"),
            e.params.update({"controller.repo.server.timeout.seconds": "180"}),
        ),
        ["gives-up-first"],
    ),
    "a plugin file": (lambda e: e.plugin_file(PLUGIN + ", version: v1}"), []),
    "no version": (lambda e: e.plugin_file(PLUGIN + "}"), ["no-version"]),
    "discovery in a file": (
        lambda e: e.plugin_file(PLUGIN + ", version: v1, discover: {fileName: a}}"),
        ["discovery"],
    ),
    "no plugin file": (lambda e: e.plugin_file("["), ["no-plugin-file"]),
    "steps that nobody takes": (lambda e: e.add(ROLLING), ["no-progressive-syncs"]),
    "steps": (
        lambda e: (
            e.add(ROLLING),
            e.params.update({"applicationsetcontroller.enable.progressive.syncs": "true"}),
        ),
        [],
    ),
    "a terminal": (lambda e: e.settings(**{"exec.enabled": "true"}), ["terminal"]),
    "plugins of old": (
        lambda e: e.settings(configManagementPlugins="[]"),
        ["plugins-in-argocd-cm"],
    ),
    "a plugin without a name": (
        lambda e: e.add(application(plugin={})),
        ["no-plugin-name"],
    ),
    "an old version": (
        lambda e: e.add(application(plugin={"name": "reconciler-v0.0.1"})),
        ["old-version"],
    ),
    "no version in the name": (
        lambda e: e.add(application(plugin={"name": "mine"})),
        ["no-version-named"],
    ),
    "several sources": (
        lambda e: e.add({
            "kind": "Application",
            "metadata": {"name": "a", "annotations": {PATHS: "."}},
            "spec": {"sources": [{"helm": {}}, {"plugin": {"name": "mine"}}]},
        }),
        ["no-version-named"],
    ),
    "no paths": (
        lambda e: e.add(application() | {"metadata": {"name": "a"}}),
        ["no-generate-paths"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_is_found_and_nothing_else(case: str, healthy: Objects) -> None:
    worsen, expected = CASES[case]
    edit = Edit(deepcopy(healthy))
    worsen(edit)
    found = examine(edit.objects)
    assert sorted(d.id for d in found) == sorted(expected)
    assert all(d.about and d.what and d.cost and d.remedy for d in found)


def test_what_is_unsafe_is_said_first_and_what_many_apps_have_is_said_once(
    healthy: Objects,
) -> None:
    edit = Edit(deepcopy(healthy))
    edit.params.clear()
    edit.sidecar["volumeMounts"][-1]["name"] = "tmp"
    edit.add(*(application(f"app-{n}", plugin={}) for n in range(9)))
    found = examine(edit.objects)
    assert [d.kind for d in found] == ["unsafe", "slow", "slow", "slow", "slow"]
    assert found[-1].about == "Application app-0, app-1, app-2 and 6 more"


def test_anything_else_is_no_argo_cd() -> None:
    nothing: list[Any] = []
    broken: list[Any] = [None, [], "x", {"kind": "Deployment"}]
    for objects in (nothing, broken, [{"kind": "List", "items": []}]):
        with pytest.raises(UsageError, match="there is no Argo CD"):
            examine(objects)


def test_the_api_server_takes_the_component(cluster: Cluster, healthy: Objects) -> None:
    """A variable with two values is what it refuses, and no one else would see it."""
    for o in healthy:
        stdin = json.dumps(o)
        cluster.kubectl(
            "apply", "-n", cluster.namespace, "--dry-run=server", "-f", "-", stdin=stdin
        )
