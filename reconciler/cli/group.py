"""Commands in modules of their own, of which only the one that is called is imported."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, TypeVar

import typer
from typer._click.shell_completion import CompletionItem
from typer.core import TyperCommand, TyperGroup

from reconciler.cli.help_pages import help_text
from reconciler.errors import UsageError
from reconciler.text.suggestions import nearest

COMPLETES = "_RECONCILER_COMPLETE"  # the variable by which a shell asks what could stand here
Function = TypeVar("Function", bound=Callable[..., Any])


class Command(TyperCommand):
    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        if COMPLETES in os.environ:
            from reconciler.cli.completions import add_completions

            add_completions(self.params)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """With the --root that may have been typed before the command."""
        root = ctx.find_root().obj
        return super().parse_args(ctx, ["--root", root, *args] if root else args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(self, ctx))


class CommandGroup(TyperGroup):
    def sections(self) -> Mapping[str, Sequence[str]]:
        """The names of its commands, under what they are for."""
        return {"Commands": [name for name, command in self.commands.items() if not command.hidden]}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(self, ctx))


class LazyGroup(CommandGroup):
    package: ClassVar[str]
    called: ClassVar[Mapping[str, str]]  # each command in its module
    elsewhere: ClassVar[Mapping[str, str]] = {}  # what other tools call something, and what to do

    def sections(self) -> Mapping[str, Sequence[str]]:
        return {"Commands": list(self.called)}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.called)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.called and cmd_name not in self.commands:
            self.commands[cmd_name] = self._imported(cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        typed = args[0]
        if typed in self.elsewhere:
            raise UsageError(f"{ctx.command_path} has no {typed}", hint=self.elsewhere[typed])
        near = None if typed in self.called else nearest(typed, self.called)
        if near:
            raise UsageError(
                f"No such command '{typed}'. Did you mean '{near}'?",
                hint=f"{ctx.command_path} --help shows what there is",
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Names alone: what each does would take the import of all."""
        options = super().shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        names = [name for name in self.called if name.startswith(incomplete)]
        return options + [CompletionItem(name) for name in names]

    def _imported(self, name: str) -> Any:
        """A command by its name, with its module's examples, or a group as it is."""
        module = import_module(f"{self.package}.{name.replace('-', '_')}")
        gc.freeze()  # what is imported stays: no collection need look through it
        found = getattr(module, self.called[name])
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(name, cls=Command, epilog=module.EXAMPLES)(found)
        return typer.main.get_command(alone)


class Commands(typer.Typer):
    """A group whose commands are all in one module."""

    def __init__(self, name: str, purpose: str) -> None:
        super().__init__(name=name, cls=CommandGroup, help=purpose, no_args_is_help=True)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        return super().command(name, cls=Command, **settings)
