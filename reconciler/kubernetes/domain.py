"""Under which name our labels, annotations and metrics are known: changing it is one line."""

from __future__ import annotations

DOMAIN = "reconciler.dev"
METRICS_PREFIX = DOMAIN.partition(".")[0]
