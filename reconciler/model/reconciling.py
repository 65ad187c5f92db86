"""What environment.yaml says of how its cluster is kept as Git says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from reconciler.model.kind_health import KindHealth
from reconciler.model.mapping_kinds import ONE_OR_MORE
from reconciler.model.notations import Duration, Glob, JqPath, JsonPointer, ServiceAccount
from reconciler.model.paths import AppName
from reconciler.model.promotion import Freeze, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSettings:
    """Fields that Git says and somebody else holds."""

    manager: Annotated[Glob, "The field manager that holds them, such as `argo-rollouts`."]
    field: Annotated[Glob, "The field, such as `spec.replicas` or `metadata.annotations.*`."] = "*"
    do: Annotated[
        Literal["take", "leave", "refuse"],
        "`take`: set it as Git says; `leave`: let them have it; `refuse`: change nothing of the "
        "object, and tell.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredDifference:
    """Fields that are left to whoever writes them, in the form that Argo CD has for it."""

    group: Annotated[Glob, "The API group of the objects; nothing for the core's."] = ""
    kind: Annotated[Glob, "Their kind, such as `Deployment`."]
    name: Annotated[str, "The one of that name only."] = ""
    namespace: Annotated[str, "Those of that namespace only."] = ""
    json_pointers: Annotated[
        tuple[JsonPointer, ...], "The fields, such as `/spec/replicas`, with what is in them."
    ] = ()
    managed_fields_managers: Annotated[
        tuple[str, ...], "Field managers, whose fields are theirs whichever these are."
    ] = ()
    jq_path_expressions: Annotated[
        tuple[JqPath, ...], "Not read, and refused: say `jsonPointers`."
    ] = ()

    def __post_init__(self) -> None:
        if not self.json_pointers and not self.managed_fields_managers:
            raise ValueError("name the fields in jsonPointers, or managedFieldsManagers")


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencySettings:
    """Apps that wait for others."""

    app: Annotated[Glob, "The apps that wait."]
    on: Annotated[
        tuple[Glob, ...],
        ONE_OR_MORE,
        "The apps of the environment that are as Git says, and well, before these are changed.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackSettings:
    """Apps that go back by themselves to the release that was last well."""

    app: Annotated[Glob, "The apps that go back."] = "*"
    after: Annotated[Duration, "How long a release may take to become well."] = timedelta(
        minutes=10
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneSettings:
    """What becomes of what was applied, and Git says no more."""

    delete: Annotated[bool, "Delete it."] = True
    after: Annotated[
        Duration, "How long it stays before it is deleted, so that a slip can be taken back."
    ] = timedelta()
    limit: Annotated[
        int, "No more objects of an app are deleted at once, unless they are a small part of it."
    ] = 10
    percent: Annotated[int, "How small a part: so many of a hundred."] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings:
    """How `apply` and `run` make the cluster what Git says."""

    drift: Annotated[
        Literal["correct", "report"],
        "What `run` does with what somebody changes in the cluster: `correct` sets it back, "
        "`report` only tells.",
    ] = "correct"
    correct_after: Annotated[
        Duration, "How long `run` lets a change stand in the cluster before it sets it back."
    ] = timedelta()
    account: Annotated[
        ServiceAccount,
        "The service account as which objects are applied and deleted, in which `{app}` stands for "
        "the app's name: so no app has more rights than its own. Otherwise it is whoever runs it.",
    ] = ""
    prune: Annotated[PruneSettings, "What becomes of what was applied, and Git says no more."] = (
        PruneSettings()
    )
    timeout: Annotated[
        Duration,
        "How long a wave waits for those before it, and a sync for a hook or for what it deletes.",
    ] = timedelta(minutes=5)
    degraded_after: Annotated[
        Duration,
        "How long what a wave waits for may be degraded before the wave is given up.",
    ] = timedelta(seconds=10)
    recreate: Annotated[
        tuple[Glob, ...],
        "What is deleted and made anew where a field is to change that cannot be changed: kinds, "
        "or KIND/NAME, such as `Job/migrate-*`. Namespaces, claims, volumes and definitions never "
        "are.",
    ] = ()
    conflicts: Annotated[
        tuple[ConflictSettings, ...],
        "Whose fields are taken; the first that fits counts, before the rules that are there "
        "anyway: what `kubectl` wrote is taken, replicas of an autoscaler are left, and all else "
        "is refused.",
    ] = ()
    ignore_differences: Annotated[
        tuple[IgnoredDifference, ...],
        "Fields of some objects that are made as Git says, and from then on left to whoever else "
        "writes them: no drift, and never set back. `argocd apps` tells Argo CD the same.",
    ] = ()
    hours: Annotated[
        tuple[Window | Freeze, ...],
        "When `run` may change anything; outside of these it tells what it would do.",
    ] = ()
    depends_on: Annotated[tuple[DependencySettings, ...], "Which apps wait for which."] = ()
    health: Annotated[
        tuple[KindHealth, ...],
        "How objects of custom kinds are, where their conditions do not say it.",
    ] = ()
    rollback: Annotated[
        tuple[RollbackSettings, ...],
        "Which apps `run` takes back to the release that was last well, if a new one does not "
        "become well. What a newer release did to its data it leaves as it is.",
    ] = ()

    def account_of(self, app: AppName) -> str:
        """As Kubernetes calls it; nothing where there is none."""
        if not self.account:
            return ""
        namespace, _, name = self.account.replace("{app}", app).partition("/")
        return f"system:serviceaccount:{namespace}:{name}"

    def rollback_of(self, app: AppName) -> RollbackSettings | None:
        """The first that fits."""
        return next((one for one in self.rollback if fnmatchcase(app, one.app)), None)

    def waits_for(self, app: AppName, others: list[AppName]) -> list[AppName]:
        """Those of the others that it waits for."""
        globs = [g for one in self.depends_on if fnmatchcase(app, one.app) for g in one.on]
        return [o for o in others if o != app and any(fnmatchcase(o, glob) for glob in globs)]
