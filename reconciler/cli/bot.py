"""reconciler bot"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
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
    Root,
    WebhookAddress,
    WebhookSecretFile,
)
from reconciler.cli.variables import SETTINGS
from reconciler.daemon.logs import set_up
from reconciler.errors import CheckFailed
from reconciler.session.repository import the_repository
from reconciler.session.webhooks import read_gatekeeper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.bot.round import Happened

EXAMPLES = """**Examples**

`reconciler bot --once`: everything that there is to do now, as a job of CI

`reconciler bot --interval 300 --http 0.0.0.0:8080 --metrics 0.0.0.0:9090
--webhook-secret-file /etc/bot/secret`: as a server, which the forge's webhooks reach at /webhook
"""


def bot(
    once: Annotated[
        bool, typer.Option("--once", help="Go through everything once, and stop.")
    ] = False,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long to wait between two rounds.")
    ] = 300.0,
    http: WebhookAddress = "",
    metrics_address: MetricsAddress = "",
    secret_file: WebhookSecretFile = "",
    unhealthy: Annotated[
        float,
        typer.Option(
            "--unhealthy-seconds", min=0, help="How long an app may be unhealthy after a merge."
        ),
    ] = 300.0,
    lease: Annotated[
        float,
        typer.Option(
            min=1, help="After how many seconds another bot takes over from one that died."
        ),
    ] = 60.0,
    log_format: LogFormatOption = LogFormat.json,
    forge: ForgeKind = "",
    root: Root = None,
    no_cache: NoCache = False,
) -> None:
    """Do what is due for all promotions: propose, judge gates, merge, follow rollouts, clean up.

    Several bots may run: one of them works at a time. The files on disk take no part.
    """
    check_installed("bot", "the bot")
    from reconciler.bot.log import log, tell_start
    from reconciler.bot.metrics import BotMetrics
    from reconciler.bot.rollout import RolloutLimits
    from reconciler.bot.round import run_round
    from reconciler.bot.rounds import Rounds
    from reconciler.daemon.deliveries import Deliveries
    from reconciler.daemon.http import HttpServer
    from reconciler.daemon.probes import Probes
    from reconciler.promotion.pull_request.arrival_witness import Known
    from reconciler.promotion.pull_request.lock import Watch
    from reconciler.session.promotion import open_locked_session

    the_repository(root)
    gatekeeper = read_gatekeeper(SETTINGS, secret_file)
    set_up(log, as_json=log_format is LogFormat.json)
    limits = RolloutLimits(unhealthy=timedelta(seconds=unhealthy))
    ended: set[str] = set()
    seen: Known = {}
    watch = Watch()
    warn_once = cache(log.warning)
    started: list[bool] = []

    @contextmanager
    def begin() -> Iterator[Iterable[Happened]]:
        opened = open_locked_session(
            SETTINGS,
            the_repository(root),
            forge,
            cache=not no_cache,
            lease=lease,
            patience=lease + 10 if once else 0,
            watch=watch,
            seen=seen,
            warn=warn_once,
        )
        with opened as session:
            if not started:
                started.append(True)
                planner = session.planner
                tell_start(planner.fleet(planner.opened("")), None if once else interval)
            yield run_round(session, limits, ended)
        if not once:
            log.info("waits for the next round", extra={"fields": {"seconds": interval}})

    metrics = BotMetrics(__version__)
    rounds = Rounds(begin, metrics, interval)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: rounds.loop.stop())
    with ExitStack() as servers:
        if http:
            site = Deliveries(gatekeeper, metrics.delivered, rounds.loop.wake)
            servers.enter_context(HttpServer(http, site, log, "--http"))
        if metrics_address:
            probes = Probes(metrics.registry, rounds.loop.ready)
            servers.enter_context(HttpServer(metrics_address, probes, log, "--metrics"))
        if not once:
            rounds.loop.run()
        elif not rounds.once():
            raise typer.Exit(CheckFailed.exit_code)
