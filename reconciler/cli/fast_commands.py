"""Plain forms of `reconciler render` and `secrets forbid`, without what other commands need.

Parsing arguments and styling text cost several times what a cached render does. The command
most often typed, and most often called from scripts, goes straight to the renderer, and the one
that every commit waits for to its work; anything else, --help and typing errors among it, is left
to the full parser, and so is all that there is something to say about.
"""

from __future__ import annotations

import os
import sys

from reconciler.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# More than this takes a while, and a person wants to see how it goes on.
WORTH_A_BAR = 20


def run_quickly(arguments: list[str]) -> int | None:
    """The exit code, or None if this is not for here."""
    if arguments[:2] == ["secrets", "forbid"]:
        return _nothing_to_forbid(arguments[2:])
    request = _plain_render(arguments)
    if request is None:
        return None
    try:
        from reconciler.cli.settings import open_store
        from reconciler.cli.source import find_source, folders_meant, open_tree
        from reconciler.render.renderer import Renderer

        root = find_source(request.paths, None)
        tree = open_tree(root, request.revision)
        wanted = folders_meant(request.paths, root, tree)
        if len(wanted) >= WORTH_A_BAR:
            return None
        with Renderer(open_store(request.cache)) as renderer:
            renders = renderer.render_all(tree, wanted)
    except Exception:
        return None  # the full command says it with everything it has
    if any(render.error or render.notices for render in renders):
        return None
    return write_out(join(render.manifest for render in renders))


def _nothing_to_forbid(paths: list[str]) -> int | None:
    if any(path.startswith("-") for path in paths):
        return None
    try:
        from reconciler.cli.scans import asked_for, repository, summary

        scans = asked_for(repository(None), paths)
        if any(scan.found for scan in scans) or not any(scan.files for scan in scans):
            return None
        print(summary(scans), file=sys.stderr)  # noqa: T201
    except Exception:
        return None
    return 0


class _Request:
    __slots__ = ("cache", "paths", "revision")

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.revision: str | None = None
        self.cache = True


def _plain_render(arguments: list[str]) -> _Request | None:
    if not arguments or arguments[0] != "render":
        return None
    request = _Request()
    rest = iter(arguments[1:])
    for argument in rest:
        if argument == "--ref":
            request.revision = next(rest, None)
            if request.revision is None:
                return None
        elif argument == "--no-cache":
            request.cache = False
        elif argument.startswith("-") or any(c in argument for c in "*?["):
            return None
        else:
            request.paths.append(argument)
    return request if request.paths else None


def join(manifests: Iterable[bytes]) -> bytes:
    """One stream of several manifests."""
    return b"---\n".join(m for m in manifests if m)


def write_out(data: bytes) -> int:
    """To standard output."""
    if sys.stdout is None:
        raise unwritable("it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        return nobody_reads()
    except OSError as e:
        nobody_reads()
        raise unwritable(e.strerror) from e
    return 0


def unwritable(why: str | None) -> UserError:
    return UserError(
        "standard output cannot be written", why=why or "", hint="write to another place"
    )


def nobody_reads() -> int:
    """A reader that has seen enough is no failure, and what is still buffered is not for it."""
    send_nowhere(sys.stdout.fileno())
    return 0


def send_nowhere(number: int) -> None:
    """Whatever is written to this file from now on, as Python does when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
