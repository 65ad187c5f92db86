"""An app's inventory as text: a line for each object, which people can read and search, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from reconciler.errors import ClusterError
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

NONE = "-"
FIELDS = 9
LEAVING = "%Y-%m-%dT%H:%M:%SZ"


class ItemState(StrEnum):
    intended = "intended"  # it may have been made by now, or not
    applied = "applied"
    kept = "kept"  # in Git no more, and not deleted
    asked = "asked"  # in Git no more, and deleted once somebody approves that
    leaving = "leaving"  # in Git no more, and deleted once its time has come
    ignored = "ignored"  # Git says to leave it alone
    hook = "hook"  # it may be there, and has not run to its end
    ran = "ran"  # a hook that has; it may be there, or be deleted since


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """An object that is, or may be, there because of this app."""

    identity: Identity
    version: str  # of its kind
    state: ItemState
    uid: str = ""
    # digest of what Git said; of a hook, the commit and the phases that it ran in; of what is
    # leaving, since when
    want: str = ""
    own: str = ""  # digest of what the server then said is ours

    @property
    def leaving_since(self) -> datetime | None:
        """When Git was first seen not to say it any more; None where nothing waits for its time."""
        if self.state is not ItemState.leaving:
            return None
        return datetime.strptime(self.want, LEAVING).replace(tzinfo=UTC)

    @property
    def reference(self) -> JsonObject:
        """What it is called, as an object."""
        metadata = {"name": self.identity.name, "namespace": self.identity.namespace}
        return {"apiVersion": self.version, "kind": self.identity.kind, "metadata": metadata}


@dataclass(frozen=True, slots=True)
class About:
    """Whose inventory it is, so that no other repository takes it for its own."""

    repository: str
    entry: str
    cluster: str  # the uid of kube-system
    commit: str = ""  # of the last sync
    well: str = ""  # the last commit with which all was well
    held: str = ""  # digest of what Git renders and is not applied
    instead: str = ""  # the commit that is applied in its place


def item_lines(items: Iterable[InventoryItem]) -> str:
    return "".join(f"{_line(item)}\n" for item in sorted(items, key=lambda i: i.identity))


def read_items(text: str, place: str) -> list[InventoryItem]:
    return [_item(line, place) for line in text.splitlines() if line]


def about_lines(about: About) -> str:
    return "".join(f"{name}: {getattr(about, name)}\n" for name in About.__slots__)


def read_about(text: str, place: str) -> About:
    found: Mapping[str, str] = dict(
        line.partition(": ")[::2] for line in text.splitlines() if ": " in line
    )
    try:
        repository, entry, cluster = (found[n] for n in ("repository", "entry", "cluster"))
    except KeyError as e:
        raise damaged(place, f"about does not say {e.args[0]}") from None
    later = (found.get(name, "").strip() for name in ("commit", "well", "held", "instead"))
    return About(repository.strip(), entry.strip(), cluster.strip(), *later)


def damaged(place: str, why: str) -> ClusterError:
    """Nothing is applied or deleted by what somebody broke."""
    return ClusterError(
        f"the inventory {place} is damaged",
        why=why,
        hint="restore it; or delete it, and nothing that was applied is deleted by the next apply",
    )


def _line(item: InventoryItem) -> str:
    identity = item.identity
    said = (
        *(identity.group, identity.kind, item.version, identity.namespace, identity.name),
        *(item.state, item.uid, item.want, item.own),
    )
    return " ".join(word or NONE for word in said)


def _item(line: str, place: str) -> InventoryItem:
    words = line.split(" ")
    if len(words) != FIELDS or words[5] not in list(ItemState):
        raise damaged(place, f"this is no line of it: {line[:100]}")
    group, kind, version, namespace, name, state, uid, want, own = (
        "" if word == NONE else word for word in words
    )
    if not kind or not name or not version:
        raise damaged(place, f"this is no line of it: {line[:100]}")
    identity = Identity(group, kind, namespace, name)
    item = InventoryItem(identity, version, ItemState(state), uid, want, own)
    try:
        item.leaving_since  # noqa: B018
    except ValueError:
        raise damaged(place, f"it says no time since which that leaves: {line[:100]}") from None
    return item
