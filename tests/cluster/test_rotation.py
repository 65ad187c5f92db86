"""Tokens end while requests go on, on a real API server, and no request fails.

RECONCILER_SOAK=1 makes it two minutes, with tokens of 20 seconds.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.api_access import Access, access_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.auth import FixedProof, Proof, bearer
from reconciler.cluster.in_pod import access_in_pod
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.cluster.watch import WatchEventKind
from reconciler.errors import ApiError
from reconciler.text.json_object import JsonObject
from tests.testbed.plugin import Cluster

SOAK = bool(os.environ.get("RECONCILER_SOAK"))
SECONDS = 120 if SOAK else 10  # and until two tokens of each kind have ended
LIFE = 20 if SOAK else 4
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
WHOSE = "pod", "beside", "told", "untold"
PLUGIN = """\
import json, pathlib, subprocess, sys, time
kubectl, config, namespace, folder, life, ends = sys.argv[1:]
command = [kubectl, "--kubeconfig", config, "-n", namespace]
run = lambda *a: subprocess.run([*command, *a], check=True, stdout=-1, text=True).stdout.strip()
name = f"plugin-{ends}-{time.time_ns()}"
run("create", "secret", "generic", name)
bound = "--bound-object-kind=Secret", "--bound-object-name=" + name
token = run("create", "token", "default", *bound)
pathlib.Path(folder, name).write_text(token)
status = {"token": token}
if ends == "told":
    end = time.gmtime(time.time() + int(life))
    status["expirationTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", end)
version = "client.authentication.k8s.io/v1"
print(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
"""


class Tokens:
    """Tokens of a service account, each good for as long as there is the Secret it is bound to."""

    def __init__(self, admin: ApiClient, namespace: str) -> None:
        self._admin = admin
        self._at = f"/api/v1/namespaces/{namespace}"
        self._numbers = count()
        self.ended: list[tuple[str, str]] = []  # whose they were, and the tokens

    async def make(self) -> tuple[str, str]:
        """The Secret's name, and the token."""
        secret = await self._admin.create(
            f"{self._at}/secrets", {"metadata": {"name": f"bound-{next(self._numbers)}"}}
        )
        name = str(secret["metadata"]["name"])
        bound = {"apiVersion": "v1", "kind": "Secret", "name": name}
        bound["uid"] = secret["metadata"]["uid"]
        request = {"spec": {"boundObjectRef": bound, "expirationSeconds": 600}}
        answer = await self._admin.create(f"{self._at}/serviceaccounts/default/token", request)
        return name, str(answer["status"]["token"])

    async def end(self, whose: str, name: str, token: str) -> None:
        await self._admin.delete(f"{self._at}/secrets/{name}")
        self.ended.append((whose, token))

    def each_ended_twice(self) -> bool:
        counts = Counter(whose for whose, _ in self.ended)
        return all(counts[whose] >= 2 for whose in WHOSE)


@asynccontextmanager
async def meanwhile(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def replace_token(folder: Path, token: str) -> None:
    """As a kubelet does: all files at once, by renaming a link."""
    version = folder / f"..{time.time_ns()}"
    version.mkdir()
    (version / "token").write_text(token)
    link = folder / "..data_tmp"
    link.symlink_to(version.name)
    link.rename(folder / "..data")
    if not (folder / "token").is_symlink():
        (folder / "token").symlink_to("..data/token")


async def rotate(tokens: Tokens, folder: Path) -> None:
    """The new token is there before the old one ends."""
    before: tuple[str, str] | None = None
    while True:
        now = await tokens.make()
        replace_token(folder, now[1])
        if before:
            await asyncio.sleep(LIFE / 4)
            await tokens.end(folder.name, *before)
        before = now
        await asyncio.sleep(LIFE * 3 / 4)


async def end_those_of_plugins(tokens: Tokens, folder: Path) -> None:
    while True:
        for file in folder.glob("plugin-*"):
            _, whose, begun = file.name.split("-")
            if time.time() - int(begun) / 1e9 > LIFE:
                await tokens.end(whose, file.name, file.read_text())
                file.unlink()
        await asyncio.sleep(0.1)


async def ask_on(access: Access, who: str, is_over: Callable[[], bool]) -> int:
    """How many requests were answered; one that fails ends it."""
    asked = 0
    async with ApiClient(access) as client:
        while not is_over():
            answer = await client.create(REVIEWS, REVIEW)
            assert answer["status"]["userInfo"]["username"] == who
            asked += 1
            await asyncio.sleep(0.02)
    return asked


async def watch_on(
    access: Access, path: str, made: list[str], is_over: Callable[[], bool]
) -> list[str]:
    """The names of what was created, all of it, in watches that follow one another."""
    names: list[str] = []
    version = ""
    async with ApiClient(access) as client:
        while not (is_over() and len(names) >= len(made)):
            async for event in client.watch(path, version=version, labels="n", seconds=LIFE):
                version = event.version
                if event.kind is WatchEventKind.added:
                    names.append(event.object["metadata"]["name"])
    return names


async def create_on(
    admin: ApiClient, path: str, made: list[str], is_over: Callable[[], bool]
) -> None:
    while not is_over():
        body: JsonObject = {"metadata": {"name": f"made-{len(made)}", "labels": {"n": "1"}}}
        await admin.create(path, body)
        made.append(body["metadata"]["name"])
        await asyncio.sleep(0.25)


async def wait_until_refused(access: Access, token: str) -> int:
    """With what; an API server takes for a while what it has found good."""
    old = Access("an old token", access.server, FixedProof(Proof(bearer(token))), access.authority)
    async with ApiClient(old) as client:
        while True:
            try:
                await client.create(REVIEWS, REVIEW)
            except ApiError as e:
                return e.status
            await asyncio.sleep(0.5)


def test_no_request_fails_while_tokens_end(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(all_at_once(cluster, tmp_path, capsys))


async def all_at_once(cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    namespace = cluster.namespace
    view = ("create", "rolebinding", "view", "--clusterrole=view", "-n", namespace)
    cluster.kubectl(*view, f"--serviceaccount={namespace}:default")
    given = json.loads(cluster.kubeconfig.read_text())
    place = given["clusters"][0]["cluster"]
    who = f"system:serviceaccount:{namespace}:default"
    configmaps = f"/api/v1/namespaces/{namespace}/configmaps"
    pod, beside, issued = (tmp_path / name for name in ("pod", "beside", "issued"))
    for folder in (pod, beside, issued):
        folder.mkdir()
    (tmp_path / "plugin.py").write_text(PLUGIN)

    def with_user(name: str, user: dict[str, Any]) -> Access:
        file = tmp_path / name
        file.write_text(json.dumps({**given, "users": [{**given["users"][0], "user": user}]}))
        return access_of(read_kubeconfig([str(file)]).context(), os.environ)

    def with_plugin(ends: str) -> Access:
        kubectl = [str(cluster.bin / "kubectl"), str(cluster.kubeconfig), namespace]
        args = [str(tmp_path / "plugin.py"), *kubectl, str(issued), str(LIFE), ends]
        return with_user(f"plugin-{ends}", {"exec": {"command": sys.executable, "args": args}})

    end = time.monotonic() + SECONDS
    made: list[str] = []
    administrator = access_of(read_kubeconfig([str(cluster.kubeconfig)]).context(), {})
    async with ApiClient(administrator) as admin:
        tokens = Tokens(admin, namespace)

        def is_over() -> bool:
            return time.monotonic() > end and tokens.each_ended_twice()

        for folder in (pod, beside):
            replace_token(folder, (await tokens.make())[1])
        (pod / "ca.crt").write_bytes(base64.b64decode(place["certificate-authority-data"]))
        host, _, port = place["server"].removeprefix("https://").partition(":")
        environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        token_file = with_user("file", {"tokenFile": str(beside / "token")})
        async with meanwhile(
            rotate(tokens, pod),
            rotate(tokens, beside),
            end_those_of_plugins(tokens, issued),
            create_on(admin, configmaps, made, is_over),
        ):
            *asked, seen = await asyncio.gather(
                ask_on(with_plugin("told"), who, is_over),
                ask_on(with_plugin("untold"), who, is_over),
                ask_on(token_file, who, is_over),
                ask_on(access_in_pod(environment, str(pod)), who, is_over),
                watch_on(token_file, configmaps, made, is_over),
            )
        refused = await asyncio.gather(
            *(wait_until_refused(administrator, token) for _, token in tokens.ended)
        )
    assert set(refused) == {401}
    assert min(asked) > 0
    assert seen == made
    with capsys.disabled():
        if SOAK:
            print(f"\n{asked} requests and {len(seen)} events; {len(tokens.ended)} tokens ended")
