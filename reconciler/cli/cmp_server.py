"""reconciler cmp-server"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reconciler.cli.extras import check_installed
from reconciler.cli.options import LogFormat, LogFormatOption, NoCache
from reconciler.cli.variables import SETTINGS
from reconciler.daemon import machine
from reconciler.daemon.logs import set_up
from reconciler.errors import UsageError
from reconciler.session.opened import open_mirrors, open_store

SOCKETS = "/home/argocd/cmp-server/plugins"

EXAMPLES = """**Examples**

`reconciler cmp-server`: what runs in the sidecar

`reconciler cmp-server --socket-folder /tmp/plugins --http 127.0.0.1:8080`: on this machine
"""


def cmp_server(
    socket_folder: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            envvar="ARGOCD_PLUGINSOCKFILEPATH",
            help="The folder that the repo-server looks for plugins in.",
        ),
    ] = SOCKETS,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The plugin's name, without its version.")
    ] = "reconciler",
    http: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            help="Where to answer /healthz, /readyz and /metrics; otherwise nowhere.",
        ),
    ] = "",
    discover: Annotated[
        bool,
        typer.Option(
            "--discover", help="Offer the plugin to apps that name none; each is then sent twice."
        ),
    ] = False,
    allow_repository: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A repository whose pinned commits may be fetched."),
    ] = None,
    max_archive: Annotated[
        int,
        typer.Option(metavar="MIB", min=1, max=1024, help="The largest archive of a repository."),
    ] = 64,
    max_unpacked: Annotated[
        int, typer.Option(metavar="MIB", min=1, max=4096, help="The largest repository, unpacked.")
    ] = 128,
    max_requests: Annotated[
        int, typer.Option(metavar="N", min=1, help="Refuse requests beyond so many at once.")
    ] = 500,
    memory: Annotated[
        int | None,
        typer.Option(
            metavar="MIB",
            min=256,
            help="Memory for the plugin and its kernels; otherwise what the container has.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=256, help="How many requests are worked on at once."),
    ] = 16,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="The time that one request may take.")
    ] = 120.0,
    grace: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="How long to wait for requests when it is stopped."
        ),
    ] = 25.0,
    log_format: LogFormatOption = LogFormat.json,
    no_cache: NoCache = False,
) -> None:
    """Serve Argo CD's plugin protocol: the sidecar of the repo-server."""
    check_installed("argocd", "the plugin server")
    from reconciler.argocd.server.log import log
    from reconciler.argocd.server.process import PluginSettings, serve
    from reconciler.argocd.server.request_limits import RequestLimits

    if not name.replace("-", "").replace(".", "").isalnum() or not name.isascii():
        raise UsageError(
            f"{name!r} cannot be the name of a plugin", hint="use letters, digits and dashes"
        )
    set_up(log, as_json=log_format is LogFormat.json)
    serve(
        PluginSettings(
            folder=os.path.abspath(socket_folder),
            name=name,
            http=http,
            discovery=discover,
            largest=max_unpacked << 20,
            memory=memory << 20 if memory else machine.memory(),
            grace=grace,
            repositories=tuple(allow_repository or ()),
            limits=RequestLimits(
                workers=workers,
                requests=max_requests,
                seconds=timeout,
                packed=max_archive << 20,
            ),
        ),
        open_store(SETTINGS, not no_cache),
        lambda: open_mirrors(SETTINGS, False),
    )
