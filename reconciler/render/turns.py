"""Who is next where many want the same: nobody waits for all that somebody else has asked for."""

from __future__ import annotations

import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any


# A project, and one of its applications.
Owner = tuple[str, str]
NOBODY: Owner = ("", "")

# What has been under way for longer is slow: others need not wait for it.
SLOW_SECONDS = 2.0


class Turns:
    """Projects take turns, and so do the applications of a project.

    `total` may be under way at once; of one project half of these, and of one application half of
    that. What is slow does not count in the total, so somebody who asks for a lot of it makes
    others wait for that long and no longer. Who asks has the lock.
    """

    def __init__(
        self, total: int, *, long: float = SLOW_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._project = -(-total // 2)
        self._app = -(-self._project // 2)
        self._long = long
        self._clock = clock
        self._waiting: dict[str, dict[str, deque[Any]]] = {}
        self._under_way: dict[Any, tuple[Owner, float]] = {}

    def __bool__(self) -> bool:
        """Does anybody wait?"""
        return bool(self._waiting)

    def put(self, owner: Owner, item: Hashable) -> None:
        project, app = owner
        self._waiting.setdefault(project, {}).setdefault(app, deque()).append(item)

    def take(self) -> Any:
        """The next that may begin, or None."""
        now = self._clock()
        young = sum(now - began < self._long for _, began in self._under_way.values())
        if not self._waiting or young >= self._total:
            return None
        owners = [owner for owner, _ in self._under_way.values()]
        for project, apps in self._waiting.items():
            if sum(p == project for p, _ in owners) >= self._project:
                continue
            for app in apps:
                if owners.count((project, app)) < self._app:
                    return self._begin((project, app), now)
        return None

    def done(self, item: Hashable) -> None:
        self._under_way.pop(item, None)

    def drop(self, item: Hashable) -> None:
        """It does not wait any more."""
        for project, apps in list(self._waiting.items()):
            for app, items in list(apps.items()):
                if item in items:
                    items.remove(item)
                    self._tidy(project, app)

    def waiting(self) -> list[Any]:
        return [i for apps in self._waiting.values() for items in apps.values() for i in items]

    def _begin(self, owner: Owner, now: float) -> Any:
        """Whoever had a turn is behind the others."""
        project, app = owner
        apps = self._waiting.pop(project)
        items = apps.pop(app)
        item = items.popleft()
        apps[app] = items
        self._waiting[project] = apps
        self._tidy(project, app)
        self._under_way[item] = owner, now
        return item

    def _tidy(self, project: str, app: str) -> None:
        if not self._waiting[project][app]:
            del self._waiting[project][app]
        if not self._waiting[project]:
            del self._waiting[project]
