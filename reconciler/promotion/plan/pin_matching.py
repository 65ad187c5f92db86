"""Which pin of the source becomes which pin of the target, and whether it may."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reconciler.errors import FleetError
from reconciler.git.addresses import address as repository_address
from reconciler.model.release import Pin
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress


@dataclass(frozen=True, slots=True)
class PinMatch:
    """A pin of the target, and the ref that the source has in its place."""

    address: FieldAddress
    pin: Pin
    ref: str
    came: FieldAddress | None  # where the source has it
    own: bool  # a commit of this repository


def matched(
    names: tuple[str, str], source: EntryFields, target: EntryFields, own: Collection[str], tip: str
) -> Iterator[PinMatch]:
    """By repository and folder, where each environment has its own folder of the overlay.

    `own` are the addresses of this repository; what pins nothing follows its `tip`.
    """
    for address, pin in target.pins.items():
        ours = repository_address(pin.repository) in own
        came = counterpart(names, source, target, address)
        if came:
            yield PinMatch(address, pin, source.pins[came].ref, came, ours)
        elif ours and not source.pins:
            yield PinMatch(address, pin, tip, None, ours)
        else:
            raise FleetError(
                f"{names[0]} has no release of {pin.path or pin.repository}",
                where=pin.place,
                why=f"{names[0]} pins no URL of the same folder for this app",
                hint="pin the same overlays in both environments",
            )


def counterpart(
    names: tuple[str, str], source: EntryFields, target: EntryFields, address: FieldAddress
) -> FieldAddress | None:
    """Where the source has what the target pins at an address; of one pin each, it is that one."""
    key = _key(target.pins[address], names[1])
    same = [came for came, pin in source.pins.items() if _key(pin, names[0]) == key]
    if not same and len(source.pins) == len(target.pins) == 1:
        same = list(source.pins)
    return same[0] if same else None


def _key(pin: Pin, environment: str) -> tuple[str, tuple[str, ...]]:
    """The folder without the environment's name in it."""
    path = tuple("*" if part == environment else part for part in pin.path.split("/"))
    return repository_address(pin.repository), path
