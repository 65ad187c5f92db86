"""Other commits as part of a tree: what a kustomization names by a repository's URL.

To a render such a URL is a symbolic link. Its paths hold //, which no path of a tree does:

FILE//REPOSITORY//FOLDER?ref=REF    what FILE names by a URL: a link to a commit
//COMMIT/PATH                       what that commit holds

As a link it fits what trees and closures know already: its token is the commit, which stands for
all that is in it, so a cached render of a pinned app opens no repository. The file is a part of
the path because an error must name the line that asks, and the same URL in two files asks twice.

A URL must not decide where Git goes with the reader's credentials: whoever opens a pull request
writes it. So what could send Git elsewhere counts as the main branch lists it, and not the tree
that is rendered. That list is asked for last, because to know the main branch is to open Git's
library, which takes longer than a cached render. And a meaning is settled once: a branch that moves
between two reads must not give one render two commits.
"""

from __future__ import annotations

from _thread import allocate_lock  # threading takes milliseconds to import

from reconciler.errors import ReconcilerError, RepositoryError
from reconciler.git.addresses import address, is_full_name, remote_urls, without_user
from reconciler.trees.tree import LINK, TreeEntry, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.git.mirrors import Mirrors
    from reconciler.git.names import CommitId
    from reconciler.git.repository import Repository
    from reconciler.trees.commit import CommitTree
    from reconciler.trees.tree import Tree


class RepositoryReference:
    """A folder of a repository, and the file that names it."""

    __slots__ = ("file", "folder", "ref", "repository")

    def __init__(self, path: str) -> None:
        """From the path that a tree knows it by."""
        file_ends = path.index("//", 1)
        self.file = path[:file_ends]
        before, _, self.ref = path[file_ends + 2 :].partition("?ref=")
        self.repository, _, self.folder = before.rpartition("//")

    @property
    def url(self) -> str:
        return f"{self.repository}//{self.folder}" + (f"?ref={self.ref}" if self.ref else "")

    @property
    def exact(self) -> bool:
        """Is it a commit's full name, which means the same forever?"""
        return is_full_name(self.ref)


def is_reference(path: str) -> bool:
    return path.find("//", 1) > 0


class PinnedCommit:
    """A URL that a render followed, and where it led."""

    __slots__ = ("commit", "exact", "file", "url")

    def __init__(self, file: str, url: str, commit: str, exact: bool) -> None:
        self.file = file
        self.url = url
        self.commit = commit
        self.exact = exact


def pins_of(tree: Tree, paths: Iterable[str]) -> list[PinnedCommit]:
    """The URLs in a render's closure; in a pinned commit's own files, too."""
    found = []
    for path in paths:
        if is_reference(path):
            reference = RepositoryReference(path)
            commit = tree.look(path).target
            found.append(PinnedCommit(reference.file, reference.url, commit, reference.exact))
    return found


class Pins:
    """Follows the URLs of one repository, and of the others that are allowed.

    This repository is what its origin says. By which other URLs its files call it, `called` gives,
    and `trusted` further ones of it, and those of other repositories of which whole commits are
    followed: each is asked only if that before it is not enough. What is not here is fetched if
    there are mirrors to fetch into. A commit's full name means itself, so finding where it leads
    opens nothing. `foreign` may know better than here why a URL is none of these.
    """

    def __init__(
        self,
        root: str | None,
        trusted: Callable[[], tuple[Iterable[str], Iterable[str]]] | None = None,
        mirrors: Callable[[], Mirrors] | None = None,
        foreign: Callable[[str], TreeEntry | None] | None = None,
        called: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        self.root = root
        self._explained = foreign
        self._called = called
        self._trusted = trusted
        self._listing = allocate_lock()
        self._mirrors = mirrors
        self._origin = ""
        self._own: set[str] = set()
        self._others: dict[str, str] = {}
        if root:
            self._add(remote_urls(root))
        self._repository: Repository | None = None
        self._meanings: dict[tuple[str, str], str | TreeEntry] = {}
        self._commits: dict[str, CommitTree] = {}
        self._refused: dict[tuple[str, str], TreeEntry] = {}

    def look(self, path: str, limit: int) -> TreeEntry:
        """Where a reference leads, whether that is here or not.

        The limit on the size of files is a part of what it means.
        """
        if not is_reference(path):
            return self.fetch(path, limit)[0]
        reference = RepositoryReference(path)
        called = (reference.repository, reference.ref)
        if called not in self._meanings:
            self._meanings.setdefault(called, self._meaning(reference))
        found = self._meanings[called]
        if isinstance(found, TreeEntry):
            return found
        return TreeEntry(LINK, f"@ {found} {limit}", at=path, target=found)

    def has(self, path: str) -> bool:
        """Does this reference lead to a commit that was looked for before, and is here?"""
        reference = RepositoryReference(path)
        return self._meanings.get((reference.repository, reference.ref)) in self._commits

    def fetch(self, path: str, limit: int) -> tuple[TreeEntry, bytes]:
        """Where a reference leads, once that is here; or what is at a path in a commit."""
        if is_reference(path):
            entry = self.look(path, limit)
            if entry.kind == LINK:
                entry = self._missing(path, entry.target) or entry
            return entry, b""
        name, _, inside = path.removeprefix("//").partition("/")
        if name not in self._commits:
            self._commits[name] = self._find(name)
        self._commits[name].max_file_size = limit
        return self._commits[name].fetch(inside)

    def _meaning(self, reference: RepositoryReference) -> str | TreeEntry:
        """The name of a commit, or why there is none."""
        place = address(reference.repository)
        if place not in self._own:
            try:
                self._learn(place)
                if place not in self._own and place not in self._others:
                    return self._foreign(reference.repository)
            except ReconcilerError as e:
                return refusal(str(e), e.hint)
        if reference.exact:
            return reference.ref.lower()
        if place not in self._own:
            return refusal(
                "a URL of another repository must name a whole commit",
                "write the commit's 40 characters after ?ref=",
            )
        try:
            commit = self._get(reference.ref, place)
        except RepositoryError as e:
            return refusal(e.what, e.hint)
        self._commits[commit.commit] = commit
        return commit.commit

    def _learn(self, place: str) -> None:
        """Each once; who asks meanwhile, as another thread of the same render may, waits for it."""
        with self._listing:
            if self._called:
                self._add(self._called())
                self._called = None
            if place not in self._own and self._trusted:
                own, others = self._trusted()
                self._add(own if self.root else ())
                self._others = {address(url): url for url in others}
                self._trusted = None

    def _add(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._origin = self._origin or url
            self._own.add(address(url, self.root or "/"))

    def _foreign(self, url: str) -> TreeEntry:
        explained = self._explained(url) if self._explained else None
        if explained:
            return explained
        if self.root is None:
            return refusal(
                "these files are in no Git repository that the URL could be read from",
                "render in a clone of the repository that the URL names",
            )
        if not self._origin:
            return refusal(
                "this repository has no remote called origin, so no URL is known to be its own",
                "git remote add origin URL, with the part of this URL before the //",
            )
        return refusal(
            f"it is another repository than this one, which is {without_user(self._origin)}",
            "list it under remotes in environment.yaml, copy the folder in, or if it is the same "
            "repository, name it by that URL",
        )

    def _missing(self, path: str, name: str) -> TreeEntry | None:
        """Why a commit is not here, after all that can be done about it."""
        place = address(RepositoryReference(path).repository)
        if name in self._commits or (name, place) in self._refused:
            return self._refused.get((name, place))
        try:
            self._commits[name] = self._get(name, place)
        except RepositoryError as e:
            return self._refused.setdefault((name, place), refusal(e.what, e.hint))
        return None

    def _get(self, name: str, place: str) -> CommitTree:
        """A commit out of this repository, or one that was fetched before, or is now."""
        here = place in self._own
        problem = RepositoryError(
            "it is not fetched",
            hint="list it under remotes in environment.yaml, or copy the folder in",
        )
        if here:
            try:
                return self._find(name)
            except RepositoryError as e:
                problem = e
        url = self._origin if here else self._others[place]
        distrusted = here and self._repository is None  # somebody else's, by Git's own rule
        if self._mirrors is None or not url or distrusted:
            raise problem
        try:
            found = self._mirrors().get(url, name, self.root if here else None)
        except RepositoryError as e:
            if here:
                raise RepositoryError(f"{problem.what}, and {e.what}", hint=problem.hint) from e
            raise
        return _files_of(found.repository, found.commit)

    def _find(self, name: str) -> CommitTree:
        if self._repository is None:
            from reconciler.git.repository import Repository

            self._repository = Repository(self.root or "")
        return _files_of(self._repository, self._repository.fetched(name))


def _files_of(repository: Repository, commit: CommitId) -> CommitTree:
    from reconciler.trees.commit import CommitTree  # a cached render needs no Git library

    return CommitTree(repository, commit)
