"""A query to Prometheus, now and for all the time that the release has run.

The app is healthy at a moment for which the query has a result, and no value in it is 0. What is
between two samples that are healthy counts as healthy, all else does not.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.health.evidence import (
    ANSWER_SECONDS,
    MAX_ANSWER_BYTES,
    Evidence,
    HealthQuestion,
    unseen,
)
from reconciler.health.spans import joined
from reconciler.model.health_sources import Prometheus
from reconciler.yaml.nodes import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

MIN_STEP_SECONDS = 30  # seconds between samples
MAX_SAMPLES = 5000  # Prometheus gives 11,000 at most


def look(source: Prometheus, asked: HealthQuestion, client: httpx.Client) -> Evidence:
    import httpx

    url = asked.named(source.url).rstrip("/")
    step, begin, end = _sampling(asked)
    form = {"query": asked.named(source.query), "start": begin, "end": end, "step": step}
    try:
        with client.stream(
            *("POST", f"{url}/api/v1/query_range"),
            data=form,
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
        ) as answer:
            series = _series(answer)
    except httpx.HTTPError as e:
        return unseen(f"Prometheus does not answer at {url}: {type(e).__name__}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return unseen(f"what answers at {url} is not Prometheus")
    if isinstance(series, str):
        return unseen(f"Prometheus refuses the query: {series}")
    verdicts = _verdicts(series)
    pairs = [(t, t + step) for t in verdicts if verdicts[t] and verdicts.get(t + step)]
    spans = joined((_time(a), _time(b)) for a, b in pairs)
    if end not in verdicts:
        return unseen("the query has no result now", "does it name the app?", spans)
    said = "the query is healthy" if verdicts[end] else "the query has a value of 0"
    return Evidence(verdicts[end], said, spans)


def _sampling(asked: HealthQuestion) -> tuple[int, int, int]:
    """The seconds between samples, and the times of the first and the last."""
    end = int(asked.until.timestamp())
    length = max(0, end - math.ceil(asked.since.timestamp()))
    step = max(MIN_STEP_SECONDS, math.ceil(length / MAX_SAMPLES))
    return step, end - length // step * step, end


def _series(answer: httpx.Response) -> list[list[tuple[float, str]]] | str:
    """The samples of each series, or why there are none."""
    content = bytearray()
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            return "the result is too large; let the query make one series of all"
    found: dict[str, Any] = json.loads(content)
    if found["status"] != "success":
        return shortened(str(found.get("error", answer.status_code)))
    return [[(float(t), str(v)) for t, v in one["values"]] for one in found["data"]["result"]]


def _verdicts(series: list[list[tuple[float, str]]]) -> dict[int, bool]:
    """By time: is every value there other than 0?"""
    found: dict[int, bool] = {}
    for samples in series:
        for moment, text in samples:
            value = float(text)
            fine = value != 0 and not math.isnan(value)
            found[round(moment)] = found.get(round(moment), True) and fine
    return found


def _time(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
