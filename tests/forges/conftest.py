"""A repository of its own for each test in the real Gitea."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from reconciler.forges.client import ForgeClient, HttpRoute
from reconciler.forges.gitea import Gitea
from reconciler.forges.hosted import ForgeProject
from reconciler.forges.tokens import ForgeToken
from reconciler.testbed.addons.gitea import ADMINISTRATOR
from reconciler.testbed.loopback import call
from tests.testbed.plugin import Gitea as Server


@dataclass(frozen=True, slots=True)
class Site:
    """A repository in Gitea, seen by the people who work in it."""

    server: Server
    name: str
    clients: list[ForgeClient] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.server.url}/api/v1/repos/fleet/{self.name}"

    def forge(self, user: str = "bot", token: str = "", way: HttpRoute | None = None) -> Gitea:
        known = ForgeToken(token or self.server.token(user))
        client = ForgeClient("Gitea", f"{self.server.url}/api/v1", lambda: known, Gitea.needs, way)
        self.clients.append(client)
        return Gitea(client, ForgeProject(self.server.url, f"fleet/{self.name}"))

    def call(self, method: str, path: str, body: Any = None, user: str = "bot") -> Any:
        return call(method, f"{self.api}{path}", body, token=self.server.token(user))

    def push(self, branch: str, text: str = "release: 2\n", path: str = "", base: str = "") -> str:
        """The commit that changes a file on this branch, which is made from the base."""
        place = f"/contents/{path or branch + '.yaml'}"
        change = {"content": base64.b64encode(text.encode()).decode(), "message": "a change"}
        change |= {"branch": base, "new_branch": branch} if base else {"branch": branch}
        made = self.call("POST", place, change)
        return str(made["commit"]["sha"])

    def protect(self, **rules: Any) -> None:
        rule = {"rule_name": "main", "enable_push": True, **rules}
        self.call("POST", "/branch_protections", rule, user=ADMINISTRATOR)

    def approve(self, number: int, user: str = "alice", event: str = "APPROVED") -> None:
        self.call("POST", f"/pulls/{number}/reviews", {"event": event, "body": "so"}, user=user)


@pytest.fixture
def site(gitea: Server) -> Iterator[Site]:
    found = Site(gitea, f"forge-{uuid4().hex[:12]}")
    made = {"name": found.name, "auto_init": True, "default_branch": "main"}
    token = gitea.token(ADMINISTRATOR)
    call("POST", f"{gitea.url}/api/v1/orgs/fleet/repos", made, token=token)
    yield found
    for client in found.clients:
        client.close()
    call("DELETE", found.api, token=token)
