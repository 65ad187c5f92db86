"""What is done otherwise with an object, because it says so itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.cluster.conflict_rules import Decision


class MayGo(StrEnum):
    """May it be deleted? The safest comes last, here and below."""

    yes = "yes"
    confirm = "confirm"  # once somebody approves it
    no = "no"


class Applying(StrEnum):
    always = "always"
    once = "once"  # where it is there already, it stays as it is
    never = "never"


class HookPhase(StrEnum):
    """When a hook runs, in this order."""

    pre_sync = "PreSync"
    sync = "Sync"
    post_sync = "PostSync"
    sync_fail = "SyncFail"
    pre_delete = "PreDelete"
    post_delete = "PostDelete"


class HookDeletion(StrEnum):
    before_creation = "BeforeHookCreation"
    succeeded = "HookSucceeded"
    failed = "HookFailed"


@dataclass(frozen=True, slots=True)
class Going:
    """Whether it may be deleted, and which annotation says so."""

    may: MayGo = MayGo.yes
    by: str = ""


@dataclass(frozen=True, slots=True)
class ObjectTreatment:
    """What the annotations of an object ask for; without any, the same as for every other."""

    wave: int = 0
    hooks: tuple[HookPhase, ...] = ()
    hook_deletion: tuple[HookDeletion, ...] = (HookDeletion.before_creation,)
    prune: Going = Going()  # when Git says it no more
    uninstall: Going = Going()  # when all of the app goes
    is_approved: bool = False  # that it goes, where that has to be confirmed
    prunes_last: bool = False
    applies: Applying = Applying.always
    applies_by: str = ""  # which annotation says so
    may_be_made_anew: bool = False  # where a field cannot be changed
    ignores_health: bool = False
    conflicts: Decision | None = None
    reports_drift: bool | None = None  # instead of setting it back; None: as everywhere


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """What an annotation, or a label of Flux, says and nobody understands."""

    name: str
    value: str
    known: tuple[str, ...]


PLAIN = ObjectTreatment()
