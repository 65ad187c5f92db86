"""What a commit would hold and what commits hold, as Git itself sees it.

A hook runs in the middle of git commit, which may have made an index of its own for it and knows
more forms of an index than other readers do. So Git is asked, and not the library.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from reconciler.errors import RepositoryError
from reconciler.git.command import run_git
from reconciler.git.pushes import NewCommits, commit_called
from reconciler.git.revisions import range_in_full
from reconciler.model.paths import folders_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FILES = ("100644", "100755")
LINK = "120000"
RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules")

SHALLOW = "fetch the whole history, of both branches: in CI with fetch-depth: 0"

# No manifest is larger: a cluster stores 1.5 MiB in an object.
MAX_FILE_BYTES = 16 << 20
BATCH_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index, or a commit by its name: which of its files are new, by path and blob.

    Beside these, links that are new, and what is gone.
    """

    commit: str
    changed: Mapping[str, str]
    others: frozenset[str] = frozenset()
    merge: bool = False

    @property
    def touched(self) -> frozenset[str]:
        return self.others.union(self.changed)


class Snapshots:
    """Reads a repository through git; links and submodules are not among the files."""

    def __init__(self, root: str) -> None:
        self.root = root

    def head(self) -> str:
        """The last commit; "" if there is none yet."""
        return commit_called(self.root, "HEAD")

    def staged(self) -> Snapshot:
        """What the next commit changes."""
        before = self.head() or self._git("hash-object", "-t", "tree", os.devnull).decode().strip()
        told = self._git("diff-index", "--cached", *RAW, before)
        return _snapshot("", _changes(told))

    def indexed(self, paths: Sequence[str]) -> Snapshot:
        """These files and folders, as the next commit holds them.

        Git is not asked for paths: what it takes them for depends on variables of others.
        """
        named = frozenset(paths)
        found = {item: named.intersection(_with_folders(item[0])) for item in self.listing("")}
        self._check_known(named.difference(*found.values()))
        chosen = [item for item, names in found.items() if names]
        return _snapshot("", chosen)

    def _check_known(self, missing: frozenset[str]) -> None:
        """What is named and not found, the next commit takes away; or it is a mistake."""
        for name in ("HEAD", "MERGE_HEAD"):
            if missing and (commit := commit_called(self.root, name)):
                before = (_with_folders(path) for path, _, _ in self.listing(commit))
                missing = missing.difference(*before)
        if missing:
            raise RepositoryError(
                f"{min(missing)} is not in the index, and not in the last commit",
                why="only files that Git knows are looked at",
                hint="git add it first, or correct the name",
            )

    def commits(self, revisions: Sequence[str]) -> Iterator[Snapshot]:
        """Each commit of a range, the oldest first; a merge changes what is as in no parent."""
        order = ("--reverse", "--topo-order", "--parents")
        names = self._git("rev-list", *order, *revisions, "--", hint=SHALLOW)
        if not names:
            return
        told = self._git("diff-tree", "--stdin", "--root", "-c", "-r", *RAW, given=names)
        parents = {line.split()[0]: line.split()[1:] for line in names.decode().splitlines()}
        changed: dict[str, list[bytes]] = {name: [] for name in parents}
        fields: list[bytes] = []
        for field in told.split(b"\0"):
            if not field.startswith(b":") and len(fields) % 2 == 0:
                fields = changed.get(field.decode(errors="replace"), fields)
            else:
                fields.append(field)
        for name, found in changed.items():
            changes = _changes(b"\0".join([*found, b""]))
            yield _snapshot(name, changes, merge=len(parents[name]) > 1)

    def range(self, typed: str) -> NewCommits:
        """The commits that A..B, or a revision alone, stands for."""
        typed = self._in_full(typed)
        _, dots, last = typed.rpartition("..")
        name = last if dots else typed
        last = f"{name or 'HEAD'}^{{commit}}"
        found = self._git("rev-parse", "--verify", "--end-of-options", last, hint=SHALLOW)
        return NewCommits(found.decode().split()[-1], ("--end-of-options", typed))

    def _in_full(self, typed: str) -> str:
        def known(name: str) -> bool:
            return bool(self._git("show-ref", "--verify", name, may_fail=True))

        return range_in_full(typed, known)

    def files(self, commit: str) -> dict[str, str]:
        """All files, by path and blob."""
        return {path: blob for path, mode, blob in self.listing(commit) if mode in FILES}

    def listing(self, commit: str) -> Iterator[tuple[str, str, str]]:
        """All that there is, by path, mode and blob."""
        if commit:
            return _listing(self._git("ls-tree", "-r", "-z", "--full-tree", commit))
        return _listing(self._git("ls-files", "--stage", "-z"))

    def store(self, content: bytes) -> str:
        """Keep a content, of which the name is returned; nothing refers to it yet."""
        stored = self._git("hash-object", "-w", "--no-filters", "--stdin", given=content)
        return stored.decode().strip()

    def stage(self, blobs: Mapping[str, str | None]) -> None:
        """Change the index in one step; what has no blob any more is only no longer staged."""
        modes = {path: mode for path, mode, _ in self.listing("")}
        lines = (
            f"0 {'0' * 40}\t{path}\0"
            if blob is None
            else f"{modes.get(path, FILES[0])} {blob}\t{path}\0"
            for path, blob in blobs.items()
        )
        given = os.fsencode("".join(lines))
        self._git("update-index", "-z", "--add", "--remove", "--index-info", given=given)

    def read(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """The content of each blob; none of one that is too large to be looked at."""
        wanted = list(dict.fromkeys(blobs))
        sizes = self._git("cat-file", "--batch-check", given=_lines(wanted)).split(b"\n")
        batch: list[str] = []
        total = 0
        for blob, about in zip(wanted, sizes, strict=False):
            size = self._size(blob, about)
            if size > MAX_FILE_BYTES:
                yield blob, None
                continue
            if total + size > BATCH_BYTES:
                yield from self._contents(batch)
                batch, total = [], 0
            batch.append(blob)
            total += size
        yield from self._contents(batch)

    def _contents(self, blobs: list[str]) -> Iterator[tuple[str, bytes]]:
        told = self._git("cat-file", "--batch", given=_lines(blobs))
        begin = 0
        for blob in blobs:
            head, begin = told[begin : (end := told.index(b"\n", begin))], end + 1
            size = self._size(blob, head)
            yield blob, told[begin : begin + size]
            begin += size + 1

    def _size(self, blob: str, about: bytes) -> int:
        kind, _, size = about.partition(b" ")[2].partition(b" ")
        if kind != b"blob":
            raise RepositoryError(
                f"the object {blob} cannot be read in {self.root}",
                hint="git fsck shows what else is missing; fetch into a new clone",
            )
        return int(size)

    def _git(
        self, *words: str, given: bytes = b"", may_fail: bool = False, hint: str = ""
    ) -> bytes:
        return run_git(self.root, *words, given=given, may_fail=may_fail, hint=hint, in_hook=True)


def _with_folders(path: str) -> Iterator[str]:
    """A path, and the folders that it is in up to the root."""
    yield path
    yield from folders_above(path)
    yield "."


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _snapshot(
    commit: str, found: Iterable[tuple[str, str, str]], *, merge: bool = False
) -> Snapshot:
    items = list(found)
    changed = {path: blob for path, mode, blob in items if mode in FILES}
    others = frozenset(path for path, mode, _ in items if mode not in FILES)
    return Snapshot(commit, changed, others, merge)


def _changes(raw: bytes) -> Iterator[tuple[str, str, str]]:
    """Path, mode and blob of each file, from lines with a colon for each tree compared with."""
    fields = iter(raw.split(b"\0")[:-1])
    for about in fields:
        path = next(fields)
        parents = len(about) - len(about.lstrip(b":"))
        words = about[parents:].decode().split(" ")
        yield os.fsdecode(path), words[parents], words[2 * parents + 1]


def _listing(raw: bytes) -> Iterator[tuple[str, str, str]]:
    """Path, mode and blob, from what ls-files and ls-tree list."""
    for line in raw.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, first, second = about.decode().split(" ")
        yield os.fsdecode(path), mode, second if first in ("blob", "commit") else first
