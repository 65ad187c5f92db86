"""The apps of an environment, and which of them this replica keeps."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.app_record import AppRecord
from reconciler.controller.loop.membership import Membership
from reconciler.controller.reporting.report_board import AppWish
from reconciler.errors import ClusterError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry


class OwnApps:
    """By what they are called in the cluster. Until it shares them, all are its own."""

    def __init__(self, client: ApiClient, membership: Membership) -> None:
        self._client = client
        self._membership = membership
        self._records: dict[str, AppRecord] = {}
        self._wishes: dict[str, AppWish] = {}
        self.is_shared = False

    def __contains__(self, key: str) -> bool:
        """Whether or not it is its own."""
        return key in self._records

    def __len__(self) -> int:
        """Of all."""
        return len(self._records)

    @property
    def own(self) -> list[AppRecord]:
        return [app for key, app in [*self._records.items()] if self.is_own(key)]

    @property
    def first(self) -> list[AppRecord]:
        """One of which to tell what is of no app; none where there is none."""
        return [*self._records.values()][:1]

    def is_own(self, key: str) -> bool:
        return not self.is_shared or self._membership.has(key)

    def get(self, key: str) -> AppRecord | None:
        """One that is its own."""
        return self._records.get(key) if self.is_own(key) else None

    def record(self, entry: Entry) -> AppRecord:
        key = app_key(entry)
        if key in self._records:
            return self._records[key]
        app = AppRecord(entry)
        if wish := self._wishes.get(key):
            app.suspension, app.requested = wish.suspension, wish.requested
        return app

    def take(self, entries: Iterable[Entry]) -> list[AppRecord]:
        """These, and no others any more; what is known of one is kept."""
        self._records = {app_key(entry): self.record(entry) for entry in entries}
        return [*self._records.values()]

    def wished(self, wish: AppWish) -> AppRecord | None:
        """The app of which somebody wants something else by now."""
        self._wishes[wish.app] = wish
        app = self.get(wish.app)
        if app is None or (app.suspension, app.requested) == (wish.suspension, wish.requested):
            return None
        app.suspension, app.requested = wish.suspension, wish.requested
        return app

    def share_again(self) -> list[AppRecord]:
        """What is left to others is forgotten: if it comes back, it is found out anew.

        Those that are its own, and of which nothing is known yet.
        """
        for key, app in self._records.items():
            if not self.is_own(key):
                self._records[key] = AppRecord(app.entry, rendered=app.rendered)
        return [app for app in self.own if app.there is None]

    def is_current(self, app: AppRecord) -> bool:
        """Or has another replica had the app meanwhile?"""
        return self._records.get(app_key(app.entry)) is app

    def client_for(self, app: AppRecord) -> ApiClient:
        """Which writes nothing of the app any more once it is, or may be, another replica's."""

        def fence() -> float:
            if not self.is_current(app):
                raise ClusterError(f"{app.entry} is another replica's by now, or left Git")
            return self._membership.check()

        return self._client.fenced(fence) if self.is_shared else self._client

    def uid_of(self, entry: Entry, identity: Identity) -> str:
        app = self._records.get(app_key(entry))
        item = app.items.get(identity) if app else None
        return item.uid if item else ""
