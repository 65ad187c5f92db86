"""reconciler run"""

from __future__ import annotations

import asyncio
import platform
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from secrets import token_hex
from typing import Annotated

import typer

from reconciler import __version__
from reconciler.cli.extras import check_installed
from reconciler.cli.options import (
    ForgeKind,
    LogFormat,
    LogFormatOption,
    MetricsAddress,
    NoCache,
    Offline,
    Root,
    WebhookAddress,
    WebhookSecretFile,
)
from reconciler.cli.reconciling import checking_renderer
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cli.variables import SETTINGS
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.loop.runner import Runner
from reconciler.controller.loop.source import GitSource
from reconciler.controller.reporting.commit_statuses import CommitStatusWriter
from reconciler.controller.reporting.event_log import log, tell
from reconciler.daemon.deliveries import Deliveries
from reconciler.daemon.http import HttpServer
from reconciler.daemon.logs import set_up
from reconciler.daemon.webhook import Gatekeeper
from reconciler.errors import CheckFailed
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.render.renderer import Renderer
from reconciler.session.clone import clone_into
from reconciler.session.clusters import access_for
from reconciler.session.forge import open_forge
from reconciler.session.repository import the_repository
from reconciler.session.webhooks import read_gatekeeper

EXAMPLES = """**Examples**

`reconciler run dev`: keep the apps of dev as the main branch has them, until it is stopped

`reconciler run stage prod --interval 30`: two environments, each in the cluster that it names

`reconciler run prod --once`: everything once, as a job would

`reconciler run prod --root /data/fleet --clone https://git.example.org/fleet --http 0.0.0.0:8080
--metrics 0.0.0.0:9090 --webhook-secret-file /etc/run/secret`: as a server, which the forge's
webhooks wake
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
    clone: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Clone this repository into --root first, if it is not there yet.",
            show_default=False,
        ),
    ] = "",
    http: WebhookAddress = "",
    metrics_address: MetricsAddress = "",
    secret_file: WebhookSecretFile = "",
    in_cluster: Annotated[
        bool,
        typer.Option(
            "--in-cluster", help="ENV is in the cluster that this runs in, as its service account."
        ),
    ] = False,
    statuses: Annotated[
        bool,
        typer.Option(
            "--statuses",
            help="Say on the forge, at each commit, what became of it in ENV.",
        ),
    ] = False,
    forge: ForgeKind = "",
    lease: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=1,
            help="After how long others take over the apps of a replica that died.",
        ),
    ] = 15.0,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    log_format: LogFormatOption = LogFormat.json,
    root: Root = None,
    no_cache: NoCache = False,
    offline: Offline = False,
) -> None:
    """Keep clusters as Git says: apply new commits, and set back what somebody changes.

    What somebody changed is seen at once, told with who did it and when, and set back. Git is asked
    at intervals, and when a webhook says that there is news. How apps are stands in the cluster:
    kubectl get rapp -n reconciler-system. Whatever it knows is in Git and in the cluster, so it can
    be stopped and started anywhere.
    """
    set_up(log, as_json=log_format is LogFormat.json)
    instance = f"{platform.node() or 'run'}-{token_hex(2)}".lower()
    gatekeeper = read_gatekeeper(SETTINGS, secret_file)
    if metrics_address:
        check_installed("run", "--metrics")
    if clone:
        clone_into(clone, root)
    source = GitSource(SETTINGS, the_repository(root).path, branch, offline=offline)
    state = source.look()
    environments = [state.fleet.environment(name) for name in dict.fromkeys(names)]
    access = {
        e.name: access_for(SETTINGS, e, kubeconfig, context, in_cluster=in_cluster)
        for e in environments
    }

    async def work(renderer: Renderer) -> bool:
        async with AsyncExitStack() as opened:
            clients = {
                name: await opened.enter_async_context(ApiClient(one))
                for name, one in access.items()
            }
            runner = Runner(source, state, clients, renderer, instance, lease)
            runner.tell_also(tell)
            if once:
                return await runner.once()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, runner.stop)

            def wake() -> None:
                loop.call_soon_threadsafe(runner.wake)

            for server in _servers(runner, gatekeeper, wake, http, metrics_address):
                opened.enter_context(server)
            if statuses:
                reached = opened.enter_context(open_forge(SETTINGS, source.path, forge))
                writer = opened.enter_context(CommitStatusWriter(reached.forge, log))
                runner.tell_also(writer.happened)
            fields = {"environments": names, "commit": state.desired.commit, "interval": interval}
            log.info("started", extra={"fields": fields})
            await runner.run(interval)
            log.info("stopped")
            return True

    with checking_renderer(cache=not no_cache) as renderer:
        for environment in environments:
            refuse_wrong_rules(environment, renderer.kernel)
        good = asyncio.run(work(renderer))
    if not good:
        raise typer.Exit(CheckFailed.exit_code)


def _servers(
    runner: Runner,
    gatekeeper: Gatekeeper | None,
    wake: Callable[[], None],
    http: str,
    metrics_address: str,
) -> Iterator[HttpServer]:
    counted: list[Callable[[str], None]] = []
    if metrics_address:
        from reconciler.controller.reporting.run_metrics import RunMetrics
        from reconciler.daemon.probes import Probes

        metrics = RunMetrics(__version__, [loop.name for loop in runner.loops], runner.reports)
        runner.tell_also(metrics.happened)
        counted.append(metrics.delivered)
        yield HttpServer(metrics_address, Probes(metrics.registry, runner.ready), log, "--metrics")
    if http:

        def delivered(answer: str) -> None:
            for count in counted:
                count(answer)

        yield HttpServer(http, Deliveries(gatekeeper, delivered, wake), log, "--http")
