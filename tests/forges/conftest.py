"""A repository of its own for each test in the real Gitea."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from reconciler.forges.client import Client, Way
from reconciler.forges.gitea import NEEDS, Gitea
from reconciler.forges.hosted import Project
from reconciler.forges.tokens import Fixed, Token
from reconciler.git.remote import Change, Remote
from reconciler.git.remote import Outcome as PushOutcome
from reconciler.testbed.addons.gitea import ADMINISTRATOR
from reconciler.testbed.loopback import call
from tests.conftest import Repo
from tests.testbed.plugin import Gitea as Server

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Site:
    """A repository in Gitea, seen by the people who work in it."""

    server: Server
    name: str
    clients: list[Client] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.server.url}/api/v1/repos/fleet/{self.name}"

    def forge(self, user: str = "bot", token: str = "", way: Way | None = None) -> Gitea:
        credential = Fixed(Token(token or self.server.token(user)))
        client = Client("Gitea", f"{self.server.url}/api/v1", credential, NEEDS, way)
        self.clients.append(client)
        return Gitea(client, Project(self.server.url, f"fleet/{self.name}"))

    def call(self, method: str, path: str, body: Any = None, user: str = "bot") -> Any:
        return call(method, f"{self.api}{path}", body, token=self.server.token(user))

    def push(self, branch: str, text: str = "release: 2\n", path: str = "", base: str = "") -> str:
        """The commit that changes a file on this branch, which is made from the base."""
        place = f"/contents/{path or branch + '.yaml'}"
        change = {"content": base64.b64encode(text.encode()).decode(), "message": "a change"}
        change |= {"branch": base, "new_branch": branch} if base else {"branch": branch}
        made = self.call("POST", place, change)
        return str(made["commit"]["sha"])

    def push_many(self, branches: Iterable[str], repo: Repo) -> None:
        """A commit for each of these branches, all in one go."""
        login = ("bot", self.server.token("bot"))
        remote = Remote(
            str(repo.path), f"{self.server.url}/fleet/{self.name}.git", os.environ, lambda: login
        )
        main = remote.fetch("main")["main"]
        tree = repo.git("rev-parse", f"{main}^{{tree}}")
        tips = {b: repo.git("commit-tree", tree, "-p", main, "-m", b) for b in branches}
        pushed = remote.push([Change(branch, tip, "") for branch, tip in tips.items()])
        assert {push.outcome for push in pushed.values()} == {PushOutcome.done}

    def protect(self, **rules: Any) -> None:
        rule = {"rule_name": "main", "enable_push": True, **rules}
        self.call("POST", "/branch_protections", rule, user=ADMINISTRATOR)

    def approve(self, number: int, user: str = "alice", event: str = "APPROVED") -> None:
        self.call("POST", f"/pulls/{number}/reviews", {"event": event, "body": "so"}, user=user)


@pytest.fixture
def site(gitea: Server) -> Iterator[Site]:
    found = Site(gitea, f"forge-{next(_numbers)}")
    made = {"name": found.name, "auto_init": True, "default_branch": "main"}
    token = gitea.token(ADMINISTRATOR)
    call("POST", f"{gitea.url}/api/v1/orgs/fleet/repos", made, token=token)
    yield found
    for client in found.clients:
        client.close()
    call("DELETE", found.api, token=token)
