"""From what is staged in the clear to what is staged sealed, and what a user is told of it."""

from __future__ import annotations

import os

from rich.text import Text

from reconciler.cli.output import console, show_error, show_rewritten
from reconciler.cli.variables import SETTINGS
from reconciler.errors import Place, printable
from reconciler.git.file_lock import only_writer
from reconciler.git.repository import Repository
from reconciler.git.whole_files import replace_file
from reconciler.model.files import FILE
from reconciler.model.fleet import Fleet, environment_names, load_fleet
from reconciler.sealing.confirmed_certificates import ConfirmedCertificates
from reconciler.sealing.hook.hook import seal_all
from reconciler.sealing.hook.staged_edits import StagedEdits
from reconciler.session.opened import open_memory
from reconciler.session.trees import where_from
from reconciler.trees.commit import commit_tree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.staged import StagedTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.git.snapshots import Snapshots
    from reconciler.sealing.plaintext.found import Plaintext

# Git gives a commit of chosen files an index of its own, and drops it when a hook refuses.
OWN_INDEX = ".lock"


def seal_staged(snapshots: Snapshots, found: Sequence[Plaintext], root: str) -> bool:
    """Was anything sealed? The index changes in one step, then each file on disk does."""
    with only_writer(root):
        return _seal_staged(snapshots, found, root)


def _seal_staged(snapshots: Snapshots, found: Sequence[Plaintext], root: str) -> bool:
    staged = StagedTree(snapshots)
    head = snapshots.head()
    before = commit_tree(Repository(root), head) if head else MemoryTree({})
    fleet = load_fleet(staged) if environment_names(staged) else Fleet((), ())
    work = StagedEdits(
        staged, before, fleet, open_memory(SETTINGS, root), ConfirmedCertificates(root)
    )
    done, refused = seal_all(work, found)
    blobs = {
        path: None if content is None else snapshots.store(content)
        for path, content in work.changed().items()
    }
    if blobs:
        snapshots.stage(blobs)
    for line in done:
        _say(Place(line.file), line.what, root)
    for environment, fingerprint in work.sealed_with.items() if done else ():
        console(stderr=False).print(f"for {environment}, with {fingerprint}")
    for path in sorted(work.rewritten & work.changed().keys()):
        show_rewritten(path, root)
    _follow(staged, work.changed(), root)
    for error in refused:
        show_error(error, root=root)
    return bool(done)


def _follow(staged: StagedTree, edits: Mapping[str, bytes | None], root: str) -> None:
    """On disk, too: where a file is what was staged, and not what somebody goes on to write."""
    lost = os.environ.get("GIT_INDEX_FILE", "").endswith(OWN_INDEX)
    for path, content in edits.items():
        full = os.path.join(root, path)
        before = staged.fetch(path)[1] if staged.look(path).kind == FILE else None
        if content is None:
            how = "git rm --cached it" if lost else "no longer staged; Git should ignore it"
            _say(Place(path), f"still on disk: {how}", root)
        elif _on_disk(full) != before:
            _say(Place(path), "left as it is on disk, where it differs from what was staged", root)
        else:
            replace_file(full, content, before=before)
            if lost and before is None:
                _say(Place(path), "new: git add it", root)


def _on_disk(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _say(where: Place, what: str, root: str) -> None:
    place = printable(f"{where_from(where, root)}: ")
    console(stderr=False).print(Text.assemble((place, "bold"), printable(what)))
