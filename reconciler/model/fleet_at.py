"""The fleet of one commit: what is wrong with it is told with the revision that has it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import Place, ReconcilerError
from reconciler.model.files import Files
from reconciler.model.fleet import Fleet, load_fleet

SHORT = 12


def fleet_at(files: Files, commit: str) -> Fleet:
    """The file of that name on disk may be another."""
    try:
        fleet = load_fleet(files)
    except ReconcilerError as e:
        if e.where:
            e.where = _at(commit, e.where)
        raise
    environments = (
        replace(e, places={path: _at(commit, place) for path, place in e.places.items()})
        for e in fleet.environments
    )
    return replace(fleet, environments=tuple(environments))


def _at(commit: str, place: Place) -> Place:
    return Place(f"{commit[:SHORT]}:{place.file}", place.line, place.column)
