"""Commands in modules of their own, of which only the one that is called is imported."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from reconciler.errors import UsageError
from reconciler.text.suggestions import nearest


class LazyGroup(TyperGroup):
    package: ClassVar[str]
    called: ClassVar[Mapping[str, str]]  # each command in its module

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.called)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.called and cmd_name not in self.commands:
            self.commands[cmd_name] = self._imported(cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        near = None if args[0] in self.called else nearest(args[0], self.called)
        if near:
            raise UsageError(
                f"No such command '{args[0]}'. Did you mean '{near}'?",
                hint=f"{ctx.command_path} --help shows what there is",
            )
        return super().resolve_command(ctx, args)

    def _imported(self, name: str) -> Any:
        """A command by its name, with its module's examples, or a group as it is."""
        module = import_module(f"{self.package}.{name.replace('-', '_')}")
        gc.freeze()  # what is imported stays: no collection need look through it
        found = getattr(module, self.called[name])
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(rich_markup_mode="markdown", add_completion=False)
        alone.command(name, epilog=module.EXAMPLES)(found)
        return typer.main.get_command(alone)
