"""What a commit would add in the clear, and what commits did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.git.pushes import NewCommits
from reconciler.git.snapshots import Snapshot, Snapshots
from reconciler.model.layout import is_kustomization
from reconciler.model.plaintext import PLAINTEXT_FILE, PlaintextRules, read_plaintext_rules
from reconciler.sealing.plaintext.detect import plaintext_in, without_allowed
from reconciler.sealing.plaintext.found import Plaintext
from reconciler.sealing.plaintext.generators import Source, sources_in


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in how many files; the commit is "" for the next one."""

    commit: str
    files: int
    found: tuple[Plaintext, ...]


@dataclass(frozen=True, slots=True)
class _Content:
    """What one file held once."""

    found: tuple[Plaintext, ...]
    sources: tuple[Source, ...]
    anything: bool


class Scanner:
    """Looks at snapshots of one repository, and at each content once."""

    def __init__(self, snapshots: Snapshots, rules: PlaintextRules) -> None:
        self._snapshots = snapshots
        self._rules = rules
        self._known: dict[tuple[str, str], _Content] = {}

    def scan(self, snapshot: Snapshot) -> Scan:
        """What its changed files hold, and files that a generator makes a Secret of."""
        files = self._snapshots.files(snapshot.commit)
        sources = list(self._generated_from(files, snapshot.changed))
        self._look_into({**snapshot.changed, **{s.file: files[s.file] for s in sources}})
        found = [f for item in snapshot.changed.items() for f in self._known[item].found]
        for source in sources:
            content = self._known[source.file, files[source.file]]
            if content.anything and not content.found:
                what = f"the file, of which {source.named_by} makes {source.secret}, is"
                plaintext = Plaintext(source.file, what)
                found += filter(None, [without_allowed(plaintext, self._rules.allowed)])
        return Scan(snapshot.commit, len(snapshot.changed), tuple(found))

    def _generated_from(
        self, files: Mapping[str, str], changed: Mapping[str, str]
    ) -> Iterator[Source]:
        """Files that become a Secret, where either the file or what names it has changed."""
        kustomizations = {f: blob for f, blob in files.items() if is_kustomization(f)}
        self._look_into(kustomizations)
        for item in kustomizations.items():
            for source in self._known[item].sources:
                if source.file in files and (source.file in changed or item[0] in changed):
                    yield source

    def _look_into(self, files: Mapping[str, str]) -> None:
        fresh: dict[str, list[str]] = {}
        for file, blob in files.items():
            if (file, blob) not in self._known:
                fresh.setdefault(blob, []).append(file)
        for blob, content in self._snapshots.read(fresh):
            for file in fresh[blob]:
                self._known[file, blob] = _content(file, content, self._rules)


def _content(file: str, content: bytes | None, rules: PlaintextRules) -> _Content:
    sources: tuple[Source, ...] = ()
    if content and is_kustomization(file):
        sources = tuple(sources_in(file, content))
    anything = content is None or bool(content.strip())
    return _Content(tuple(plaintext_in(file, content, rules)), sources, anything)


def read_rules(snapshots: Snapshots, commit: str) -> PlaintextRules:
    """What a commit, or the index, says is a secret and what is none."""
    blob = snapshots.files(commit).get(PLAINTEXT_FILE)
    for _, content in snapshots.read([blob] if blob else []):
        return read_plaintext_rules(content or b"")
    return PlaintextRules()


def scan_commits(snapshots: Snapshots, commits: NewCommits) -> list[Scan]:
    """What each commit of a range adds.

    The rules are those of the last one: what was allowed in between allows nothing.
    """
    scanner = Scanner(snapshots, read_rules(snapshots, commits.tip))
    return [scanner.scan(snapshot) for snapshot in snapshots.commits(commits.revisions)]
