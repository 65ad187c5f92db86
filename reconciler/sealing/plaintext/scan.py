"""What a commit would add in the clear, and what commits did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.git.snapshots import Snapshot, Snapshots
from reconciler.model.layout import KUSTOMIZATION_NAMES
from reconciler.model.plaintext import PLAINTEXT_FILE, PlaintextRules, read_plaintext_rules
from reconciler.sealing.plaintext.detect import plaintext_in, without_allowed
from reconciler.sealing.plaintext.found import Plaintext
from reconciler.sealing.plaintext.generators import Source, generated, may_generate
from reconciler.sealing.plaintext.yaml import text_of


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in how many files; the commit is "" for the next one."""

    commit: str
    files: int
    found: tuple[Plaintext, ...]


class Scanner:
    """Looks at snapshots of one repository, and at each content once."""

    def __init__(self, snapshots: Snapshots, rules: PlaintextRules) -> None:
        self._snapshots = snapshots
        self._rules = rules
        self._known: dict[tuple[str, str], list[Plaintext]] = {}
        self._sources: dict[tuple[str, str], list[Source]] = {}

    def scan(self, snapshot: Snapshot) -> Scan:
        found = [
            plaintext
            for file, blob in snapshot.changed.items()
            for plaintext in self._in(file, blob)
        ]
        found += self._read_by_generators(snapshot)
        return Scan(snapshot.commit, len(snapshot.changed), tuple(found))

    def _in(self, file: str, blob: str) -> list[Plaintext]:
        if (file, blob) not in self._known:
            content = self._snapshots.read(blob)
            self._known[file, blob] = plaintext_in(file, content, self._rules)
        return self._known[file, blob]

    def _read_by_generators(self, snapshot: Snapshot) -> Iterator[Plaintext]:
        """Files that become a Secret, where either the file or what names it has changed."""
        files = self._snapshots.files(snapshot.commit)
        changed = snapshot.changed
        for source in self._all_sources(files):
            blob = files.get(source.file)
            if blob and (source.file in changed or source.named_by in changed):
                known = any(self._in(source.file, blob))
                if not known and self._snapshots.read(blob).strip():
                    what = f"the file, of which {source.named_by} makes {source.secret}, is"
                    if kept := without_allowed(Plaintext(source.file, what), self._rules.allowed):
                        yield kept

    def _all_sources(self, files: dict[str, str]) -> Iterator[Source]:
        for file, blob in files.items():
            if file.endswith(KUSTOMIZATION_NAMES):
                if (file, blob) not in self._sources:
                    text = text_of(self._snapshots.read(blob)) or ""
                    made = generated(file, text) if may_generate(text) else ()
                    self._sources[file, blob] = [m for m in made if isinstance(m, Source)]
                yield from self._sources[file, blob]


def read_rules(snapshots: Snapshots, commit: str) -> PlaintextRules:
    """What a commit, or the index, says is a secret and what is none."""
    blob = snapshots.files(commit).get(PLAINTEXT_FILE)
    return read_plaintext_rules(snapshots.read(blob)) if blob else PlaintextRules()


def scan_commits(snapshots: Snapshots, revisions: str) -> list[Scan]:
    """What each commit of a range adds.

    The rules are those of the last one: what was allowed in between allows nothing.
    """
    scanner = Scanner(snapshots, read_rules(snapshots, snapshots.tip(revisions)))
    return [scanner.scan(snapshot) for snapshot in snapshots.commits(revisions)]
