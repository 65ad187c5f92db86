"""Images that an entry names, and that nothing in its app runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule
from reconciler.kubernetes.images import images_in
from reconciler.kubernetes.objects import Object
from reconciler.model.kustomization import Image, read_folder
from reconciler.text.suggestions import did_you_mean
from reconciler.trees.tree import Tree

UNUSED = CheckRule(
    "releases/unused-image",
    Severity.warning,
    """An entry of `images` matches nothing that the app runs.

Kustomize says nothing then, and the app goes on with what it ran before. The name must be the one
that the base has, without its tag.
""",
)


def image_findings(tree: Tree, folder: str, objects: Sequence[Object]) -> Iterator[Finding]:
    """By the app's own kustomization: what it names shows in what is rendered."""
    said = read_folder(tree, folder)
    if said is None or not said.images:
        return
    running = sorted({image for o in objects for image in images_in(o.data)})
    for image in said.images:
        if not any(_is_made_by(image, each) for each in running):
            names = [each.partition("@")[0].rpartition(":")[0] or each for each in running]
            yield Finding(
                UNUSED.id,
                UNUSED.severity,
                f"no container runs the image {image.name}, so this changes nothing",
                did_you_mean(image.name, names) if names else "nothing here runs an image",
                folder=folder,
                where=image.place,
            )


def _is_made_by(image: Image, running: str) -> bool:
    if image.new_tag or image.digest:
        return running == str(image)
    return running.startswith((image.new_name or image.name).rstrip(":@"))
