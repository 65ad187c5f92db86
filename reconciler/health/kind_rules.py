"""What an environment says of its custom kinds, ready to judge objects."""

from __future__ import annotations

from reconciler.cluster.status.status_rules import StatusRules
from reconciler.health.expression_rule import ExpressionRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.environment import Environment
    from reconciler.render.kernel_process import Kernel


def status_rules(environment: Environment, kernel: Kernel) -> StatusRules:
    """The kernel is one that checks; it is asked only of kinds that have a rule."""
    rules = environment.reconcile.health
    return StatusRules({rule.key: ExpressionRule(rule.expressions, kernel) for rule in rules})
