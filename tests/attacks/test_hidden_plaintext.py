"""Whatever form it is written in: what Kustomize renders to a plaintext Secret is not committed."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Repo

PROGRAM = Path(sys.executable).with_name("reconciler")
VALUE = "hunter2-hunter2"
IN_BASE64 = base64.b64encode(VALUE.encode()).decode()
META = "metadata: {name: db}\n"
SECRET = f"apiVersion: v1\nkind: Secret\n{META}stringData:\n  password: {VALUE}\n"
SEALED = f"apiVersion: v1\nkind: Secret\n{META}stringData: {{}}\n"
OTHER = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  password: {VALUE}\n"
OPERATIONS = f"- op: add\n  path: /data\n  value: {{}}\n- op: add\n  path: /data/password\n  value: {IN_BASE64}\n"
MERGE = f"apiVersion: v1\nkind: NotImportant\nmetadata: {{name: any}}\nstringData:\n  password: {VALUE}\n"
GENERATOR = "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: db}\n"
IN_PLACE = "generators:\n- |-\n  " + GENERATOR.replace("\n", "\n  ").rstrip(" ")


@dataclass(frozen=True)
class Form:
    """Files and links, of which the render of `app` holds the value, and what is told of it."""

    files: Mapping[str, str]
    told: str
    links: Mapping[str, str] = field(default_factory=dict)


def app(
    kustomization: str, told: str, /, links: Mapping[str, str] | None = None, **files: str
) -> Form:
    """Files of one folder; `__` in a name stands for a dot, and `___` for a slash."""
    named = {n.replace("___", "/").replace("__", "."): text for n, text in files.items()}
    return Form({"kustomization.yaml": kustomization, **named}, told, links or {})


def patched(target: str, how: str = "path: p.txt") -> str:
    return f"resources: [s.yaml]\npatches:\n- target: {target}\n  {how}\n"


FORMS = {
    "another ending": app("resources: [db.txt]\n", "app/db.txt:5", db__txt=SECRET),
    "an ending in capitals": app("resources: [db.YAML]\n", "app/db.YAML:5", db__YAML=SECRET),
    "a copy": app("resources: [db.yaml.bak]\n", "app/db.yaml.bak:5", db__yaml__bak=SECRET),
    "no ending": app("resources: [db]\n", "app/db:5", db=SECRET),
    "a JSON patch in a file": app(
        patched("{kind: Secret}"), "app/p.txt:6", s__yaml=SEALED, p__txt=OPERATIONS
    ),
    "a target's name": app(patched("{name: db}"), "app/p.txt:6", s__yaml=SEALED, p__txt=OPERATIONS),
    "a target's pattern": app(
        patched("{kind: Secret|ConfigMap}"), "app/p.txt:6", s__yaml=SEALED, p__txt=OPERATIONS
    ),
    "a target's labels": app(
        patched("{labelSelector: a=b}"),
        "app/p.txt:6",
        s__yaml=SEALED.replace("{name: db}", "{name: db, labels: {a: b}}"),
        p__txt=OPERATIONS,
    ),
    "a merge patch of no kind": app(
        patched("{name: db}"), "app/p.txt:5", s__yaml=SEALED, p__txt=MERGE
    ),
    "a generator's file": app(
        "generators: [gen.yaml]\n",
        "app/value:1",
        gen__yaml=f"{GENERATOR}files: [password=value]\n",
        value=VALUE,
    ),
    "a generator's variables": app(
        "generators: [gen.yaml]\n",
        "app/values:1",
        gen__yaml=f"{GENERATOR}envs: [values]\n",
        values=f"password={VALUE}\n",
    ),
    "a generator in place": app(
        f"{IN_PLACE}  literals: [password={VALUE}]\n", "app/kustomization.yaml:6"
    ),
    "a generator in place, of files": app(
        f"{IN_PLACE}  files: [password=value]\n", "app/value:1", value=VALUE
    ),
    "a generator's link": app(
        "secretGenerator: [{name: db, files: [password=link]}]\n",
        "app/value:1",
        {"link": "value"},
        value=VALUE,
    ),
    "a generator's folder that is a link": app(
        "secretGenerator: [{name: db, files: [password=link/value]}]\n",
        "app/real/value:1",
        {"link": "real"},
        real___value=VALUE,
    ),
    "a kustomization that is a link": Form(
        {
            "app/k.txt": "secretGenerator: [{name: db, files: [password=value]}]\n",
            "app/value": VALUE,
        },
        "app/value:1",
        {"kustomization.yaml": "k.txt"},
    ),
    "a kustomization that is a link, with the value": Form(
        {"app/k.txt": f"secretGenerator:\n- name: db\n  literals: [password={VALUE}]\n"},
        "app/k.txt:3",
        {"kustomization.yaml": "k.txt"},
    ),
    "the same anchor twice": app(
        f"x: &a 1\ny: &a 2\nsecretGenerator: [{{name: db, literals: [password={VALUE}]}}]\n",
        "app/kustomization.yaml:1",
    ),
    "a control character": app(
        f"# \x01\nsecretGenerator: [{{name: db, literals: [password={VALUE}]}}]\n",
        "app/kustomization.yaml:2",
    ),
    # Their kin
    "a kind that a patch gives": app(
        "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  options: {allowKindChange: "
        "true}\n  patch: |\n    kind: Secret\n    metadata: {name: a}\n",
        "app/a.yaml:5",
        a__yaml=OTHER,
    ),
    "a kind in base64": app(
        "resources: [s.yaml]\n",
        "app/s.yaml:5",
        s__yaml=SECRET.replace("kind: Secret", "kind: !!binary U2VjcmV0"),
    ),
    "a kind that is put together": app(
        "namePrefix: Sec\nconfigurations: [c.yaml]\nresources: [s.yaml]\n",
        "app/s.yaml:5",
        c__yaml="namePrefix: [{path: kind}]\n",
        s__yaml=SECRET.replace("kind: Secret", "kind: ret"),
    ),
    "a kind that is copied": app(
        "resources: [a.yaml, k.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: k, fieldPath"
        ": data.k}\n  targets: [{select: {name: a}, fieldPaths: [kind]}]\n",
        "app/a.yaml:5",
        a__yaml=OTHER,
        k__yaml="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: k}\ndata: {k: Secret}\n",
    ),
    "a value that is copied": app(
        "resources: [s.yaml, a.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: a, fieldPath"
        ": data.password}\n  targets: [{select: {kind: Secret}, fieldPaths: [stringData.x], "
        "options: {create: true}}]\n",
        "app/a.yaml:5",
        s__yaml=SEALED,
        a__yaml=OTHER,
    ),
    "a transformer": app(
        "resources: [s.yaml]\ntransformers: [t.txt]\n",
        "app/t.txt:5",
        s__yaml=SEALED,
        t__txt="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\ntarget: {name: "
        f"db}}\npatch: '[{{\"op\": \"add\", \"path\": \"/stringData\", \"value\": {{\"password\": \"{VALUE}\"}}}}]'\n",
    ),
    "a generator out of a folder": app(
        "generators: [gen]\n",
        "app/value:1",
        gen___kustomization__yaml="resources: [g.txt]\npatches: [{target: {kind: "
        "SecretGenerator}, path: p.txt}]\n",
        gen___g__txt=f"{GENERATOR}files: [password=nothing]\n",
        value=VALUE,
        gen___p__txt="- {op: replace, path: /files/0, value: password=value}\n",
    ),
    "a component": Form(
        {
            "app/kustomization.yaml": "resources: [s.yaml]\ncomponents: [../c]\n",
            "app/s.yaml": SEALED,
            "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "patches: [{target: {name: db}, path: p}]\n",
            "c/p": OPERATIONS,
        },
        "c/p:6",
    ),
    "escapes": app('resources: ["\\x64b.txt"]\n', "app/db.txt:5", db__txt=SECRET),
    "a name of several words": Form(
        {"kustomization.yaml": "resources: [my own.txt]\n", "my own.txt": SECRET},
        "app/my own.txt:5",
    ),
    "a base of a base": Form(
        {
            "app/kustomization.yaml": "resources: [../b]\n",
            "b/Kustomization": "resources: [../c/]\n",
            "c/kustomization.yml": "resources: [./d.d]\n",
            "c/d.d": SECRET,
        },
        "c/d.d:5",
    ),
    "the lists of a list": app(
        "resources: [l.txt]\n",
        "app/l.txt:8",
        l__txt="apiVersion: v1\nkind: List\nitems:\n- " + SECRET.replace("\n", "\n  ").rstrip(" "),
    ),
}


class Hooked:
    """A repository with our hook before each commit."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        repo.commit({"README": "Nothing yet.\n"})
        hook = repo.path / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\nexec {PROGRAM} secrets forbid\n")
        hook.chmod(0o755)

    def add(self, form: Form) -> None:
        self.repo.write({_in_app(n): text for n, text in form.files.items()})
        for name, target in form.links.items():
            (self.repo.path / "app" / name).symlink_to(target)
        self.repo.git("add", "--all")

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.repo.path,
            env={**os.environ, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def commit(self) -> subprocess.CompletedProcess[str]:
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        return self.run("git", *who, "commit", "--quiet", "--message", "a change")


def _in_app(name: str) -> str:
    return name if name.startswith(("app/", "b/", "c/")) else f"app/{name}"


@pytest.fixture
def hooked(repo: Repo) -> Hooked:
    return Hooked(repo)


@pytest.mark.parametrize("name", FORMS)
def test_a_plaintext_secret_is_not_committed_in_whatever_form(name: str, hooked: Hooked) -> None:
    form = FORMS[name]
    hooked.add(form)
    rendered = hooked.run(PROGRAM, "render", "app").stdout
    assert VALUE in rendered or IN_BASE64 in rendered
    done = hooked.commit()
    assert done.returncode == 1, done.stdout
    assert f"{form.told}: " in done.stdout
    assert VALUE not in done.stdout
    assert IN_BASE64 not in done.stdout
