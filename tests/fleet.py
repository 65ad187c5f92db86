"""A repository that pins folders of its own commits, and what kustomize takes its URLs for."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.trees.pins import Pins
from reconciler.trees.tree import Tree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo

HOST = "git.example.org"
URL = f"https://{HOST}/fleet/apps"

# What a machine calls this repository, with and without the suffix.
PREFIXES = [
    URL,
    f"http://{HOST}/fleet/apps",
    f"ssh://git@{HOST}/fleet/apps",
    f"ssh://{HOST}:22/fleet/apps",
    f"git@{HOST}:fleet/apps",
    "https://github.com/fleet/apps",
    "git@github.com:fleet/apps",
]

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: paw}
spec:
  selector: {matchLabels: {app: paw}}
  template:
    metadata: {labels: {app: paw}}
    spec:
      containers:
      - {name: paw, image: paw:v1, envFrom: [{configMapRef: {name: settings}}]}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: paw}\nspec: {ports: [{port: 80}]}\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{a: b}}\n"

FIRST = {
    "overlays/paw/base/kustomization.yaml": (
        "resources: [deployment.yaml, service.yaml]\n"
        "configMapGenerator:\n- name: settings\n  files: [data.txt, key=files/b.txt]\n"
        "  envs: [settings.env]\n"
    ),
    "overlays/paw/base/deployment.yaml": DEPLOYMENT,
    "overlays/paw/base/service.yaml": SERVICE,
    "overlays/paw/base/data.txt": "hello\n",
    "overlays/paw/base/files/b.txt": "b\n",
    "overlays/paw/base/settings.env": "A=1\nB=2\n",
    "overlays/paw/prod/kustomization.yaml": (
        "resources: [../base]\nnamePrefix: prod-\nimages: [{name: paw, newTag: v7}]\n"
        "patches: [{path: replicas.yaml}]\n"
    ),
    "overlays/paw/prod/replicas.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: paw}\nspec: {replicas: 3}\n"
    ),
    "components/labels/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "labels: [{pairs: {team: blue}}]\n"
        "configMapGenerator: [{name: extra, literals: [a=b]}]\n"
    ),
    "kustomization.yaml": "resources: [components/top.yaml, overlays/paw/base]\n",
    "components/top.yaml": OBJECT.format("top"),
    "transformers/kustomization.yaml": "resources: [prefix.yaml]\n",
    "transformers/prefix.yaml": (
        "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: t-\n"
        "fieldSpecs: [{path: metadata/name}]\n"
    ),
    "objects/kustomization.yaml": "resources: [cm.yaml]\n",
    "objects/cm.yaml": OBJECT.format("object"),
    "generators/kustomization.yaml": "resources: [generator.yaml]\n",
    "generators/generator.yaml": (
        "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: generated}\n"
        "literals: [x=y]\n"
    ),
}

SECOND = {
    "overlays/paw/base/data.txt": "hello again\n",
    "overlays/chain/kustomization.yaml": (
        f"nameSuffix: -chained\nresources: ['{URL}//overlays/paw/base?ref={{first}}']\n"
    ),
    "overlays/twice/kustomization.yaml": (
        f"resources:\n- one\n- {URL}//objects?ref={{first}}\n- own.yaml\n"
    ),
    "overlays/twice/one/kustomization.yaml": "resources: [cm.yaml]\n",
    "overlays/twice/one/cm.yaml": OBJECT.format("one"),
    "overlays/twice/own.yaml": OBJECT.format("own"),
    "overlays/with space/kustomization.yaml": "resources: [the map.yaml]\n",
    "overlays/with space/the map.yaml": OBJECT.format("spaced"),
    "overlays/v1..v2/kustomization.yaml": "resources: [cm.yaml, deeper]\n",
    "overlays/v1..v2/cm.yaml": OBJECT.format("dots"),
    "overlays/v1..v2/deeper/kustomization.yaml": "resources: [cm.yaml]\n",
    "overlays/v1..v2/deeper/cm.yaml": OBJECT.format("deeper"),
    "overlays/crlf/.gitattributes": "*.txt text eol=crlf\n",
    "overlays/crlf/kustomization.yaml": "configMapGenerator: [{name: crlf, files: [a.txt]}]\n",
    "overlays/crlf/a.txt": "one\ntwo\n",
    "overlays/schema/kustomization.yaml": (
        "resources: [thing.yaml]\ncrds: [crd.json]\nnamePrefix: x-\n"
    ),
    "overlays/schema/thing.yaml": "apiVersion: a.b/v1\nkind: Thing\nmetadata: {name: thing}\n",
    "overlays/schema/crd.json": '{"a.b/v1.Thing": {"Schema": {"properties": {}}}}',
    "overlays/secret/kustomization.yaml": (
        "secretGenerator: [{name: s, literals: [password=hunter2-hunter2]}]\n"
    ),
    "overlays/cycle/kustomization.yaml": f"resources: ['{URL}//overlays/cycle?ref=main']\n",
    "overlays/ping/kustomization.yaml": f"resources: ['{URL}//overlays/pong?ref=main']\n",
    "overlays/pong/kustomization.yaml": f"resources: ['{URL}//overlays/ping?ref=main']\n",
    "overlays/within/kustomization.yaml": "resources: [deep]\n",
    "overlays/within/deep/kustomization.yaml": (
        f"resources: ['{URL}//overlays/within?ref={{first}}']\n"
    ),
    "overlays/to-prefix/kustomization.yaml": f"resources: ['{URL}']\n",
    "overlays/climbing/kustomization.yaml": "resources: [../../../environments/case/near]\n",
    "overlays/climbing-file/kustomization.yaml": "resources: [../paw/base/service.yaml]\n",
    "overlays/climbing-generator/kustomization.yaml": (
        "configMapGenerator: [{name: c, files: [../paw/base/data.txt]}]\n"
    ),
    "overlays/broken/kustomization.yaml": "resources: [nothing.yaml]\n",
    "overlays/other/kustomization.yaml": f"resources: ['https://{HOST}/other/apps//x?ref=main']\n",
    "overlays/same-file/kustomization.yaml": "resources: [../paw/prod, ../paw/prod]\n",
    "overlays/empty/readme": "",
}
LINKS = {
    "overlays/link": "paw/prod",
    "overlays/link-out": "../../..",
    "overlays/link-file/cm.yaml": "../paw/base/service.yaml",
}

# What lies beside an entry, for it to name.
BESIDE = {
    "near/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [cm.yaml]\n"
    ),
    "near/cm.yaml": OBJECT.format("near"),
    "near/pinned.yaml": "resources: ['{url}//objects?ref={first}']\n",
    "old/kustomization.yaml": (
        "namePrefix: old-\nresources: ['{url}//overlays/paw/base?ref={first}']\n"
    ),
    "older/kustomization.yaml": (
        "namePrefix: older-\nresources: ['{url}//overlays/paw/base?ref={first}']\n"
    ),
    "new/kustomization.yaml": "resources: ['{url}//overlays/paw/base?ref={second}']\n",
    "below/kustomization.yaml": "resources: [deeper, ../new]\n",
    "below/deeper/kustomization.yaml": "resources: ['{url}//overlays/chain?ref={second}']\n",
}

CASE = "environments/case"


class Fleet:
    """A repository with a history, whose work tree has an entry that pins it."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.first = repo.commit(FIRST)
        repo.git("tag", "v1")
        repo.git("tag", "--annotate", "--message", "two", "v2")
        repo.git("branch", "release/1.0")
        # The format's braces are YAML's too.
        second = {n: t.replace("{first}", self.first) for n, t in SECOND.items()}
        for name, target in LINKS.items():
            path = repo.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        repo.write({"overlays/link-file/kustomization.yaml": "resources: [cm.yaml]\n"})
        self.second = repo.commit(second)
        repo.git("remote", "add", "origin", f"git@{HOST}:fleet/apps.git")

    def text(self, template: str) -> str:
        values = {"first": self.first, "second": self.second, "url": URL, "file": self.file}
        for name, value in values.items():
            template = template.replace("{" + name + "}", value)
        return template

    @property
    def file(self) -> str:
        return f"file://{self.repo.path}"

    def enter(self, kustomization: str | Mapping[str, str]) -> Path:
        """Put an entry into the work tree, and what lies beside it."""
        if isinstance(kustomization, str):
            kustomization = {"kustomization.yaml": textwrap.dedent(kustomization)}
        folder = self.repo.path / CASE
        for name, text in {**BESIDE, **kustomization}.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                target.symlink_to(text.removeprefix("-> "))
            else:
                target.write_text(self.text(text))
        return folder

    def leave(self) -> None:
        """Take the entry out again."""
        shutil.rmtree(self.repo.path / CASE, ignore_errors=True)

    def pins(self) -> Pins:
        return Pins(
            str(self.repo.path), trusted=lambda: (["https://github.com/fleet/apps", self.file], ())
        )

    def tree(self) -> Tree:
        tree = WorkTree(str(self.repo.path))
        tree.pins = self.pins()
        return tree


def reach_only(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git takes every URL of the repository for its folder; nothing else is in reach."""
    for number, prefix in enumerate(p + suffix for p in PREFIXES for suffix in ("", ".git")):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", f"url.{fleet.repo.path}.insteadOf")
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", prefix)
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(2 * len(PREFIXES)))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")
