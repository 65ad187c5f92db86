"""What answers at an address of environment.yaml may be anything."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import timedelta

import httpx
import pytest

from reconciler.health import prometheus
from reconciler.health.evidence import MAX_ANSWER_BYTES, HealthQuestion
from reconciler.model.health_sources import Prometheus
from tests.entries import entry_at_home
from tests.health.questions import unasked
from tests.promotion.gates.fake_facts import NOW
from tests.promotion.gates.web import serving

ASKED = HealthQuestion(
    entry_at_home("stage", "paw"), NOW - timedelta(hours=1), NOW, lambda _: True, unasked
)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"7", b"null", b"<html>", b"[" * 100_000, b'{"status": "success"}', b"\xff"],
    ids=lambda content: content[:8].decode(errors="replace"),
)
def test_what_is_no_prometheus_tells_nothing(content: bytes) -> None:
    with serving(lambda *_: (200, content)) as url, httpx.Client() as client:
        found = prometheus.look(Prometheus(url=url, query="up"), ASKED, client)
    assert (found.healthy, found.blind) == (None, True)
    assert found.said == f"what answers at {url} is not Prometheus"


def test_an_answer_that_unpacks_to_very_much_is_not_kept() -> None:
    bomb = gzip.compress(bytes(20 * MAX_ANSWER_BYTES), 1)
    with serving(lambda *_: (200, bomb), encoding="gzip") as url, httpx.Client() as client:
        tracemalloc.start()
        found = prometheus.look(Prometheus(url=url, query="up"), ASKED, client)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "the result is too large" in found.said
    assert most < 6 * MAX_ANSWER_BYTES
