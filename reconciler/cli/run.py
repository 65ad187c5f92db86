"""reconciler run"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from reconciler.cli.options import LogFormat, LogFormatOption, NoCache, Offline, Root
from reconciler.cli.reconciling import checking_renderer
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.event_log import log, tell
from reconciler.controller.runner import Runner
from reconciler.controller.source import GitSource
from reconciler.daemon.logs import set_up
from reconciler.errors import CheckFailed
from reconciler.render.renderer import Renderer
from reconciler.session.clusters import access_for
from reconciler.session.repository import the_repository

EXAMPLES = """**Examples**

`reconciler run dev`: keep the apps of dev as the main branch has them, until it is stopped

`reconciler run stage prod --interval 30`: two environments, each in the cluster that it names

`reconciler run prod --once`: everything once, as a job would
"""


def run(
    names: Annotated[list[str], typer.Argument(metavar="ENV", help="These environments.")],
    once: Annotated[bool, typer.Option("--once", help="Apply everything once, and stop.")] = False,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How often to look for new commits.")
    ] = 60.0,
    branch: Annotated[
        str,
        typer.Option(metavar="NAME", help="The branch to follow; otherwise the main branch."),
    ] = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    log_format: LogFormatOption = LogFormat.json,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Keep clusters as Git says: apply new commits, and set back what somebody changes.

    What somebody changed is seen at once, told with who did it and when, and set back. Git is asked
    at intervals. Whatever it knows is in Git and in the cluster, so it can be stopped and started
    anywhere.
    """
    repository = the_repository(root)
    set_up(log, as_json=log_format is LogFormat.json)
    source = GitSource(SETTINGS, repository.path, branch, offline=offline)
    state = source.look()
    environments = [state.fleet.environment(name) for name in dict.fromkeys(names)]
    access = {e.name: access_for(SETTINGS, e, kubeconfig, context) for e in environments}

    async def work(renderer: Renderer) -> bool:
        async with AsyncExitStack() as opened:
            clients = {
                name: await opened.enter_async_context(ApiClient(one))
                for name, one in access.items()
            }
            runner = Runner(source, state, clients, renderer, tell)
            if once:
                return await runner.once()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, runner.stop)
            fields = {"environments": names, "commit": state.desired.commit, "interval": interval}
            log.info("started", extra={"fields": fields})
            await runner.run(interval)
            log.info("stopped")
            return True

    with checking_renderer(cache=not no_cache) as renderer:
        good = asyncio.run(work(renderer))
    if not good:
        raise typer.Exit(CheckFailed.exit_code)
