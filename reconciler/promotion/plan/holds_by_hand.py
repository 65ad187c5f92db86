"""A release that somebody took away by hand is held like one that was rolled back.

No trailer says so, but the history of the entry does: it went from a release to others, and with a
commit that is none of ours back to it.
"""

from __future__ import annotations

from contextlib import suppress

from reconciler.errors import ReconcilerError
from reconciler.git.file_history import CommitSummary
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.paths import AppName
from reconciler.promotion.plan.entry_edit import edited_entry
from reconciler.promotion.plan.field_decisions import Decision
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.holds import Hold, coming_images
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.promotion.plan.release_fingerprint import of_bytes, of_edits, of_image
from reconciler.promotion.plan.rollback import rollback_order
from reconciler.promotion.plan.steps import Base
from reconciler.render.renderer import Renderer
from reconciler.trees.edited import EditedTree


def hold_by_hand(
    base: Base,
    renderer: Renderer,
    record: EntryPast,
    environment: Environment,
    app: AppName,
    file: str,
    setter: CommitSummary,
) -> Hold | None:
    """Of all that the entry had between the present release and when it had this one before."""
    content = read(base.tree, file)
    now = record.read(content, file)
    present = release_fields(environment, app, now)
    ways: dict[str, list[Decision]] = {}  # each to a release that was taken away
    left = False
    for version, fields in record.versions(file):
        release = release_fields(environment, app, fields) if fields else None
        if release == present:
            if left:
                break
            continue
        left = True
        if fields and release is not None and fields.pins.keys() == now.pins.keys():
            way = rollback_order(present, release, now, version)
            ways[of_edits(way)] = way
    else:
        return None  # it is new
    trees = []
    for way in ways.values():
        with suppress(ReconcilerError):  # what cannot be written cannot come again
            edit = edited_entry(file, content, now, way)
            trees.append(EditedTree(base.tree, {edit.path: edit.after}))
    folder = environment.entry(app).folder
    renders = renderer.render_each([(tree, folder) for tree in trees])
    known = [render.manifest for render in renders if not render.error]
    here = renderer.render(base.tree, folder)
    images = (
        set()
        if here.error
        else {of_image(image) for m in known for image in coming_images(renderer, here.manifest, m)}
    )
    marks = images.union(ways, map(of_bytes, known))
    return Hold(frozenset(marks), f"{setter.id[:10]} took it away by hand")
