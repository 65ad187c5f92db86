from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import text


@rule("workloads/restart-policy", Severity.error)
def restart_policy(this: CheckRule, world: World) -> Iterator[Finding]:
    """The pods of a workload have a restartPolicy that it does not allow.

    The API server refuses it. The pods of a Job or a CronJob end one day, so theirs is `Never` or
    `OnFailure`, and must be written down. All others have `Always`, which is the default.
    """
    for pods in world.pods:
        policy, kind = text(pods.spec, "restartPolicy"), pods.owner.kind
        ends = kind in ("Job", "CronJob")
        if ends and policy not in ("Never", "OnFailure"):
            said = f"is {policy}" if policy else "is not there, and would be Always"
            what = f"the restartPolicy {said}"
            hint = "Never, or OnFailure"
        elif not ends and kind != "Pod" and policy not in ("", "Always"):
            what, hint = f"the restartPolicy is {policy}", "leave it out: it is Always"
        else:
            continue
        yield this.finding(pods.owner, f"{pods.path}.restartPolicy", what, hint)
