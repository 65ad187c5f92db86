"""All risks of a promotion, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.promotion.report.risks.before_after import BeforeAfter
from reconciler.promotion.report.risks.definitions import lost_versions
from reconciler.promotion.report.risks.images import unpinned
from reconciler.promotion.report.risks.privileges import gains
from reconciler.promotion.report.risks.quota import quotas
from reconciler.promotion.report.risks.recreation import recreations
from reconciler.promotion.report.risks.removal import removals
from reconciler.promotion.report.risks.replicas import drops
from reconciler.promotion.report.risks.restarts import restarts
from reconciler.promotion.report.risks.rights import widenings
from reconciler.promotion.report.risks.storage import claims

RISKS: tuple[Callable[[BeforeAfter], Iterator[Finding]], ...] = (
    recreations,
    removals,
    claims,
    lost_versions,
    widenings,
    gains,
    quotas,
    drops,
    restarts,
    unpinned,
)


def risks_of(worlds: BeforeAfter) -> list[Finding]:
    found = [finding for look in RISKS for finding in look(worlds)]
    return sorted(dict.fromkeys(found), key=lambda f: [*Severity].index(f.severity))
