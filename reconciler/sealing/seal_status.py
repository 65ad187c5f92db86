"""Which secret is where, and what it was sealed with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import Files
from reconciler.sealing.certificates import Certificates, find_certificates
from reconciler.sealing.seal import record_for
from reconciler.sealing.sealed_files import AppSecrets, sealed_in
from reconciler.sealing.sealed_secret import SealedSecret

CURRENT, OLDER, FOREIGN, UNKNOWN = "current", "older", "foreign", "unknown"


@dataclass(frozen=True, slots=True)
class SealedValueState:
    """A sealed value; the certificate is the current, an older, a foreign or an unknown one."""

    key: str
    certificate: str
    since: str  # the day when it was last changed, "" if that is not known


@dataclass(frozen=True, slots=True)
class SecretCell:
    """A secret in an environment; without a path it is missing there."""

    path: str = ""
    values: tuple[SealedValueState, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    environment: Environment
    certificates: Certificates | None

    def is_old(self, now: datetime) -> bool:
        """Has the controller most likely made a newer key since?"""
        if self.certificates is None:
            return False
        return self.certificates.newest.age(now) > self.environment.sealing.certificate_age


@dataclass(frozen=True, slots=True)
class SealStatus:
    environments: tuple[EnvironmentStatus, ...]
    rows: Mapping[
        tuple[str, str], Mapping[str, SecretCell]
    ]  # by app and secret, then by environment

    def only(self, entries: Set[Entry]) -> SealStatus:
        """Of these apps; a secret that another environment has is missing in theirs."""
        wanted = {(entry.environment, str(entry.app)) for entry in entries}
        rows = {
            key: {name: cell for name, cell in row.items() if (name, key[0]) in wanted}
            for key, row in self.rows.items()
        }
        names = {entry.environment for entry in entries}
        about = tuple(one for one in self.environments if one.environment.name in names)
        return SealStatus(about, {key: row for key, row in rows.items() if row})


def status_of(
    files: Files, environments: Sequence[Environment], homes: Iterable[AppSecrets]
) -> SealStatus:
    about = tuple(EnvironmentStatus(e, find_certificates(files, e)) for e in environments)
    known = {one.environment.name: one.certificates for one in about}
    rows: dict[tuple[str, str], dict[str, SecretCell]] = {}
    entries: list[Entry] = []
    for home in homes:
        entries.append(home.entry)
        certificates = known[home.environment.name]
        for found in sealed_in(files, home.entry.folder):
            row = rows.setdefault((home.entry.app, found.sealed.name), {})
            values = tuple(_values(home.placed(found.sealed), certificates))
            row[home.environment.name] = SecretCell(found.path, values)
    for (app, _), row in rows.items():
        for entry in entries:
            if entry.app == app:
                row.setdefault(entry.environment, SecretCell())
    return SealStatus(about, dict(sorted(rows.items())))


def _values(sealed: SealedSecret, certificates: Certificates | None) -> Iterable[SealedValueState]:
    record = record_for(sealed)
    for key, text in sorted(sealed.encrypted.items()):
        item = record.of(key, text)
        if item is None or certificates is None:
            yield SealedValueState(key, UNKNOWN, item.since if item else "")
        elif item.fingerprint == certificates.newest.fingerprint:
            yield SealedValueState(key, CURRENT, item.since)
        else:
            known = certificates.find(item.fingerprint)
            yield SealedValueState(key, OLDER if known else FOREIGN, item.since)
