"""`reconciler render PATH [--ref REV]` without the libraries that the other commands need.

Parsing arguments and styling text cost several times what a cached render does. The plain
form of the command most often typed, and most often called from scripts, goes straight to
the renderer; everything else, --help and typing errors among it, is left to the full parser.
"""

from __future__ import annotations

import os
import sys

from reconciler.errors import ReconcilerError


def run_quickly(arguments: list[str]) -> int | None:
    """The exit code, or None if this is not for here."""
    request = _plain_render(arguments)
    if request is None:
        return None
    path, revision = request
    try:
        from reconciler.cli.settings import open_store
        from reconciler.cli.source import find_source, in_tree, open_tree
        from reconciler.render.renderer import Renderer

        root = find_source([path], None)
        with Renderer(open_store()) as renderer:
            found = renderer.render(open_tree(root, revision), in_tree(path, root))
    except ReconcilerError:
        return None  # the full command says it with everything it has
    if found.notices:
        return None
    return write_out(found.manifest)


def _plain_render(arguments: list[str]) -> tuple[str, str | None] | None:
    if not arguments or arguments[0] != "render":
        return None
    rest, revision = arguments[1:], None
    if len(rest) == 3 and rest[1] == "--ref":
        rest, revision = rest[:1], rest[2]
    if len(rest) != 1 or rest[0].startswith("-") or any(c in rest[0] for c in "*?["):
        return None
    return (rest[0], revision) if os.path.isdir(rest[0]) or revision else None


def write_out(data: bytes) -> int:
    """To standard output; a reader who closed it early is no error."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
