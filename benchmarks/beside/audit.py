"""The API server's own record of who wrote what, and what it refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ADMINISTRATOR = "administrator"
POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
"""


@dataclass(frozen=True, slots=True)
class Write:
    """A request that would change something; the three tools are all the administrator."""

    at: str
    user: str
    verb: str
    namespace: str
    resource: str
    name: str
    subresource: str
    code: int
    is_dry: bool

    @property
    def is_a_tools(self) -> bool:
        return self.user == ADMINISTRATOR


class AuditLog:
    """The record of an API server that was started by `program`."""

    def __init__(self, place: Path, api_server: Path) -> None:
        self._file = place / "audit.log"
        policy = place / "policy.yaml"
        policy.write_text(POLICY)
        self.program = place / "kube-apiserver"
        flags = f"--audit-policy-file={policy} --audit-log-path={self._file}"
        self.program.write_text(f'#!/bin/sh\nexec {api_server} "$@" {flags}\n')
        self.program.chmod(0o755)

    def writes(self) -> Iterator[Write]:
        for line in self._file.read_text().splitlines():
            event = json.loads(line)
            target = event.get("objectRef", {})
            yield Write(
                at=event["stageTimestamp"],
                user=event["user"]["username"],
                verb=event["verb"],
                namespace=target.get("namespace", ""),
                resource=target.get("resource", ""),
                name=target.get("name", ""),
                subresource=target.get("subresource", ""),
                code=event.get("responseStatus", {}).get("code", 0),
                is_dry="dryRun=" in event["requestURI"],
            )
