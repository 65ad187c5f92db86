"""Whatever form it is written in: what Kustomize renders to a plaintext Secret is not committed."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.cli.source import open_tree
from reconciler.git.snapshots import Snapshots
from reconciler.model.plaintext import PlaintextRules
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.sealing.plaintext.rendered import TOO_MUCH, Rendering
from reconciler.sealing.plaintext.scan import Scanner
from tests.conftest import Repo

PROGRAM = Path(sys.executable).with_name("reconciler")
VALUE = "hunter2-hunter2"
IN_BASE64 = base64.b64encode(VALUE.encode()).decode()
META = "metadata: {name: db}\n"
SECRET = f"apiVersion: v1\nkind: Secret\n{META}stringData:\n  password: {VALUE}\n"
SEALED = f"apiVersion: v1\nkind: Secret\n{META}stringData: {{}}\n"
OTHER = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  password: {VALUE}\n"
OPERATIONS = f"""- op: add
  path: /data
  value: {{}}
- op: add
  path: /data/password
  value: {IN_BASE64}
"""
AS_JSON = json.dumps([{"op": "add", "path": "/stringData", "value": {"password": VALUE}}])
MERGE = SECRET.replace("Secret", "NotImportant")
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
        "commonAnnotations: {a: &a b, c: &a d}\n"
        f"secretGenerator: [{{name: db, literals: [password={VALUE}]}}]\n",
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
    "a kind in base64, its tag in percents": app(
        "resources: [s.txt]\n",
        "app/s.txt:5",
        s__txt=SECRET.replace("kind: Secret", "kind: !!%62inary U2VjcmV0"),
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
        f"db}}\npatch: '{AS_JSON}'\n",
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
            "c/kustomization.yaml": "kind: Component\npatches: [{target: {name: db}, path: p}]\n",
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

    def past(self, files: Mapping[str, str]) -> str:
        """A commit that no hook saw."""
        self.repo.write(files)
        self.repo.git("add", "--all")
        self.repo.git("commit", "--quiet", "--no-verify", "--message", "a change")
        return self.repo.git("rev-parse", "HEAD")

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


UNRENDERED = {
    "a file that is not committed": app(
        "secretGenerator: [{name: x, files: [ignored]}]\nresources: [db.txt]\n",
        "app/db.txt:5",
        db__txt=SECRET,
    ),
    "a patch of what is not there": app(
        "resources: [gone.yaml]\npatches: [{target: {kind: Secret|X}, path: p}]\n",
        "app/p:6",
        p=OPERATIONS,
    ),
    "a merge patch of what is not there": app(
        "resources: [gone.yaml]\npatches:\n- target: {kind: Secret?}\n  patch: |\n    "
        + MERGE.replace("\n", "\n    "),
        "app/kustomization.yaml:9",
    ),
    "a generator's file": app(
        "resources: [gone.yaml]\ngenerators: [g.yaml]\n",
        "app/value:1",
        g__yaml=f"{GENERATOR}files: [password=value]\n",
        value=VALUE,
    ),
    "a generator in place": app(
        f"resources: [gone.yaml]\n{IN_PLACE}  literals: [password={VALUE}]\n",
        "app/kustomization.yaml:7",
    ),
    "YAML that nobody reads": app("a: [\nsecretGenerator: []\n", "app/kustomization.yaml:1"),
    "a control character": app(
        f"# \x01\nsecretGenerator: [{{name: db, literals: [password={VALUE}]}}]\n",
        "app/kustomization.yaml:2",
    ),
    "files of a kustomization that nobody reads": app(
        "resources: [ db.txt\n", "app/db.txt:5", db__txt=SECRET
    ),
}


@pytest.mark.parametrize("name", UNRENDERED)
def test_what_does_not_render_here_is_read_file_by_file(name: str, hooked: Hooked) -> None:
    form = UNRENDERED[name]
    hooked.add(form)
    assert hooked.run(PROGRAM, "render", "app").returncode == 2
    done = hooked.commit()
    assert done.returncode == 1, done.stdout
    assert f"{form.told}: " in done.stdout


ALONE = {
    "escapes in JSON": json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": VALUE}}
    )
    .replace("kind", "\\u006bind")
    .replace("Secret", "\\u0053ecret"),
    "escapes behind a tag": SECRET.replace("Secret", '!!str "S\\x65cret"'),
    "escapes behind an anchor": SECRET.replace("kind: Secret", 'x: &k "S\\x65cret"\nkind: *k'),
    "escapes behind a comment": SECRET.replace("Secret", '# one\n  "S\\x65cret"'),
    "a kind in base64": SECRET.replace("Secret", "!!binary U2VjcmV0"),
    "a version in base64": SECRET.replace("v1", "!!binary djE="),
    "a field in base64": SECRET.replace("stringData", "!!binary c3RyaW5nRGF0YQ=="),
    "the same anchor twice": SECRET.replace("Secret", "&x Secret").replace("{name", "{name: &x"),
    "aliases without an end": f"{SECRET}x: &a [*a]\n",
    "a zero": f"{SECRET}# \0\n",
    "a list of patches in a text": 'a: \'[{"op": "add", "path": "/stringData/x", '
    f'"value": "{VALUE}"}}]\'\n',
}


@pytest.mark.parametrize("name", ALONE)
def test_a_secret_is_found_where_nothing_renders_it(name: str, hooked: Hooked) -> None:
    """Argo CD and Flux apply the manifests of a folder without a kustomization, too."""
    hooked.repo.write({"plain/db.yaml": ALONE[name]})
    hooked.repo.git("add", ".")
    done = hooked.commit()
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith("plain/db.yaml:")
    assert VALUE not in done.stdout


@pytest.mark.parametrize("name", ["db", "db.txt", "more/db.cfg"])
def test_each_file_among_the_templates_of_a_chart_may_be_a_manifest(
    name: str, hooked: Hooked
) -> None:
    hooked.repo.write({f"charts/shop/templates/{name}": SECRET})
    hooked.repo.git("add", ".")
    assert hooked.commit().stdout.startswith(f"charts/shop/templates/{name}:5: Secret db holds")


INPUTS = {
    "a value in two lines": (".env", f'PASSWORD="\n{VALUE}"\n'),
    "a colon": (".env", f"PASSWORD: {VALUE}\n"),
    "a dot before the name": (".env", f".PASSWORD={VALUE}\n"),
    "a name in capitals": (".ENV", f"PASSWORD={VALUE}\n"),
    "a manifest's name in capitals": ("DB.Secret.YAML", f"password: {VALUE}\n"),
    "more than is read": (".env", f"PASSWORD={VALUE}\n#{'-' * (16 << 20)}\n"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_secret_by_its_name_is_found_however_it_is_written(
    name: str, hooked: Hooked
) -> None:
    file, text = INPUTS[name]
    hooked.repo.write({file: text})
    hooked.repo.git("add", ".")
    done = hooked.commit()
    assert done.returncode == 1, done.stdout
    assert done.stdout.startswith(f"{file}:1: the file")


def test_a_path_in_base64_is_followed_by_a_later_commit(hooked: Hooked) -> None:
    hooked.past({"app/kustomization.yaml": "resources: [!!binary ZGIudHh0]\n", "app/db.txt": OTHER})
    hooked.repo.write({"app/db.txt": SECRET})
    hooked.repo.git("add", ".")
    assert VALUE in hooked.run(PROGRAM, "render", "app").stdout
    assert "app/db.txt:5: Secret db, which app renders," in hooked.commit().stdout


def test_what_is_too_large_to_be_rendered_is_refused(hooked: Hooked) -> None:
    """Elsewhere there may be a larger limit."""
    large = SECRET + ("#" * 1000 + "\n") * 17_000
    hooked.repo.write({"app/kustomization.yaml": "resources: [db.txt]\n", "app/db.txt": large})
    hooked.repo.git("add", ".")
    assert hooked.run(PROGRAM, "render", "app").returncode == 2
    done = hooked.commit()
    assert done.returncode == 1
    assert "app/db.txt:1: the file, which is too large to be looked at, may hold" in done.stdout


def test_a_folder_that_does_not_render_keeps_nobody_from_a_commit(hooked: Hooked) -> None:
    """It is said how far it was looked at; a commit that has nothing to do with it says nothing."""
    broken = {"app/kustomization.yaml": "resources: [gone.yaml, s.yaml]\n", "app/s.yaml": SEALED}
    hooked.repo.write(broken)
    hooked.repo.git("add", "--all")
    done = hooked.commit()
    assert done.returncode == 0
    assert done.stdout == (
        "2 files: nothing is in the clear, though a folder does not render: "
        "only the files were looked at there\n"
    )
    hooked.repo.write({"b/kustomization.yaml": "resources: [s.yaml]\n", "b/s.yaml": SEALED})
    hooked.repo.git("add", "--all")
    assert hooked.commit().stdout == "2 files: nothing is in the clear\n"


def test_what_is_elsewhere_is_not_fetched_and_hides_nothing(hooked: Hooked) -> None:
    """A base of another repository counts as empty: ours may be hidden beside it."""
    url = "https://git.example.org/other/repo//base?ref=v1"
    hooked.repo.write(
        {
            "app/kustomization.yaml": f"resources: ['{url}', s.yaml]\n"
            "patches: [{target: {name: db}, path: p}]\n",
            "app/s.yaml": SEALED,
            "app/p": OPERATIONS,
        }
    )
    hooked.repo.git("add", "--all")
    done = hooked.commit()
    assert done.returncode == 1
    assert "app/p:6: Secret db, which app renders, holds password in the clear\n" in done.stdout


def test_either_half_of_a_secret_is_told_when_it_comes(hooked: Hooked) -> None:
    """The file before what names it, what names it before the file, and a link between them."""
    hooked.past({"app/db.txt": SECRET, "app/kustomization.yaml": "resources: [db.txt]\n"})
    told = "app/db.txt:5: Secret db, which app renders, holds password in the clear\n"
    for late in ("app/db.txt", "app/kustomization.yaml"):
        hooked.repo.git("rm", "--quiet", "--cached", late)
        hooked.repo.git("commit", "--quiet", "--no-verify", "--message", "without")
        hooked.repo.git("add", late)
        assert told in hooked.commit().stdout
        hooked.repo.git("commit", "--quiet", "--no-verify", "--message", "with")
    hooked.repo.write({"app/kustomization.yaml": "resources: [link]\n"})
    hooked.past({})
    (hooked.repo.path / "app/link").symlink_to("db.txt")
    hooked.repo.git("add", ".")
    assert told in hooked.commit().stdout


def test_what_a_file_kept_from_rendering_is_told_when_it_goes(hooked: Hooked) -> None:
    """Two kustomizations in a folder are none; without one of them the other counts."""
    form = FORMS["a target's pattern"]
    hooked.add(form)
    hooked.repo.write({"app/kustomization.yml": "{}\n"})
    hooked.repo.git("add", ".")
    hooked.repo.git("commit", "--quiet", "--no-verify", "--message", "two of them")
    hooked.repo.git("rm", "--quiet", "app/kustomization.yml")
    done = hooked.commit()
    assert f"{form.told}: " in done.stdout


def test_what_needs_more_memory_than_there_is_for_it_is_refused(repo: Repo) -> None:
    """It may render where there is more."""
    copies = "".join(f"- {{op: copy, from: /data, path: /data/c{n}}}\n" for n in range(26))
    repo.write(
        {
            "app/kustomization.yaml": "resources: [s.yaml]\npatches: [{target: {}, path: p}]\n",
            "app/s.yaml": SEALED.replace("stringData: {}", "data: {}"),
            "app/p": copies,
        }
    )
    repo.git("add", ".")
    root = str(repo.path)
    with Kernel(memory_limit=96 << 20) as kernel, Renderer(kernel=kernel) as renderer:
        rendering = Rendering(renderer, lambda _: open_tree(root, None, offline=True, staged=True))
        snapshots = Snapshots(root)
        scan = Scanner(snapshots, PlaintextRules(), lambda: rendering).scan(snapshots.staged())
    [found] = scan.found
    assert (found.file, found.what) == ("app/kustomization.yaml", TOO_MUCH)


def test_what_no_runner_names_counts_all_the_same(hooked: Hooked) -> None:
    """pre-commit names the files that are added and changed: no links, and nothing that is gone."""
    files = {"app/k.txt": f"secretGenerator: [{{name: a, literals: [a={VALUE}]}}]\n", "README": "a"}
    hooked.past({**files, "b/kustomization.yaml": "resources: [db]\n", "b/kustomization.yml": ""})
    hooked.past({"b/db": SECRET})
    hooked.repo.write({"README": "b"})
    (hooked.repo.path / "app/kustomization.yaml").symlink_to("k.txt")
    (hooked.repo.path / "b/kustomization.yml").unlink()
    hooked.repo.git("add", "--all")
    done = hooked.run(PROGRAM, "secrets", "forbid", "README")
    assert done.returncode == 1
    assert "app/k.txt:1: " in done.stdout
    assert "b/db:5: " in done.stdout


def test_what_a_merge_puts_together_is_found_in_a_range(hooked: Hooked) -> None:
    """Neither branch renders a Secret, and no file of the merge is new."""
    base = hooked.repo.git("rev-parse", "HEAD")
    hooked.repo.git("checkout", "--quiet", "-b", "side")
    hooked.past({"app/db": SECRET.replace("kind: Secret", "kind: $(KIND)")})
    hooked.repo.git("checkout", "--quiet", "main")
    plain = "- {op: replace, path: /kind, value: Secret}\n"
    hooked.past(
        {
            "app/kustomization.yaml": "resources: [db]\npatches: [{target: {}, path: p}]\n",
            "app/p": plain,
        }
    )
    hooked.repo.git("merge", "--quiet", "--no-edit", "side")
    merge = hooked.repo.git("rev-parse", "HEAD")
    done = hooked.run(PROGRAM, "secrets", "forbid", "--range", f"{base}..HEAD")
    assert done.returncode == 1
    assert f"{merge[:12]}:app/db:5: Secret db, which app renders," in done.stdout


def test_each_commit_of_a_range_is_rendered_as_it_was(hooked: Hooked) -> None:
    """Added and taken away again: it is told once, of the commit that brought it."""
    base = hooked.repo.git("rev-parse", "HEAD")
    bad = hooked.past({"app/kustomization.yaml": "resources: [db.txt]\n", "app/db.txt": SECRET})
    hooked.past({"app/db.txt": SECRET + "# a comment\n"})
    hooked.past({"app/db.txt": SEALED})
    assert hooked.run(PROGRAM, "secrets", "forbid", ".").returncode == 0
    done = hooked.run(PROGRAM, "secrets", "forbid", "--range", f"{base}..HEAD")
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "which app renders" in line]
    assert lines == [
        f"{bad[:12]}:app/db.txt:5: Secret db, which app renders, holds password in the clear"
    ]


def test_the_whole_tree_is_rendered_where_all_of_it_is_asked_for(hooked: Hooked) -> None:
    hooked.past({"app/kustomization.yaml": "resources: [db.txt]\n", "app/db.txt": SECRET})
    done = hooked.run(PROGRAM, "secrets", "forbid", ".")
    assert done.returncode == 1
    assert "app/db.txt:5: Secret db, which app renders, holds password" in done.stdout
    (hooked.repo.path / ".git/hooks/pre-commit").write_text(
        f"#!/bin/sh\nexec {PROGRAM} secrets seal\n"
    )
    hooked.repo.write({"app/db.txt": SECRET + "# a comment\n"})
    hooked.repo.git("add", ".")
    assert hooked.commit().returncode == 1


def test_what_is_allowed_there_or_told_already_is_not_told_again(hooked: Hooked) -> None:
    allowed = "allowed: [{file: app/db.txt, key: password, reason: Made up.}]\n"
    hooked.repo.write(
        {
            "app/kustomization.yaml": "resources: [db.txt]\n",
            "app/db.txt": SECRET,
            ".plaintext-secrets.yaml": allowed,
        }
    )
    hooked.repo.git("add", ".")
    assert hooked.commit().returncode == 0
    old = {"old/kustomization.yaml": "resources: [db.yaml]\n", "old/db.yaml": SECRET}
    hooked.repo.write(old)
    hooked.repo.git("add", ".")
    [told] = [line for line in hooked.commit().stdout.splitlines() if line.startswith("old/")]
    assert told == "old/db.yaml:5: Secret db holds password in the clear"
    hooked.repo.git("commit", "--quiet", "--no-verify", "--message", "all the same")
    hooked.repo.write({"old/kustomization.yaml": "resources: [db.yaml]\nnamePrefix: x-\n"})
    hooked.repo.git("add", ".")
    assert hooked.commit().returncode == 0, "what was there before is another commit's"
