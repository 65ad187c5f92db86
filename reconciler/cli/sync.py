"""reconciler sync"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from reconciler.cli.options import DataOutput, DataOutputOption, Offline, Root
from reconciler.cli.outcomes import end_as, show_failure
from reconciler.cli.output import for_people, write_apps
from reconciler.cli.reconciling import Names, Reconciling, reconciling
from reconciler.cli.seal.options import ContextOption, KubeconfigOption
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.status.state import Condition, condition
from reconciler.controller.reporting.app_wishes import request_sync, wait_for_sync
from reconciler.errors import ReconcilerError, printable
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

EXAMPLES = """**Examples**

`reconciler sync prod/shop`: have the running reconciler sync it now, and wait for that
"""


def sync(
    names: Names,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long to wait for each app.")
    ] = 120.0,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    output: DataOutputOption = DataOutput.text,
    root: Root = None,
    offline: Offline = False,
) -> None:
    """Ask a running reconciler to sync apps now, outside their hours, too.

    It syncs to what it has of Git; what somebody changed by hand is set back where the environment
    wants that. The exit code is 1 if not all of it went well.
    """
    work = reconciling(names, "", kubeconfig, context, root, offline=offline)
    synced: list[_Synced] = []
    for environment, entries in work.apps():
        synced += work.run(environment, partial(_sync_all, work, entries, timeout, output))
    if output is not DataOutput.text:
        write_apps(output, map(_document, synced))
    end_as(synced)


@dataclass(frozen=True, slots=True)
class _Synced:
    entry: Entry
    ready: Condition | None = None
    error: ReconcilerError | None = None

    @property
    def is_good(self) -> bool:
        return self.ready is not None and self.ready.is_true


async def _sync_all(
    work: Reconciling,
    entries: Sequence[Entry],
    timeout: float,
    output: DataOutput,
    client: ApiClient,
) -> list[_Synced]:
    """What nobody syncs holds up no other."""
    marks = {entry: await request_sync(client, entry) for entry in entries}
    say = for_people(output, typer.echo)
    synced = []
    for entry, mark in marks.items():
        try:
            ready = condition(await wait_for_sync(client, entry, mark, timeout), "Ready")
        except ReconcilerError as e:
            synced.append(_Synced(entry, error=e))
            if output is DataOutput.text and len(work.entries) > 1:
                show_failure(f"{entry}: not synced", e)
            continue
        synced.append(_Synced(entry, ready))
        said = f"{ready.reason}, {ready.message}" if ready else "nothing is said of it"
        say(printable(f"{entry}: {said}"))
    return synced


def _document(synced: _Synced) -> JsonObject:
    ready = synced.ready
    return {
        "environment": synced.entry.environment,
        "app": synced.entry.app,
        "ready": synced.is_good,
        "reason": ready.reason if ready else None,
        "message": ready.message if ready else None,
        "error": synced.error.as_json() if synced.error else None,
    }
