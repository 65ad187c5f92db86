"""A URL of this repository gives what kustomize gives after it has cloned the repository."""

from __future__ import annotations

import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import KernelError, ReconcilerError
from reconciler.git.pins import Pins
from reconciler.git.tree import Tree
from reconciler.git.worktree import WorkTree
from reconciler.render.options import DEFAULTS, RenderOptions
from reconciler.render.process import Kernel
from tests.conftest import Repo

Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]

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

    def pins(self) -> Pins:
        return Pins(str(self.repo.path), own=["https://github.com/fleet/apps", self.file])

    def tree(self) -> Tree:
        tree = WorkTree(str(self.repo.path))
        tree.pins = self.pins()
        return tree


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(Repo(tmp_path_factory.mktemp("fleet") / "apps"))


@pytest.fixture(autouse=True)
def offline(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git takes every URL of the repository for its folder; nothing else is in reach."""
    for number, prefix in enumerate(p + suffix for p in PREFIXES for suffix in ("", ".git")):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", f"url.{fleet.repo.path}.insteadOf")
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", prefix)
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(2 * len(PREFIXES)))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")


RESOURCES = "resources: ['{}']\n"

# Every way to write the URL of one folder.
FORMS = [
    "{url}//overlays/paw/prod?ref={first}",
    "{url}/overlays/paw/prod?ref={first}",
    "{url}.git//overlays/paw/prod?ref={first}",
    "{url}.git/overlays/paw/prod/?ref={first}",
    "{url}//overlays/../overlays/./paw/prod?ref={first}",
    "{url}//overlays/paw/prod?version={first}",
    "{url}//overlays/paw/prod?timeout=90s&submodules=false&ref={first}",
    "{url}//overlays/paw/prod?ref=v1",
    "{url}//overlays/paw/prod?ref=v2",
    "{url}//overlays/paw/prod?ref=refs/tags/v2",
    "{url}//overlays/paw/prod?ref=main",
    "{url}//overlays/paw/prod?ref=refs/heads/main",
    "{url}//overlays/paw/prod?ref=release%2F1.0",
    "{url}//overlays/paw/prod?ref=HEAD",
    "{url}//overlays/paw/prod",
    "HTTPS://git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "git::{url}//overlays/paw/prod?ref={first}",
    "http://git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "ssh://git@git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "ssh://git.example.org:22/fleet/apps.git/overlays/paw/prod?ref={first}",
    "git@git.example.org:fleet/apps//overlays/paw/prod?ref={first}",
    "git@git.example.org:fleet/apps.git/overlays/paw/prod?ref={first}",
    "github.com/fleet/apps/overlays/paw/prod?ref={first}",
    "GitHub.com/fleet/apps//overlays/paw/prod?ref={first}",
    "git@github.com:fleet/apps//overlays/paw/prod?ref={first}",
    "git@github.com/fleet/apps.git/overlays/paw/prod?ref={first}",
    "https://github.com/fleet/apps/overlays/paw/prod?ref={first}",
    "{url}?ref={first}",
    "{url}.git?ref={first}",
    "{url}//overlays/link?ref={second}",
    "{file}//overlays/paw/prod?ref={first}",
    "{file}?ref={first}",
]

# Entries by what they show, each a kustomization or all files of a folder.
ENTRIES: dict[str, str | dict[str, str]] = {
    "what stands on top": """
        namespace: prod
        namePrefix: a-
        labels: [{pairs: {tier: web}, includeSelectors: true}]
        images: [{name: paw, newTag: v9}]
        replicas: [{name: prod-paw, count: 5}]
        resources: ["{url}//overlays/paw/prod?ref={first}"]
        patches:
        - target: {kind: Service}
          patch: |-
            - {op: replace, path: /spec/ports/0/port, value: 81}
        configMapGenerator: [{name: settings, behavior: merge, literals: [A=9]}]
        """,
    "a component": """
        resources: ["{url}//objects?ref={first}"]
        components: ["{url}//components/labels?ref={first}", near]
        """,
    "a component on files of the work tree": """
        resources: [near/cm.yaml]
        components: ["{url}//components/labels?ref={first}"]
        """,
    "generators and transformers": """
        resources: ["{url}//objects?ref={first}"]
        generators: ["{url}//generators?ref={first}"]
        transformers: ["{url}//transformers?ref={first}"]
        """,
    "bases, as it was called": "bases: ['{url}//objects?ref={first}']\n",
    "a field in another case": "Resources: ['{url}//objects?ref={first}']\n",
    "two commits of one folder": """
        resources: [old, new]
        """,
    "the same URL from two places": "resources: [old, older]\n",
    "two folders of a commit, and files between": """
        resources:
        - "{url}//objects?ref={first}"
        - near/cm.yaml
        - "{url}//overlays/paw/prod?ref={first}"
        sortOptions: {order: fifo}
        """,
    "a chain": "resources: ['{url}//overlays/chain?ref={second}']\n",
    "a chain among others": "resources: ['{url}//overlays/twice?ref={second}']\n",
    "origins": """
        buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]
        namespace: prod
        resources: ["{url}//overlays/paw/prod?ref={first}", near/cm.yaml]
        """,
    "origins by branch and tag": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["{url}//overlays/paw/prod?ref=v2", "{url}.git//overlays/twice?ref=main"]
        """,
    "origins in a chain, below a folder": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: [below]
        components: ["{url}//components/labels?ref={first}"]
        """,
    "origins of plugins": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["{url}//objects?ref={first}"]
        generators: ["{url}//generators?ref={first}"]
        transformers: ["{url}//transformers?ref={first}"]
        """,
    "origins of a top folder": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["git@git.example.org:fleet/apps?ref={first}"]
        """,
    "origins below two dots": """
        buildMetadata: [originAnnotations]
        resources: ["{url}//overlays/v1..v2?ref={second}"]
        """,
    "spaces": "resources: ['{url}//overlays/with space?ref={second}']\n",
    "two dots in a name": "resources: ['{url}//overlays/v1..v2?ref={second}']\n",
    "line ends of a checkout": "resources: ['{url}//overlays/crlf?ref={second}']\n",
    "a schema": "resources: ['{url}//overlays/schema?ref={second}']\n",
    "a secret": "resources: ['{url}//overlays/secret?ref={second}']\n",
    "a link to a folder": "resources: ['{url}//overlays/link?ref={second}']\n",
    "a URL that is also a value": """
        resources: [&pin "{url}//objects?ref={first}"]
        commonAnnotations: {from: *pin, too: "{url}//objects?ref={first}"}
        """,
    "plain": "resources:\n  - {url}//objects?ref={first}  # the release\n",
    "folded": "resources:\n- >-\n  {url}//objects?ref={first}\nnamePrefix: 'yes'\n",
    "escaped": 'resources: ["https:\\x2f/git.example.org/fleet/apps//obj\\x65cts?ref={first}"]\n',
    "a tag and an anchor": "resources:\n- !!str &a {url}//objects?ref={first}\n",
    "flow over lines": "{resources: [\n  '{url}//objects?ref={first}'\n  ], namePrefix: x-}\n",
    "strange text beside": (
        "resources: ['{url}//objects?ref={first}']\n"
        'commonAnnotations: {a: "\\x85 \\u2028 <&> \\U0001F600", b: "1e3", c: "0x1F"}\n'
        "configMapGenerator: [{name: numbers, literals: ['a=  b ', 'c=1e+3']}]\n"
    ),
    "JSON": '{"resources": ["{url}//objects?ref={first}"], "namePrefix": "j-"}\n',
    "several documents": "resources: ['{url}//objects?ref={first}']\n---\nresources: [no]\n",
    "a link in place of the kustomization": {"kustomization.yaml": "-> near/pinned.yaml"},
    "a folder that looks like a URL": "components: [github.com/fleet/apps/components/labels]\n",
    "a file that looks like a URL": {
        "kustomization.yaml": "resources: [github.com/fleet/apps/x.yaml]\n",
        "github.com/fleet/apps/x.yaml": OBJECT.format("local"),
    },
}

REFUSED = {
    "no such ref": "resources: ['{url}//objects?ref=nothing']\n",
    "an empty ref of nothing": "resources: ['{url}//objects?ref=refs/heads/']\n",
    "a revision that is no ref": "resources: ['{url}//objects?ref=main~1']\n",
    "no such commit": "resources: ['{url}//objects?ref=" + "1" * 40 + "']\n",
    "a tree's name": "resources: ['{url}//objects?ref={first}^{tree}']\n",
    "no such folder": "resources: ['{url}//overlays/chain?ref={first}']\n",
    "a file": "resources: ['{url}//overlays/paw/base/service.yaml?ref={first}']\n",
    "a folder without a kustomization": "resources: ['{url}//overlays/paw?ref={first}']\n",
    "a component among resources": "resources: ['{url}//components/labels?ref={first}']\n",
    "a resource among components": "components: ['{url}//objects?ref={first}']\n",
    "another repository": "resources: ['https://git.example.org/other/apps//x?ref={first}']\n",
    "out of the URL's own path": "resources: ['{url}//../x?ref={first}']\n",
    "a cycle": "resources: ['{url}//overlays/cycle?ref=main']\n",
    "a cycle of two": "resources: ['{url}//overlays/ping?ref=main']\n",
    "what upstream takes for a cycle": "resources: ['{url}//overlays/to-prefix?ref={second}']\n",
    "climbing into the work tree": "resources: ['{url}//overlays/climbing?ref={second}']\n",
    "a file of another folder": "resources: ['{url}//overlays/climbing-file?ref={second}']\n",
    "a generator's": "resources: ['{url}//overlays/climbing-generator?ref={second}']\n",
    "a missing file in a commit": "resources: ['{url}//overlays/broken?ref={second}']\n",
    "another repository in a commit": "resources: ['{url}//overlays/other?ref={second}']\n",
    "one folder twice": "resources: ['{url}//overlays/same-file?ref={second}']\n",
    "an empty folder": "resources: ['{url}//overlays/empty?ref={second}']\n",
    "a link out of the commit": "resources: ['{url}//overlays/link-out?ref={second}']\n",
    "a link to a file of another folder": "resources: ['{url}//overlays/link-file?ref={second}']\n",
    "a URL with a line break": 'resources: ["{url}//objects?ref={first}\\n"]\n',
    "a URL for a patch": "patches: [{path: '{url}//objects?ref={first}'}]\n",
    "the same object twice": (
        "resources: ['{url}//objects?ref={first}', '{url}//objects?ref=v1']\n"
    ),
    "a mount that somebody guesses": "resources: [../../../.tree/objects]\n",
}

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


@pytest.fixture
def entry(fleet: Fleet) -> Iterator[Callable[[str | dict[str, str]], Path]]:
    """Puts an entry and what is beside it into the work tree."""

    def write(files: str | dict[str, str]) -> Path:
        if isinstance(files, str):
            files = {"kustomization.yaml": textwrap.dedent(files)}
        for name, text in {**BESIDE, **files}.items():
            target = fleet.repo.path / CASE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                target.symlink_to(text.removeprefix("-> "))
            else:
                target.write_text(fleet.text(text))
        return fleet.repo.path / CASE

    yield write
    shutil.rmtree(fleet.repo.path / CASE)


def rendered(kernel: Kernel, tree: Tree, options: RenderOptions = DEFAULTS) -> bytes | None:
    try:
        manifest: bytes = kernel.render(tree, CASE, options).result().manifest
    except KernelError:
        raise
    except ReconcilerError:
        return None
    return manifest


def built(kustomize: Kustomize, folder: Path, *flags: str) -> bytes | None:
    done = kustomize(folder, *flags)
    return None if done.returncode else done.stdout


Entry = Callable[[str | dict[str, str]], Path]


@pytest.mark.parametrize("form", FORMS)
def test_a_url_is_followed_however_it_is_written(
    form: str, fleet: Fleet, entry: Entry, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = entry(f"buildMetadata: [originAnnotations]\nresources: ['{form}']\n")
    manifest = rendered(kernel, fleet.tree())
    assert manifest
    assert manifest == built(kustomize, folder)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_gives_what_kustomize_gives(
    name: str, fleet: Fleet, entry: Entry, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = entry(ENTRIES[name])
    manifest = rendered(kernel, fleet.tree())
    assert manifest
    assert manifest == built(kustomize, folder)


@pytest.mark.parametrize("name", REFUSED)
def test_what_kustomize_refuses_is_refused(
    name: str, fleet: Fleet, entry: Entry, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = entry(REFUSED[name])
    assert rendered(kernel, fleet.tree()) is None
    assert built(kustomize, folder) is None


@pytest.mark.parametrize("pinned", ["climbing-file", "climbing-generator", "link-file"])
def test_a_commit_keeps_its_load_restrictions_when_the_work_tree_has_none(
    pinned: str, fleet: Fleet, entry: Entry, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = entry(f"resources: ['{{url}}//overlays/{pinned}?ref={{second}}']\n")
    assert rendered(kernel, fleet.tree(), RenderOptions(unbounded=True)) is None
    assert built(kustomize, folder, "--load-restrictor", "LoadRestrictionsNone") is None


def test_a_work_tree_without_load_restrictions_pins_too(
    fleet: Fleet, entry: Entry, kernel: Kernel, kustomize: Kustomize
) -> None:
    folder = entry(
        {
            "kustomization.yaml": "-> ../elsewhere/pinned.yaml",
            "../elsewhere/pinned.yaml": "resources: ['{url}//overlays/chain?ref={second}']\n",
        }
    )
    manifest = rendered(kernel, fleet.tree(), RenderOptions(unbounded=True))
    assert manifest
    assert manifest == built(kustomize, folder, "--load-restrictor", "LoadRestrictionsNone")
