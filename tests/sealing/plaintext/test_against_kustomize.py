"""Held against Kustomize: what it renders in the clear is found, however it came to be.

RECONCILER_FUZZ=100000 makes the hunt as long as that.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.git.snapshots import FILES, LINK, Snapshot, Snapshots
from reconciler.model.plaintext import PlaintextRules
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Render, Renderer
from reconciler.sealing.plaintext.contents import FileContents
from reconciler.sealing.plaintext.found import Plaintext, mark_of
from reconciler.sealing.plaintext.not_secret import content_of
from reconciler.sealing.plaintext.reach import Reach
from reconciler.sealing.plaintext.rendered import Rendering
from reconciler.sealing.plaintext.scan import Scan, Scanner
from reconciler.sealing.plaintext.snapshot_files import SnapshotLayout
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import FILE
from reconciler.trees.tree import LINK as A_LINK
from tests.sealing.plaintext.repositories import VALUE, Builder, Repository, encoded

HUNT = int(os.environ.get("RECONCILER_FUZZ", "0"))
TOLD_AFTER = 1000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(0 if HUNT else 300)]
NOTHING = PlaintextRules()


class InMemory(Snapshots):
    """The index of a repository that was made up: blobs are called as the files are."""

    def __init__(self, made: Repository) -> None:
        super().__init__("")
        self.made = made

    def listing(self, commit: str) -> Iterator[tuple[str, str, str]]:
        for path in self.made.files:
            yield path, FILES[0], path
        for path in self.made.links:
            yield path, LINK, f"{path} is a link"

    def read(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        for blob in blobs:
            link = self.made.links.get(blob.removesuffix(" is a link"))
            yield blob, self.made.files[blob] if link is None else link.encode()


def tree_of(made: Repository) -> MemoryTree:
    return MemoryTree(made.files, made.links)


def scanned(made: Repository, kernel: Kernel, touched: Iterable[str] | None = None) -> Scan:
    rendering = Rendering(Renderer(kernel=kernel), lambda _: tree_of(made))
    scanner = Scanner(InMemory(made), NOTHING, lambda: rendering)
    paths = [*made.files, *made.links] if touched is None else list(touched)
    changed = {path: path for path in paths if path in made.files}
    return scanner.scan(Snapshot("", changed, frozenset(p for p in paths if p in made.links)))


def renders(made: Repository, kernel: Kernel) -> list[Render]:
    layout = SnapshotLayout(made.files_by_blob(), made.links)
    folders = sorted({path.rpartition("/")[0] for path in layout.kustomizations()})
    return Renderer(kernel=kernel).render_all(tree_of(made), folders)


def in_the_clear(render: Render) -> Iterator[tuple[str, bytes, str]]:
    """The key, the content and what is secret of it, for all Secrets, by another reader."""
    for found in yaml.load_all(render.manifest, yaml.CSafeLoader):
        yield from _in_the_clear(found)


def _in_the_clear(found: Any) -> Iterator[tuple[str, bytes, str]]:
    if not isinstance(found, dict):
        return
    if found.get("kind") in ("Secret", b"Secret") and found.get("apiVersion") == "v1":
        for field in ("data", "stringData"):
            data = found.get(field)
            for key, value in data.items() if isinstance(data, dict) else ():
                raw = value if isinstance(value, bytes) else str(value).encode()
                content = content_of(raw.decode(errors="replace"), field)
                for part in {raw, content}:
                    for secret in VALUE.findall(part.decode(errors="replace")):
                        yield key, content, secret
    for item in found.get("items") or ():
        yield from _in_the_clear(item)


def tells(
    found: Iterable[Plaintext], made: Repository, key: str, content: bytes, value: str
) -> bool:
    """Is it one of the values that are told of, or of this name in the file that it is in?"""
    for plaintext in found:
        names = [k.name for k in plaintext.keys] or [key]
        if any(mark_of(content) in k.marks for k in plaintext.keys):
            return True
        text = text_of(made, plaintext.file)
        if key in names and (value in text or encoded(value) in text):
            return True
    return False


def text_of(made: Repository, file: str) -> str:
    return made.files.get(file, b"").decode(errors="replace")


def check(choose: random.Random, kernel: Kernel) -> int:
    """How many values came out of a repository, of which each was found."""
    made = Builder(choose).repository()
    rendered = renders(made, kernel)
    found = scanned(made, kernel).found
    values = 0
    for render in rendered:
        for key, content, value in in_the_clear(render):
            values += 1
            assert tells(found, made, key, content, value), (render.path, key, value, made, found)
    said = "".join(map(str, found)) + repr(found)
    assert not VALUE.search(said), said
    check_reach(made, rendered)
    check_a_change(choose, made, rendered, kernel)
    return values


def check_reach(made: Repository, rendered: Iterable[Render]) -> None:
    """What a render looks at was thought of before; and no Secret comes out unexpected."""
    layout = SnapshotLayout(made.files_by_blob(), made.links)
    reach = Reach(layout, layout.kustomizations(), FileContents(InMemory(made), NOTHING))
    tree = tree_of(made)
    for render in rendered:
        looked_at = {p for p in render.paths if "//" not in p and tree.look(p).kind == FILE}
        assert looked_at <= reach.files(render.path), (render.path, looked_at, made)
        links = {tree.look(p).at for p in render.paths if tree.look(p).kind == A_LINK}
        for path in looked_at | links:
            assert render.path in reach.affected([path]), (render.path, path, made)
        if b"kind: Secret" in render.manifest:
            assert reach.may_make_secrets(render.path), (render.path, made)


def check_a_change(
    choose: random.Random, made: Repository, rendered: Iterable[Render], kernel: Kernel
) -> None:
    """With one file that changed: what it is rendered to, unless it was there to be found."""
    changed = choose.choice(sorted(made.files))
    found = scanned(made, kernel, [changed]).found
    for render in rendered:
        if changed in render.paths:
            for key, content, value in in_the_clear(render):
                if value in text_of(made, changed):
                    assert tells(found, made, key, content, value), (
                        changed,
                        key,
                        value,
                        made,
                        found,
                    )


@given(choose=st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_what_kustomize_renders_in_the_clear_is_found(
    choose: random.Random, kernel: Kernel
) -> None:
    check(choose, kernel)


def test_a_long_hunt_finds_nothing_that_is_not_found(kernel: Kernel) -> None:
    """And it is worth its time: most repositories render, and many to a Secret with a value."""
    begin = random.SystemRandom().randrange(1 << 40) if HUNT else 0
    values = 0
    for number in range(HUNT or 100):
        try:
            values += check(random.Random(begin + number), kernel)
        except AssertionError as e:
            raise AssertionError(f"seed {begin + number}: {e}") from e
        if HUNT and number % TOLD_AFTER == 0:
            print(f"{number} repositories from {begin}, {values} values", flush=True)
    assert values > 20
