"""Programs that prove who one is, as a kubeconfig names them: client.authentication.k8s.io."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from subprocess import DEVNULL, PIPE
from typing import Any

from reconciler.cluster.auth import Proof, bearer
from reconciler.cluster.kubeconfig import Context, authority_of, certificate_of
from reconciler.errors import ClusterError

SECONDS = 60
GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
SETTINGS = f"{GROUP}/exec"  # the extension of a cluster that is meant for plugins
EARLY_SECONDS = 30
EARLY_SHARE = 0.2
# What of a cluster a plugin is told that asks for it.
TOLD = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    context: str
    command: tuple[str, ...] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    version: str
    hint: str
    certificate: Proof  # of the user, where the plugin gives none

    def is_fresh(self, proof: Proof) -> bool:
        return time.time() < proof.until

    async def fetch(self) -> Proof:
        begun = time.time()
        try:
            answer = json.loads(await self._output())
            if answer.get("apiVersion", self.version) != self.version:
                raise self._gives_nothing(f"it answers in another version than {self.version}")
            return self._proof(answer["status"], begun)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            raise self._gives_nothing(type(e).__name__) from None

    async def _output(self) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *self.command, env=self.environment, stdin=DEVNULL, stdout=PIPE
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
        except TimeoutError:
            raise self._gives_nothing(f"it took longer than {SECONDS} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise self._gives_nothing(f"it ended with code {process.returncode}")
        return output

    def _proof(self, status: Mapping[str, Any], begun: float) -> Proof:
        token = str(status.get("token") or "")
        certificate = str(status.get("clientCertificateData") or "").encode()
        key = str(status.get("clientKeyData") or "").encode()
        if bool(certificate) != bool(key):
            raise self._gives_nothing("it gives a certificate without its key, or a key alone")
        if not token and not certificate:
            raise self._gives_nothing("it gives neither a token nor a certificate")
        if not certificate:
            certificate, key = self.certificate.certificate, self.certificate.key
        until = _renewal(begun, status.get("expirationTimestamp"))
        return Proof(bearer(token) if token else "", certificate, key, until)

    def _gives_nothing(self, why: str) -> ClusterError:
        return ClusterError(
            f"the credential plugin {self.command[0]} of the context {self.context} gives no "
            "credentials",
            why=why,
            hint=self.hint,
        )


def exec_plugin(context: Context, environment: Mapping[str, str]) -> ExecPlugin:
    """The plugin of a context's user, which runs in this environment."""
    plugin = context.user["exec"]
    if not isinstance(plugin, Mapping) or not plugin.get("command"):
        raise ClusterError(f"the credential plugin of the context {context.name} has no command")
    command = str(plugin["command"])
    version = str(plugin.get("apiVersion") or VERSIONS[0])
    if version not in VERSIONS:
        raise ClusterError(
            f"the credential plugin {command} of the context {context.name} speaks {version}",
            hint=f"set its apiVersion to {VERSIONS[0]}, if its documentation allows that",
        )
    if plugin.get("interactiveMode") == "Always":
        raise ClusterError(
            f"the credential plugin {command} of the context {context.name} needs a terminal",
            why="its interactiveMode is Always, and nobody is asked for anything here",
            hint="log in with its own command, or use a context with another plugin",
        )
    if os.sep in command:
        command = os.path.join(context.user_folder, command)
    variables = {str(v["name"]): str(v["value"]) for v in plugin.get("env") or ()}
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(context)
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
    return ExecPlugin(
        context.name,
        (command, *map(str, plugin.get("args") or ())),
        {**environment, **variables, "KUBERNETES_EXEC_INFO": json.dumps(info)},
        version,
        str(plugin.get("installHint") or "run it by hand"),
        Proof("", *certificate_of(context)),
    )


def _cluster_info(context: Context) -> dict[str, Any]:
    cluster = context.cluster
    found = {name: cluster[name] for name in TOLD if cluster.get(name)}
    if authority := authority_of(context):
        found["certificate-authority-data"] = base64.b64encode(authority).decode()
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == SETTINGS:
            found["config"] = extension.get("extension")
    return found


def _renewal(begun: float, ends: object) -> float:
    """When to ask again: a little before it ends, and for a short one not too soon."""
    if not ends:
        return math.inf
    end = datetime.fromisoformat(str(ends)).timestamp()
    return end - min(EARLY_SECONDS, max(0.0, end - begun) * EARLY_SHARE)
