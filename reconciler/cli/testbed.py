"""reconciler testbed"""

from __future__ import annotations

import os
import re
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.group import Commands
from reconciler.cli.options import Output
from reconciler.cli.output import console, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, UsageError
from reconciler.text.markdown_lists import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.status import Status

    from reconciler.testbed.builder import Progress
    from reconciler.testbed.folder import TestbedFolder, TestbedState
    from reconciler.testbed.launch_options import TestbedOptions

app = Commands(
    "testbed",
    "Run a throw-away Kubernetes control plane on this machine: plain processes, no containers.",
)

EXAMPLES = """**Examples**

`reconciler testbed up`: a control plane, compiled the first time

`eval "$(reconciler testbed env)"`: let kubectl and others use it in this shell

`reconciler testbed up --name second --sealed-secrets`: another one beside it
"""
MIB = 1 << 20
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")

Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Which testbed.")]


@app.command(epilog=EXAMPLES)
def up(
    name: Name = "default",
    sealed_secrets: Annotated[
        bool, typer.Option("--sealed-secrets", help="With the Sealed Secrets controller.")
    ] = False,
    gitea: Annotated[
        bool, typer.Option("--gitea", help="With Gitea: an organisation, users and their tokens.")
    ] = False,
    argocd: Annotated[
        bool, typer.Option("--argocd", help="With Argo CD, and a plugin in it.")
    ] = False,
    crds: Annotated[
        str,
        typer.Option(metavar="LIST", help="With custom resource definitions: all, or some names."),
    ] = "",
    nodes: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="With simulated nodes, as geth:2,reth,lighthouse,cometbft:3."
        ),
    ] = "",
) -> None:
    """Start a testbed, unless it is up; its programs are compiled the first time."""
    from reconciler.testbed.launch_options import TestbedOptions
    from reconciler.testbed.simulation.fleet import nodes_of

    words = tuple(word for word in nodes.split(",") if word)
    nodes_of(words)
    options = TestbedOptions(sealed_secrets, gitea, argocd, _definitions(crds), words)
    _start(_folder(name), options)


@app.command()
def down(
    name: Name = "default",
    everything: Annotated[bool, typer.Option("--all", help="All testbeds.")] = False,
) -> None:
    """End a testbed and remove all that it made."""
    from reconciler.testbed.lifecycle import down as end

    names = sorted(_names()) if everything else [name]
    for each in names:
        there = end(_folder(each))
        typer.echo(f"the testbed {each} is gone" if there else f"there is no testbed {each}")


@app.command()
def status(
    name: Name = "default",
    output: Annotated[Output, typer.Option("--output", "-o", help="What to write.")] = Output.text,
) -> None:
    """Show what runs, where it listens, and how much memory it uses."""
    state = _running(_folder(name))
    ended = state.ended()
    used = {c.name: 0 if c.name in ended else c.process.memory() for c in state.components}
    total = state.supervisor.memory() + sum(used.values())
    if output is Output.json:
        components = [
            {
                "name": component.name,
                "running": component.name not in ended,
                "address": component.address or None,
                "bytes": used[component.name],
            }
            for component in state.components
        ]
        write_json({"version": 1, "name": name, "components": components, "bytes": total})
    else:
        for component in state.components:
            memory = f"{used[component.name] / MIB:6,.0f} MiB"
            says = "     ended" if component.name in ended else memory
            typer.echo(f"{component.name:34} {says}  {component.address}".rstrip())
        typer.echo(f"{'all of it':34} {total / MIB:6,.0f} MiB")
    if ended:
        raise CheckFailed(
            f"{', '.join(ended)} ended",
            hint=f"reconciler testbed logs {ended[0]} --name {name} shows the end of its log",
        )


@app.command()
def env(name: Name = "default") -> None:
    """Print what a shell needs to use the testbed, for eval."""
    folder = _folder(name)
    state = _running(folder)
    for variable, value in sorted(state.variables.items()):
        typer.echo(f"export {variable}={shlex.quote(value)}")
    typer.echo(f"export PATH={shlex.quote(str(folder.bin))}:$PATH")


@app.command()
def logs(
    component: Annotated[
        str | None, typer.Argument(metavar="COMPONENT", help="One of those that status shows.")
    ] = None,
    name: Name = "default",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many at most.")] = 50,
) -> None:
    """Print the end of a component's log, or the names of the logs."""
    from reconciler.testbed.folder import last_lines

    folder = _folder(name)
    known = sorted(file.stem for file in folder.logs.glob("*.log"))
    if not known:
        raise _no_testbed(name)
    if component is None:
        typer.echo("\n".join(known))
        return
    if component not in known:
        raise UsageError(f"{component} has no log", hint=f"there are {', '.join(known)}")
    typer.echo(last_lines(folder.log(component), lines))


@app.command()
def fault(
    node: Annotated[str, typer.Argument(metavar="NODE", help="A simulated node, as geth-0.")],
    kind: Annotated[
        str, typer.Argument(metavar="FAULT", help="What is wrong with it; none heals it.")
    ],
    name: Name = "default",
) -> None:
    """Make a simulated node ill: behind, stuck, no-peers, down, slow or garbage; or none."""
    from reconciler.testbed.addons.nodes import names, set_fault
    from reconciler.testbed.simulation.node import Fault

    folder = _folder(name)
    _running(folder)
    known = names(folder)
    if node not in known:
        there = f"there are {', '.join(known)}" if known else "up --nodes starts some"
        raise UsageError(f"there is no simulated node {node}", hint=there)
    if kind not in list(Fault):
        raise UsageError(
            f"{kind} is not a fault that can be simulated", hint=f"there are {', '.join(Fault)}"
        )
    set_fault(folder, node, Fault(kind))


@app.command()
def reset(name: Name = "default") -> None:
    """Start again with nothing in it: the same parts, a new certificate authority, new ports."""
    from reconciler.testbed.lifecycle import down as end

    folder = _folder(name)
    options = _running(folder).options
    end(folder)
    _start(folder, options)


def _start(folder: TestbedFolder, options: TestbedOptions) -> None:
    from reconciler.testbed.assembly import programs_of
    from reconciler.testbed.builder import build, missing
    from reconciler.testbed.lifecycle import up as begin

    cache, names = Path(SETTINGS.peers_folder), programs_of(options)
    out = console()
    absent = missing(names, cache)
    if absent:
        out.print(f"compiling {count(len(absent), 'program')}, this once: {', '.join(absent)}")
    with out.status("") as line:
        programs = build(names, cache, lambda progress: _show(line, progress))
        began = time.monotonic()
        with begin(folder, options, programs, line.update) as testbed:
            testbed.keep()
            seconds = time.monotonic() - began
    typer.echo(f"the testbed {folder.name} is ready after {seconds:.1f} s")
    for component in testbed.state.components:
        if component.address:
            typer.echo(f"  {component.name:26} {component.address}")
    which = "" if folder.name == "default" else f" --name {folder.name}"
    typer.echo(f'use it in this shell: eval "$(reconciler testbed env{which})"')


def _definitions(names: str) -> tuple[str, ...]:
    from reconciler.testbed.addons.crds import BUNDLES

    wanted = sorted(BUNDLES) if names == "all" else [n for n in names.split(",") if n]
    for name in wanted:
        if name not in BUNDLES:
            raise UsageError(
                f"there are no definitions of {name}",
                hint=f"there are {', '.join(sorted(BUNDLES))}",
            )
    return tuple(wanted)


def _show(line: Status, progress: Progress) -> None:
    if progress.finished:
        line.console.print(f"compiled {progress.peer} in {progress.seconds:.0f} s")
    elif progress.total:
        done = f"{progress.done:,} of {progress.total:,} packages, {progress.seconds:.0f} s"
        line.update(f"compiling {progress.peer}: {done}")
    else:
        line.update(f"fetching the sources of {progress.peer}")


def _folder(name: str) -> TestbedFolder:
    from reconciler.testbed.folder import TestbedFolder

    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a testbed",
            hint="use small letters, digits and dashes, 40 at most",
        )
    return TestbedFolder(Path(SETTINGS.testbeds_folder), name)


def _names() -> list[str]:
    try:
        return os.listdir(SETTINGS.testbeds_folder)
    except OSError:
        return []


def _running(folder: TestbedFolder) -> TestbedState:
    state = folder.state()
    if state is None or not folder.alive():
        raise _no_testbed(folder.name)
    return state


def _no_testbed(name: str) -> UsageError:
    which = "" if name == "default" else f" --name {name}"
    return UsageError(
        f"there is no testbed {name}", hint=f"reconciler testbed up{which} starts one"
    )
