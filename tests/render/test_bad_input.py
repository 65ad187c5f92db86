"""What a folder that cannot be rendered gets: one sentence at its place, and what to do.

The cases are in bad_input/, for reading: after === what is wrong, after --- a file of the
folder app, and after >>> the error as it is printed. Each must fail in the real kustomize, too.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.errors import RenderError
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import too_large
from reconciler.trees.worktree import WorkTree

# In every object of the cases; no error may repeat it.
SECRET = "hunter2-hunter2"
CONFIG = f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  password: {SECRET}
"""
DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        env:
        - name: PASSWORD
          value: {SECRET}
"""
OBJECTS = {"app/config.yaml": CONFIG, "app/web.yaml": DEPLOYMENT}

Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]


class Case(NamedTuple):
    files: Mapping[str, str | bytes]
    error: list[str]


def cases(path: Path) -> Iterator[tuple[str, Case]]:
    for text in path.read_text().split("=== ")[1:]:
        title, _, rest = text.partition("\n")
        body, *errors = re.split(r"^>>> (.*)\n", rest, flags=re.MULTILINE)
        parts = re.split(r"^--- (\S+)\n", body, flags=re.MULTILINE)[1:]
        files = {
            os.path.normpath(f"app/{name}"): content.rstrip("\n") + "\n" if content else ""
            for name, content in zip(parts[::2], parts[1::2], strict=True)
        }
        about_the_folder = "app" in files or not any(p.startswith("app/k") for p in files)
        yield title, Case(files if about_the_folder else OBJECTS | files, errors[::2])


WRITTEN = {
    f"{path.stem}: {title}": case
    for path in sorted((Path(__file__).parent / "bad_input").glob("*.txt"))
    for title, case in cases(path)
}
FAILING = {name: case for name, case in WRITTEN.items() if case.error}
HARMLESS = {name: case for name, case in WRITTEN.items() if not case.error}


def in_memory(files: Mapping[str, str | bytes]) -> MemoryTree:
    return MemoryTree({p: c if isinstance(c, bytes) else c.encode() for p, c in files.items()})


def on_disk(files: Mapping[str, str | bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "app"


def failure(kernel: Kernel, files: Mapping[str, str | bytes]) -> RenderError:
    with pytest.raises(RenderError) as caught:
        kernel.render(in_memory(files), "app", DEFAULTS).result()
    assert caught.value.exit_code == 2
    assert SECRET not in "\n".join([*caught.value.lines(), caught.value.detail])
    return caught.value


@pytest.mark.parametrize("name", FAILING)
def test_the_error_says_what_is_wrong_where_and_what_to_do(name: str, kernel: Kernel) -> None:
    kernel.start()
    starts = kernel.starts
    assert failure(kernel, FAILING[name].files).lines() == FAILING[name].error
    assert kernel.starts == starts


# Endless for kustomize, asked of a network, or something that is refused here alone.
OURS = re.compile(r"aliases|alias inside|holds itself|Git LFS as an object|a remote")


@pytest.mark.parametrize("name", [name for name in FAILING if not OURS.search(name)])
def test_it_fails_in_kustomize_too(name: str, tmp_path: Path, kustomize: Kustomize) -> None:
    assert kustomize(on_disk(FAILING[name].files, tmp_path)).returncode != 0


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_wrong_is_rendered_as_kustomize_does(
    name: str, kernel: Kernel, tmp_path: Path, kustomize: Kustomize
) -> None:
    files = HARMLESS[name].files
    expected = kustomize(on_disk(files, tmp_path))
    assert expected.returncode == 0
    found = kernel.render(in_memory(files), "app", DEFAULTS).result().manifest
    assert found == expected.stdout


def resource(content: str | bytes) -> dict[str, str | bytes]:
    return {"app/kustomization.yaml": "resources: [r.yaml]\n", "app/r.yaml": content}


def kustomization(content: str | bytes) -> dict[str, str | bytes]:
    return {"app/kustomization.yaml": content}


NOT_TEXT = "this is not text in UTF-8, or holds control characters"
TOO_DEEP = "values are nested more than 10,000 deep"
DEEP = 100_000


@pytest.mark.parametrize(
    ("files", "where", "what"),
    [
        (resource(bytes(range(256))), "app/r.yaml:1:1", NOT_TEXT),
        (resource(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "app/r.yaml:1:1", NOT_TEXT),
        (resource(b"\x1f\x8b\x08\0" + bytes(range(99))), "app/r.yaml:1:1", NOT_TEXT),
        (resource(CONFIG.encode("utf-16-be")), "app/r.yaml:1:1", NOT_TEXT),
        (resource(CONFIG.encode("utf-32")), "app/r.yaml:1:1", NOT_TEXT),
        (resource(f"{CONFIG}  more: é\n".encode("latin-1")), "app/r.yaml:7:9", NOT_TEXT),
        (resource(f"{CONFIG}  more: a\0b\n"), "app/r.yaml:7:10", NOT_TEXT),
        (resource(CONFIG.replace("pass", "pass\a")), "app/r.yaml:6:7", NOT_TEXT),
        (kustomization(bytes(range(256))), "app/kustomization.yaml:1:1", NOT_TEXT),
        (kustomization(b"namePrefix: a\0b\n"), "app/kustomization.yaml:1:14", NOT_TEXT),
        (resource(CONFIG + "x: " + "[" * DEEP), "app/r.yaml:7:1", TOO_DEEP),
        (resource(CONFIG + "x: " + "[" * DEEP + "]" * DEEP), "app/r.yaml:7:1", TOO_DEEP),
        (resource("{a: " * DEEP + "}" * DEEP), "app/r.yaml:1:1", TOO_DEEP),
        (resource("- " * DEEP + "a"), "app/r.yaml:1:1", TOO_DEEP),
        (kustomization("x: " + "[" * DEEP), "app/kustomization.yaml:1:1", TOO_DEEP),
    ],
)
def test_what_is_not_even_text_is_told_in_the_same_way(
    files: dict[str, str | bytes], where: str, what: str, kernel: Kernel
) -> None:
    found = failure(kernel, files)
    assert (str(found.where), found.what) == (where, what)
    assert found.hint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings_that_yaml_has_are_read_as_by_kustomize(
    encoding: str, kernel: Kernel, tmp_path: Path, kustomize: Kustomize
) -> None:
    files = resource(CONFIG.encode(encoding))
    expected = kustomize(on_disk(files, tmp_path)).stdout
    assert kernel.render(in_memory(files), "app", DEFAULTS).result().manifest == expected != b""


def test_an_env_file_that_is_not_utf8_is_named(kernel: Kernel) -> None:
    generator = "secretGenerator:\n- name: c\n  envs: [a.env]\n"
    files = kustomization(generator) | {"app/a.env": f"a={SECRET}\nb=".encode() + b"\xff\n"}
    found = failure(kernel, files)
    assert str(found) == "app/kustomization.yaml:3:10: a.env is not text in UTF-8"


def test_a_file_over_the_limit_is_named_by_who_asked_for_it(kernel: Kernel, tmp_path: Path) -> None:
    folder = on_disk(resource(""), tmp_path)
    with open(folder / "r.yaml", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(RenderError) as caught:
        kernel.render(WorkTree(str(tmp_path)), "app", DEFAULTS).result()
    refused = too_large(1 << 30, 16 << 20)
    assert caught.value.lines() == [
        f"app/kustomization.yaml:1:13: r.yaml: {refused.why}",
        f"to do: {refused.hint}",
    ]


def test_an_error_in_a_large_folder_does_not_take_long(kernel: Kernel) -> None:
    """Once, a file with some thousand texts in it made every error beside it take minutes."""
    texts = "".join(f"  k{i}: |\n    a: {i}\n" for i in range(3000))
    files = resource(CONFIG + texts)
    files["app/kustomization.yaml"] = "resources: [r.yaml, nothing.yaml]\n"
    assert failure(kernel, files).what == "nothing.yaml does not exist"


LINKS: dict[str, tuple[dict[str, str], str]] = {
    "out of the tree": (
        {"app/r.yaml": "../../../etc/passwd"},
        "app/kustomization.yaml:1:13: r.yaml: the symbolic link app/r.yaml points to"
        " ../../../etc/passwd, outside of the tree",
    ),
    "to an absolute path": (
        {"app/r.yaml": "/etc/passwd"},
        "app/kustomization.yaml:1:13: r.yaml: the symbolic link app/r.yaml points to"
        " /etc/passwd, outside of the tree",
    ),
    "in a circle": (
        {"app/r.yaml": "s.yaml", "app/s.yaml": "r.yaml"},
        "app/kustomization.yaml:1:13: r.yaml: this symbolic link leads back to itself",
    ),
    "to nothing": (
        {"app/r.yaml": "nothing.yaml"},
        "app/kustomization.yaml:1:13: r.yaml leads through the symbolic link app/r.yaml to"
        " nothing.yaml, which does not exist",
    ),
    "to another folder": (
        {"app/r.yaml": "../other/r.yaml"},
        "app/kustomization.yaml:1:13: r.yaml is outside of app, and a kustomization reads files"
        " from its own folder only",
    ),
}


@pytest.mark.parametrize("where", LINKS)
def test_a_link_that_leads_nowhere_good_is_named(where: str, kernel: Kernel) -> None:
    links, message = LINKS[where]
    files = {"app/kustomization.yaml": b"resources: [r.yaml]\n", "other/r.yaml": CONFIG.encode()}
    with pytest.raises(RenderError) as caught:
        kernel.render(MemoryTree(files, links), "app", DEFAULTS).result()
    assert str(caught.value) == message
    assert caught.value.hint
