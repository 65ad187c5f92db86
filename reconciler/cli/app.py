"""All commands, and what happens to their errors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reconciler import __version__
from reconciler.cli import affected, cache, render, testbed
from reconciler.cli.output import show_error
from reconciler.cli.quick import nobody_reads
from reconciler.errors import InternalError, ReconcilerError, UsageError

# What a shell reports for a command that was interrupted.
INTERRUPTED = 130

app = typer.Typer(
    name="reconciler",
    help="Render Kustomize folders at any revision, and see what a change touches.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("render", epilog=render.EXAMPLES)(render.render)
app.command("affected", epilog=affected.EXAMPLES)(affected.affected)
app.add_typer(cache.app, name="cache")
app.add_typer(testbed.app, name="testbed")


class _State:
    debug = False


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reconciler {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the program an error came from.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and stop.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    _State.debug = debug


def run(arguments: list[str]) -> int:
    """Run a command; the exit code says whose fault a failure is."""
    _State.debug = False
    try:
        code = typer.main.get_command(app).main(
            arguments, prog_name="reconciler", standalone_mode=False
        )
        sys.stdout.flush()
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
        show_error(e, debug=_State.debug)
        return e.exit_code
    except Exception as e:
        bug = InternalError(
            f"{type(e).__name__} in the program itself",
            hint="run it again with --debug, and report what it prints",
        )
        show_error(bug, debug=_State.debug)
        return bug.exit_code


def _show_usage_error(error: typer.TyperException) -> None:
    message = error.format_message()
    if not message:
        return  # a command without its arguments, which has printed its help
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "reconciler"
    show_error(UsageError(message, hint=f"{command} --help shows what there is"))
