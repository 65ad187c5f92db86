"""What a render reads from: a tree of files that does not change while it is looked at."""

from __future__ import annotations

from itertools import count

from reconciler.errors import RepositoryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final, Protocol

    class PinnedCommits(Protocol):
        """Other commits as part of a tree: what paths with // lead to."""

        def look(self, path: str, limit: int) -> TreeEntry: ...

        def has(self, path: str) -> bool: ...

        def fetch(self, path: str, limit: int) -> tuple[TreeEntry, bytes]: ...


FILE: Final = "file"
FOLDER: Final = "folder"
LINK: Final = "link"
MISSING: Final = "missing"
REFUSED: Final = "refused"

LFS_HEADER: Final = b"version https://git-lfs.github.com/spec/"
LFS_POINTER_BYTES: Final = 1024

# No system opens a file under a longer one, and none under one that holds NUL.
MAX_PATH_CHARACTERS: Final = 4096

_numbers = count(1)


class TreeEntry:
    """What is at one path. Two entries with equal tokens are the same to a render."""

    __slots__ = ("at", "hint", "kind", "target", "token", "why")

    def __init__(
        self,
        kind: str,
        token: str,
        *,
        at: str = "",
        target: str = "",
        why: str = "",
        hint: str = "",
    ) -> None:
        self.kind = kind
        self.token = token
        self.at = at
        self.target = target
        self.why = why
        self.hint = hint


NOTHING = TreeEntry(MISSING, "-")
A_FOLDER = TreeEntry(FOLDER, "/")


def a_file(blob_id: str) -> TreeEntry:
    return TreeEntry(FILE, blob_id)


def a_link(at: str, target: str) -> TreeEntry:
    if not is_utf8(target):
        return refusal(
            "the symbolic link points to a name that is not UTF-8", "rename what it points to"
        )
    if "\0" in target or len(target) > MAX_PATH_CHARACTERS:
        return refusal("the symbolic link points to what cannot be the name of a file", "remove it")
    return TreeEntry(LINK, f"> {len(at)} {at} {target}", at=at, target=target)


def is_utf8(name: str) -> bool:
    """Does this name, as Python decodes it from the system, come from UTF-8?"""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def refusal(why: str, hint: str = "") -> TreeEntry:
    return TreeEntry(REFUSED, f"! {why}", why=why, hint=hint)


def submodule() -> TreeEntry:
    return refusal(
        "this is a Git submodule, and its files are not part of this repository",
        "copy the files in",
    )


def too_large(size: int, limit: int) -> TreeEntry:
    return refusal(
        f"the file has {size:,} bytes, more than the {limit:,} that are read",
        "keep large files out of manifests, or raise --max-file-size",
    )


def lfs_pointer() -> TreeEntry:
    return refusal(
        "the file is a Git LFS pointer, and its content is not in the repository",
        "commit the file itself: git lfs untrack it, or run git lfs pull for a work tree",
    )


class Tree:
    """A snapshot: each path is looked at once, and keeps its first answer.

    Paths are relative, with slashes, and "" is the tree itself. Subclasses say
    what is at a path whose parent is a folder, and what a file holds. Paths with // lead
    to other commits, and `pins` follows them.
    """

    max_file_size = 16 << 20
    pins: PinnedCommits | None = None
    # For whom it is read: a project, and one of its applications.
    owner: tuple[str, str] = ("", "")

    def __init__(self) -> None:
        self.number = next(_numbers)
        self._seen: dict[str, TreeEntry] = {"": A_FOLDER}
        self._led: dict[str, TreeEntry] = {}

    def look(self, path: str) -> TreeEntry:
        """What is at this path; for a path that leads through a link, that link."""
        known = self._seen.get(path)
        if known is not None:
            return known
        if "//" not in path:
            return self._seen.setdefault(path, self._first_look(path))
        if path not in self._led:
            self._led.setdefault(path, self._elsewhere(path))
        return self._led[path]

    def _first_look(self, path: str) -> TreeEntry:
        if len(path) > MAX_PATH_CHARACTERS or "\0" in path:
            return NOTHING
        unknown = [path]
        while (above := unknown[-1].rpartition("/")[0]) not in self._seen:
            unknown.append(above)
        found = self._seen[above]
        for inside in reversed(unknown):
            if found.kind != FOLDER:  # of the paths below, only the one that is asked for is kept
                below = found if found.kind in (LINK, REFUSED) else NOTHING
                return self._seen.setdefault(path, below)
            found = self._seen.setdefault(inside, self._probe(inside))
        return found

    def fetch(self, path: str) -> tuple[TreeEntry, bytes]:
        """What is at this path, with the content if it is a file."""
        if self.pins and "//" in path:
            return self.pins.fetch(path, self.max_file_size)
        entry = self.look(path)
        if entry.kind != FILE:
            return entry, b""
        entry, content = self._load(path, entry)
        if len(content) < LFS_POINTER_BYTES and content.startswith(LFS_HEADER):
            return lfs_pointer(), b""
        return entry, content

    def _elsewhere(self, path: str) -> TreeEntry:
        if self.pins is None:
            return refusal(
                "it is remote, and no repository's URLs are followed here",
                "copy it into the repository",
            )
        return self.pins.look(path, self.max_file_size)

    def files(self) -> Iterator[str]:
        """Every file's path, without reading any."""
        raise NotImplementedError

    def names(self, folder: str) -> list[str]:
        """What a folder holds, sorted; nothing is looked at. Empty for all that is no folder."""
        return self._names(folder) if self.look(folder).kind == FOLDER else []

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        """The content of a file, or why it is not served after all."""
        raise NotImplementedError

    def _probe(self, path: str) -> TreeEntry:
        raise NotImplementedError

    def _names(self, folder: str) -> list[str]:
        raise NotImplementedError


def names_by_folder(paths: Iterable[str]) -> dict[str, set[str]]:
    """What is in each folder that must exist for these paths to."""
    found: dict[str, set[str]] = {}
    for path in paths:
        while path:
            folder, _, name = path.rpartition("/")
            names = found.setdefault(folder, set())
            if name in names:
                break
            names.add(name)
            path = folder
    return found


def checked_path(path: str) -> str:
    """A path as given by a user, made relative and clean, or an error."""
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                raise RepositoryError(
                    f"{path} is outside the tree", hint="name a folder inside the repository"
                )
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
