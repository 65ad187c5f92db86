"""All commands, and what happens to their errors."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import typer

from reconciler import __version__
from reconciler.cli.exit_codes import INTERRUPTED
from reconciler.cli.fast_commands import nobody_reads, unwritable
from reconciler.cli.global_options import taken_out
from reconciler.cli.group import COMPLETES, LazyGroup
from reconciler.cli.options import Root
from reconciler.cli.output import (
    colours_wanted,
    show_error,
    show_tracebacks,
    while_somebody_reads,
)
from reconciler.errors import InternalError, ReconcilerError, UsageError, UserError

SECTIONS = {
    "Start": ["init"],
    "See what is deployed": ["list", "render", "explain"],
    "Review a change": ["check", "diff", "affected", "crds"],
    "Promote releases": ["promote", "pin", "bot"],
    "Keep secrets in Git": ["seal", "secrets"],
    "Apply to clusters": [
        *("plan", "apply", "status", "run", "sync", "suspend", "resume", "uninstall"),
        *("drift", "tree", "events", "logs", "wait", "rollback", "adopt"),
    ],
    "Work with Argo CD": ["argocd", "cmp-server", "generate"],
    "More": ["cache", "testbed", "completion", "help", "version"],
}


OTHER_WORDS = {
    **dict.fromkeys(("build", "template", "kustomize"), "did you mean reconciler render?"),
    **dict.fromkeys(("lint", "validate"), "did you mean reconciler check?"),
    "get": "did you mean reconciler list?",
    "history": "did you mean reconciler promote history?",
    "undo": "did you mean reconciler rollback, or reconciler promote rollback?",
    "approve": "did you mean reconciler promote approve?",
    "merge": "did you mean reconciler promote merge?",
    "deploy": "did you mean reconciler apply?",
    "reconcile": "did you mean reconciler sync?",
    **dict.fromkeys(("pause", "freeze"), "did you mean reconciler suspend?"),
    **dict.fromkeys(("delete", "remove"), "did you mean reconciler uninstall?"),
    **dict.fromkeys(("resources", "describe", "top"), "did you mean reconciler tree?"),
    **dict.fromkeys(("log", "tail"), "did you mean reconciler logs?"),
    "event": "did you mean reconciler events?",
    "health": "did you mean reconciler status?",
}


# What typer's library for values says of one that is wrong, and how people say it.
PLAIN_WORDS = (
    (re.compile("Value error, "), ""),
    (re.compile("Input should be a valid (integer|number), unable to .*"), r"it is not a number"),
    (
        re.compile(r"(\S+) does not match the formats? '%Y-%m-%d'.*", re.DOTALL),
        r"\1 is no date: write 2026-11-30, or 2026-11-30T16:00 for an hour of it",
    ),
    (re.compile("Input should be greater than or equal to "), "it must be at least "),
    (re.compile("Input should be less than or equal to "), "it must be at most "),
)


class Program(LazyGroup):
    package = "reconciler.cli"
    called: ClassVar = {
        "init": "init",
        "render": "render",
        "list": "list_",
        "check": "check_",
        "crds": "app",
        "affected": "affected",
        "diff": "diff",
        "explain": "explain",
        "promote": "app",
        "pin": "pin",
        "plan": "plan",
        "apply": "apply",
        "status": "status",
        "drift": "drift",
        "tree": "tree",
        "events": "events",
        "logs": "logs",
        "wait": "wait",
        "run": "run",
        "resume": "resume",
        "suspend": "suspend",
        "sync": "sync",
        "adopt": "adopt",
        "rollback": "rollback",
        "uninstall": "uninstall",
        "bot": "bot",
        "cmp-server": "cmp_server",
        "generate": "generate_",
        "argocd": "app",
        "cache": "app",
        "seal": "app",
        "secrets": "app",
        "testbed": "app",
        "version": "version",
        "help": "help_",
        "completion": "completion",
    }
    elsewhere = OTHER_WORDS

    def sections(self) -> Mapping[str, Sequence[str]]:
        return SECTIONS


def program() -> Any:
    app = typer.Typer(
        name="reconciler",
        cls=Program,
        help="Render, validate, compare, promote and seal what Git deploys by Kustomize.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    return typer.main.get_command(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reconciler {__version__}")
        raise typer.Exit


def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the program an error came from.")
    ] = False,
    root: Root = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and stop.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Those of every command; `run` takes them wherever they are typed."""


def run(arguments: list[str]) -> int:
    """Run a command; the exit code says whose fault a failure is."""
    if COMPLETES in os.environ:
        from reconciler.cli.completion import complete

        return complete(program())
    everywhere, arguments = taken_out(arguments)
    show_tracebacks(everywhere.debug)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files are passed on as they are
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        code = program().main(
            arguments,
            prog_name="reconciler",
            standalone_mode=False,
            obj=everywhere.root,
            color=colours_wanted(),
        )
        _write_what_is_left()
        return code or 0
    except typer.Exit as e:
        return e.exit_code
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as e:
        _show_usage_error(e)
        return UsageError.exit_code
    except (BrokenPipeError, SystemExit):  # typer makes the first into the second
        return nobody_reads()
    except ReconcilerError as e:
        try:
            _write_what_is_left()
        except OSError:  # that the output is cut off is less than what went wrong
            nobody_reads()
        show_error(e)
        return e.exit_code
    except OSError as e:
        if e.filename is not None:
            return _bug(e)
        nobody_reads()
        show_error(unwritable(e.strerror))
        return UserError.exit_code
    except Exception as e:
        return _bug(e)


def _write_what_is_left() -> None:
    with while_somebody_reads():
        pass


def _bug(error: Exception) -> int:
    found = InternalError(
        f"{type(error).__name__} in the program itself",
        hint="run it again with --debug, and report what it prints",
    )
    show_error(found.with_traceback(error.__traceback__))
    return found.exit_code


def _show_usage_error(error: typer.TyperException) -> None:
    message = " ".join(error.format_message().split())
    for pattern, words in PLAIN_WORDS:
        message = pattern.sub(words, message)
    if not message:
        return  # a command without its arguments, which has printed its help
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "reconciler"
    show_error(UsageError(message, hint=f"{command} --help shows what there is"))
