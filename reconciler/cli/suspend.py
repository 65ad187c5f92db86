"""reconciler suspend"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root, read_span
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import Names, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.controller.reporting.app_wishes import suspend as suspend_app
from reconciler.controller.why_held import Suspension
from reconciler.errors import UsageError, printable
from reconciler.git.command import run_git
from reconciler.model.entry import Entry
from reconciler.session.repository import the_repository
from reconciler.text.durations import moment
from reconciler.text.json_object import JsonObject

EXAMPLES = """**Examples**

`reconciler suspend prod/shop --reason 'the disk is being replaced' --until 4h`: change nothing of
it for four hours, whatever Git says

`reconciler suspend prod --reason 'moving the cluster'`: all apps of prod, until they are resumed
"""


def suspend(
    names: Names,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who read it.")],
    until: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="When it ends by itself: a time from now such as 4h, or 2026-12-24T08:00Z.",
            show_default=False,
        ),
    ] = "",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Have nothing of apps changed in their cluster, by `run` or by `apply`.

    It stands in the cluster, in the app's ReconciledApp object, with who wants it. What somebody
    changes meanwhile is still told.
    """
    if not reason.strip():
        raise UsageError("a suspension has a reason", hint="--reason TEXT")
    path = the_repository(root).path
    by = run_git(path, "config", "user.name", may_fail=True).decode().strip()
    wanted = Suspension(by, reason.strip(), _time(until) if until else None)
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    say = for_people(output, typer.echo)
    apps: list[JsonObject] = []
    for environment, entries in work.apps():
        apps += work.run(environment, partial(_suspend_all, entries, wanted, say))
    if output is not DataOutput.text:
        write_apps(output, apps)


async def _suspend_all(
    entries: Sequence[Entry], wanted: Suspension, say: Callable[[str], None], client: ApiClient
) -> list[JsonObject]:
    apps = []
    for entry in entries:
        before = await suspend_app(client, entry, wanted)
        ends = f"until {moment(wanted.until)}" if wanted.until else "until it is resumed"
        say(printable(f"{entry} is suspended {ends}"))
        apps.append(suspension_document(entry, wanted, was=before is not None))
    return apps


def suspension_document(entry: Entry, suspension: Suspension, *, was: bool) -> JsonObject:
    until = suspension.until and suspension.until.astimezone(UTC).isoformat(timespec="seconds")
    return {
        "environment": entry.environment,
        "app": entry.app,
        "by": suspension.by or None,
        "reason": suspension.reason or None,
        "until": until,
        "was": was,
    }


def _time(typed: str) -> datetime:
    now = datetime.now(UTC)
    if typed[:-1].isdecimal() and typed[-1].isalpha():
        return now + read_span(typed)
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        raise UsageError(
            f"{typed} is no time", hint="a time from now such as 4h, or 2026-12-24T08:00Z"
        ) from None
    found = found if found.tzinfo else found.astimezone()
    if found <= now:
        raise UsageError(f"{moment(found)} is over")
    return found
