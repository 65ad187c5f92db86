"""All sources of health: connected when first needed, and each asked once about each app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Self

from reconciler.errors import ReconcilerError
from reconciler.health import argocd, flux, kubernetes, probe, prometheus, reconciled
from reconciler.health.evidence import Evidence, HealthQuestion, unseen
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.globs import matches
from reconciler.model.health_sources import (
    ArgoCDHealth,
    FluxHealth,
    HealthSource,
    KubernetesHealth,
    Probe,
    Prometheus,
    ReconcilerHealth,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from reconciler.cluster.blocking_client import BlockingApiClient

MAX_QUESTIONS_AT_ONCE = 8

Key = tuple[HealthSource, Entry, "datetime", "datetime"]


class HealthSources:
    """`connect` opens the API server of an environment, or of the cluster that is named."""

    def __init__(
        self,
        connect: Callable[[Environment, str], BlockingApiClient],
        browse: Callable[[], httpx.Client],
    ) -> None:
        self._connect = connect
        self._browse = browse
        self._clusters: dict[str, BlockingApiClient] = {}
        self._browser: httpx.Client | None = None
        self._known: dict[Key, Evidence] = {}
        self._alone = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._clusters.values():
            client.close()
        if self._browser:
            self._browser.close()

    def look(
        self, environment: Environment, asked: Sequence[HealthQuestion]
    ) -> list[list[Evidence]]:
        """For each app what each of its sources says; nothing where none is declared."""
        wanted = {
            _key(source, one): (source, one)
            for one in asked
            for source in environment.health
            if matches(source.app, one.entry.app) and _key(source, one) not in self._known
        }
        with ThreadPoolExecutor(MAX_QUESTIONS_AT_ONCE) as pool:
            found = pool.map(lambda pair: self._ask(environment, *pair), wanted.values())
            self._known.update(zip(wanted, found, strict=True))
        return [
            [
                self._known[_key(source, one)]
                for source in environment.health
                if matches(source.app, one.entry.app)
            ]
            for one in asked
        ]

    def complaints(self, environment: Environment, entry: Entry, since: datetime) -> list[str]:
        """What the clusters say of an app that is not well; no error: it is told beside others."""
        found: list[str] = []
        for source in environment.health:
            if not matches(source.app, entry.app):
                continue
            try:
                match source:
                    case ArgoCDHealth():
                        client = self._cluster(environment, source.cluster)
                        found += argocd.complaints(source, entry, client, since)
                    case ReconcilerHealth():
                        client = self._cluster(environment, source.cluster)
                        found += reconciled.complaints(entry, client)
                    case KubernetesHealth():
                        client = self._cluster(environment, source.cluster)
                        found += kubernetes.complaints(environment, entry, client, since)
                    case _:
                        pass
            except ReconcilerError as e:
                found.append(e.what)
        return found

    def _ask(
        self, environment: Environment, source: HealthSource, asked: HealthQuestion
    ) -> Evidence:
        try:
            match source:
                case ArgoCDHealth():
                    return argocd.look(source, asked, self._cluster(environment, source.cluster))
                case ReconcilerHealth():
                    return reconciled.look(asked, self._cluster(environment, source.cluster))
                case FluxHealth():
                    return flux.look(source, asked, self._cluster(environment, source.cluster))
                case KubernetesHealth():
                    client = self._cluster(environment, source.cluster)
                    return kubernetes.look(asked, environment, client)
                case Prometheus():
                    return prometheus.look(source, asked, self._web())
                case Probe():
                    return probe.look(source, asked, self._web())
        except ReconcilerError as e:
            return unseen(e.what, e.hint)

    def _cluster(self, environment: Environment, name: str) -> BlockingApiClient:
        key = f"cluster {name or environment.name}"
        with self._alone:
            if key not in self._clusters:
                self._clusters[key] = self._connect(environment, name)
            return self._clusters[key]

    def _web(self) -> httpx.Client:
        with self._alone:
            if self._browser is None:
                self._browser = self._browse()
            return self._browser


def _key(source: HealthSource, asked: HealthQuestion) -> Key:
    return source, asked.entry, asked.since, asked.until
