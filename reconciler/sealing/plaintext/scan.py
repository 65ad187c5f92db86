"""What a commit would add in the clear, and what commits did."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.git.pushes import NewCommits
from reconciler.git.snapshots import FILES, LINK, Snapshot, Snapshots
from reconciler.model.plaintext import PLAINTEXT_FILE, PlaintextRules, read_plaintext_rules
from reconciler.sealing.plaintext.contents import FileContent, FileContents
from reconciler.sealing.plaintext.detect import not_allowed
from reconciler.sealing.plaintext.found import Plaintext
from reconciler.sealing.plaintext.inputs import is_env_file, is_manifest
from reconciler.sealing.plaintext.reach import Reach
from reconciler.sealing.plaintext.snapshot_files import SnapshotFiles, SnapshotLayout
from reconciler.sealing.plaintext.unrendered import suspicions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sealing.plaintext.rendered import Rendering


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in how many files; the commit is "" for the next one.

    Of the folders that do not render only the files were looked at, one by one.
    """

    commit: str
    files: int
    found: tuple[Plaintext, ...]
    unrendered: tuple[str, ...] = ()
    changes_rules: bool = False


class Scanner:
    """Looks at snapshots of one repository, and at each content once."""

    def __init__(
        self, snapshots: Snapshots, rules: PlaintextRules, rendering: Callable[[], Rendering]
    ) -> None:
        """`rendering` is asked for when there is something to render."""
        self._snapshots = snapshots
        self._rules = rules
        self._contents = FileContents(snapshots, rules)
        self._rendering = rendering
        self._targets: dict[str, str] = {}
        self._touched: set[str] = set()

    def scan(self, snapshot: Snapshot) -> Scan:
        """What its changed files hold, what a generator makes a Secret of, and what is rendered.

        A merge may put together what was changed on either side.
        """
        self._touched |= snapshot.touched
        touched = frozenset(self._touched) if snapshot.merge else snapshot.touched
        state = SnapshotFiles(
            snapshot.commit, self._layout(snapshot.commit), touched, self._contents
        )
        kustomizations = state.layout.kustomizations()
        self._contents.look_into({**kustomizations, **snapshot.changed})
        found = [f for item in snapshot.changed.items() for f in self._contents.of(*item).found]
        found += self._generated(state, kustomizations)
        rendered, unrendered = self._rendered(state, kustomizations)
        found = not_allowed([*found, *rendered], self._rules.allowed)
        return Scan(
            snapshot.commit,
            len(snapshot.changed),
            tuple(found),
            tuple(unrendered),
            changes_rules=PLAINTEXT_FILE in snapshot.touched,
        )

    def _generated(
        self, state: SnapshotFiles, kustomizations: Mapping[str, str]
    ) -> Iterator[Plaintext]:
        """Files that become a Secret, where either the file or what names it has changed."""
        sources = [
            (source, file)
            for kustomization in kustomizations.items()
            for source in self._contents.of(*kustomization).sources
            for file in state.files([source.file])
            if not state.touched.isdisjoint((source.file, file, kustomization[0]))
        ]
        files = state.layout.files
        self._contents.look_into({file: files[file] for _, file in sources})
        for source, file in sources:
            content = self._contents.of(file, files[file])
            if content.anything and not _is_told_whole(file, content):
                what = f"the file, of which {source.named_by} makes {source.secret}, is"
                yield Plaintext(file, what)

    def _rendered(
        self, state: SnapshotFiles, kustomizations: Mapping[str, str]
    ) -> tuple[list[Plaintext], list[str]]:
        """What is found in what may look at something changed, and what does not render."""
        if not kustomizations:
            return [], []
        reach = Reach(state.layout, kustomizations, self._contents)
        folders = [f for f in reach.affected(state.touched) if reach.may_make_secrets(f)]
        if not folders:
            return [], []
        found, unrendered = self._rendering().look_at(state, folders)
        for folder in unrendered:
            found += suspicions(state, folder)
        return found, unrendered

    def _layout(self, commit: str) -> SnapshotLayout:
        listed = list(self._snapshots.listing(commit))
        links = {path: blob for path, mode, blob in listed if mode == LINK}
        fresh = [blob for blob in links.values() if blob not in self._targets]
        for blob, target in self._contents.texts(fresh):
            self._targets[blob] = os.fsdecode(target or b"/")
        files = {path: blob for path, mode, blob in listed if mode in FILES}
        return SnapshotLayout(files, {path: self._targets[blob] for path, blob in links.items()})


def _is_told_whole(file: str, content: FileContent) -> bool:
    """Of a file that is no input itself, what was found in it may be a part, and allowed."""
    by_value = content.found and (is_env_file(file) or is_manifest(file))
    return bool(by_value) or any(not found.keys for found in content.found)


def read_rules(snapshots: Snapshots, commit: str) -> PlaintextRules:
    """What a commit, or the index, says is a secret and what is none."""
    blob = snapshots.files(commit).get(PLAINTEXT_FILE)
    for _, content in snapshots.read([blob] if blob else []):
        return read_plaintext_rules(content or b"")
    return PlaintextRules()


def scan_commits(
    snapshots: Snapshots, commits: NewCommits, rendering: Callable[[], Rendering]
) -> list[Scan]:
    """What each commit of a range adds.

    The rules are those of the last one: what was allowed in between allows nothing.
    """
    scanner = Scanner(snapshots, read_rules(snapshots, commits.tip), rendering)
    return [scanner.scan(snapshot) for snapshot in snapshots.commits(commits.revisions)]
