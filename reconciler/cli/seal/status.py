"""reconciler seal status"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from reconciler.cli.options import Output, Root
from reconciler.cli.output import console, print_table, show_note, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import Place
from reconciler.session.sealing import open_sealing_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.seal_status import EnvironmentStatus, SealStatus, SecretCell

WORDS = {
    "current": "current",
    "older": "to rotate",
    "foreign": "for another certificate",
    "unknown": "of unknown age",
}

EXAMPLES = """**Examples**

`reconciler seal status`: each secret in each environment

`reconciler seal status prod -o json`: one environment, for programs
"""


def status_(
    target: Annotated[
        str | None,
        typer.Argument(metavar="ENV[/APP]", help="Only this environment or app; otherwise all."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    root: Root = None,
) -> None:
    """Show which secret is where, with which certificate it was sealed, and what is missing."""
    from reconciler.sealing.seal_status import status_of

    place = open_sealing_session(SETTINGS, root)
    wanted = {home.entry for home in place.homes(target)}
    everything = status_of(place.tree, place.fleet.environments, place.homes())
    found = everything.only(wanted)
    now = datetime.now(UTC)
    if output is Output.json:
        write_json(_document(found, now))
        return
    _write(found, now)
    for one in found.environments:
        if one.certificates and place.confirmed.is_another(
            one.environment.name, one.certificates.newest
        ):
            show_note(
                f"the newest certificate is another than this clone has sealed with: "
                f"reconciler seal cert fetch {one.environment.name} "
                f"--fingerprint {one.certificates.newest.fingerprint}",
                Place(one.certificates.file),
                place.tree.root,
            )
        if one.is_old(now) and one.certificates:
            days = one.certificates.newest.age(now).days
            show_note(
                f"the certificate is {days} days old, and the controller may have a newer one: "
                f"reconciler seal cert fetch {one.environment.name}",
                Place(one.certificates.file),
                place.tree.root,
            )


def _write(status: SealStatus, now: datetime) -> None:
    out = console(stderr=False)
    for one in status.environments:
        out.print(Text(f"{one.environment.name:10} {_certificate(one, now)}"))
    if not status.rows:
        out.print("nothing is sealed yet")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("SECRET", *(one.environment.name for one in status.environments)):
        table.add_column(name, overflow="fold")
    for (app, name), row in status.rows.items():
        cells = [row.get(one.environment.name) for one in status.environments]
        table.add_row(f"{app}/{name}", *map(_cell, cells))
    print_table(table)


def _certificate(one: EnvironmentStatus, now: datetime) -> str:
    if one.certificates is None:
        return "no certificate"
    newest = one.certificates.newest
    words = f"{newest.fingerprint}, {newest.age(now).days} days old"
    words += f", expires {newest.not_after:%Y-%m-%d}"
    older = len(one.certificates.all) - 1
    return words + (f", and {older} older" if older else "")


def _cell(cell: SecretCell | None) -> str:
    if cell is None:
        return ""
    if not cell.path:
        return "missing"
    counts: dict[str, int] = {}
    for value in cell.values:
        counts[value.certificate] = counts.get(value.certificate, 0) + 1
    words = ", ".join(f"{count} {WORDS[what]}" for what, count in counts.items()) or "empty"
    since = max((value.since for value in cell.values), default="")
    return f"{words}, {since}" if since else words


def _document(status: SealStatus, now: datetime) -> dict[str, Any]:
    return {
        "version": 1,
        "environments": [_environment(one, now) for one in status.environments],
        "secrets": [
            {
                "app": app,
                "name": name,
                "environments": {env: _cell_document(cell) for env, cell in row.items()},
            }
            for (app, name), row in status.rows.items()
        ],
    }


def _environment(one: EnvironmentStatus, now: datetime) -> dict[str, Any]:
    from reconciler.sealing.as_json import certificate_document

    certificates = one.certificates.all if one.certificates else ()
    return {
        "name": one.environment.name,
        "certificates": [certificate_document(c) for c in certificates],
        "old": one.is_old(now),
    }


def _cell_document(cell: SecretCell) -> dict[str, Any]:
    if not cell.path:
        return {"missing": True}
    values = [
        {"key": v.key, "certificate": v.certificate, "since": v.since or None} for v in cell.values
    ]
    return {"missing": False, "file": cell.path, "values": values}
