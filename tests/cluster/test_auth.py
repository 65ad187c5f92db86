"""What proves who one is, is fetched anew when it must be, and once for all who wait."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.api_access import access_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.auth import Authenticator, Proof, ProofFiles, bearer, token_in
from reconciler.cluster.blocking_client import connect
from reconciler.cluster.exec_plugin import exec_plugin
from reconciler.cluster.in_pod import access_in_pod
from reconciler.cluster.kubeconfig import Context, read_kubeconfig
from reconciler.errors import ApiError, ClusterError
from tests.cluster.conftest import Say, Seen, access_to, scripted

SERVER = "https://127.0.0.1:1"


def context_for(folder: Path, user: dict[str, Any], **cluster: Any) -> Context:
    config = {
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "a",
    }
    (folder / "config").write_text(json.dumps(config))
    return read_kubeconfig([str(folder / "config")]).context()


def plugin(folder: Path, status: str, **more: Any) -> dict[str, Any]:
    """It notes each call and what it was told; `status` is Python, in which n counts the calls."""
    program = folder / "plugin.py"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys, time\n"
        f"folder = {str(folder)!r}\n"
        "open(folder + '/calls', 'a').write(os.environ['KUBERNETES_EXEC_INFO'] + '\\n')\n"
        "n = len(open(folder + '/calls').readlines())\n"
        "def ends(seconds):\n"
        "    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))\n"
        f"print(json.dumps({{'kind': 'ExecCredential', 'status': {status}}}))\n"
    )
    program.chmod(0o755)
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), **more}


def calls(folder: Path) -> list[dict[str, Any]]:
    file = folder / "calls"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def shown_by(authenticator: Authenticator) -> str:
    return asyncio.run(authenticator.proof()).authorization


class Counting:
    """A source that is asked for long, and may fail."""

    def __init__(self, *given: str | ClusterError) -> None:
        self.left = list(given)
        self.fetched = 0
        self.fresh = True

    def is_fresh(self, proof: Proof) -> bool:
        return self.fresh

    async def fetch(self) -> Proof:
        self.fetched += 1
        await asyncio.sleep(0.02)
        given = self.left.pop(0)
        if isinstance(given, ClusterError):
            raise given
        return Proof(given)


async def together(*work: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*work, return_exceptions=True)


def test_many_who_need_a_proof_wait_for_one_fetch() -> None:
    source = Counting("one", "two")

    async def use() -> list[str]:
        authenticator = Authenticator(source)
        first = await together(*(authenticator.proof() for _ in range(50)))
        source.fresh = False
        second = await together(*(authenticator.proof() for _ in range(50)))
        return [proof.authorization for proof in (*first, *second)]

    assert asyncio.run(use()) == ["one"] * 50 + ["two"] * 50
    assert source.fetched == 2


def test_many_who_are_refused_wait_for_one_fetch_and_who_comes_late_for_none() -> None:
    source = Counting("one", "two")

    async def use() -> list[Any]:
        authenticator = Authenticator(source)
        old = await authenticator.proof()
        found = await together(*(authenticator.renew(old) for _ in range(50)))
        return [*found, await authenticator.renew(old)]

    assert {proof.authorization for proof in asyncio.run(use())} == {"two"}
    assert source.fetched == 2


def test_who_is_given_the_same_again_knows_that_there_is_no_other() -> None:
    source = Counting("one", "one", "one")

    async def use() -> Proof | None:
        authenticator = Authenticator(source)
        return await authenticator.renew(await authenticator.proof())

    assert asyncio.run(use()) is None


def test_one_failure_is_told_to_all_who_waited_for_it() -> None:
    failure = ClusterError("no luck", why="it rains", hint="wait")
    source = Counting(failure, "one")

    async def use() -> tuple[list[Any], Proof]:
        authenticator = Authenticator(source)
        failed = await together(*(authenticator.proof() for _ in range(20)))
        return failed, await authenticator.proof()

    failed, after = asyncio.run(use())
    assert [(type(e), e.what, e.why, e.hint) for e in failed] == [
        (ClusterError, "no luck", "it rains", "wait")
    ] * 20
    assert len({id(e) for e in failed}) == 20
    assert (after.authorization, source.fetched) == ("one", 2)


def test_who_stops_waiting_takes_nothing_from_the_others() -> None:
    source = Counting("one")

    async def use() -> list[Any]:
        authenticator = Authenticator(source)
        waiting = [asyncio.create_task(authenticator.proof()) for _ in range(3)]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        return await together(*waiting)

    first, *others = asyncio.run(use())
    assert isinstance(first, asyncio.CancelledError)
    assert [proof.authorization for proof in others] == ["one", "one"]


def test_what_cannot_be_renewed_serves_on_until_the_server_refuses_it() -> None:
    source = Counting("one", ClusterError("no luck"), ClusterError("no luck"), "two")

    async def use() -> None:
        authenticator = Authenticator(source)
        one = await authenticator.proof()
        source.fresh = False
        for _ in range(5):
            assert await authenticator.proof() is one
        assert source.fetched == 2  # and it is not tried again at once
        with pytest.raises(ClusterError, match="no luck"):
            await authenticator.renew(one)
        two = await authenticator.renew(one)
        assert two
        assert two.authorization == "two"

    asyncio.run(use())


def test_a_plugin_is_asked_again_a_little_before_its_token_ends(tmp_path: Path) -> None:
    given = plugin(
        tmp_path, "{'token': f't{n}', 'expirationTimestamp': ends(1000 if n % 2 else 1)}"
    )
    authenticator = Authenticator(exec_plugin(context_for(tmp_path, {"exec": given}), os.environ))
    begun = time.time()
    first = asyncio.run(authenticator.proof())
    assert first.authorization == "Bearer t1"
    assert begun + 960 < first.until <= time.time() + 970  # 30 s before the end
    assert shown_by(authenticator) == "Bearer t1"

    second = asyncio.run(authenticator.renew(first))
    assert second
    assert second.until < time.time() + 1
    time.sleep(1)
    assert shown_by(authenticator) == "Bearer t3"
    assert len(calls(tmp_path)) == 3


def test_a_plugin_that_names_no_end_is_asked_once(tmp_path: Path) -> None:
    given = plugin(tmp_path, "{'token': f't{n}', 'expirationTimestamp': None}")
    authenticator = Authenticator(exec_plugin(context_for(tmp_path, {"exec": given}), os.environ))
    assert [shown_by(authenticator) for _ in range(3)] == ["Bearer t1"] * 3
    assert len(calls(tmp_path)) == 1


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_plugin_is_told_of_the_cluster_if_it_asks_for_that(tmp_path: Path, version: str) -> None:
    (tmp_path / "ca").write_bytes(b"---")
    cluster = {
        "certificate-authority": "ca",
        "tls-server-name": "name",
        "proxy-url": "http://proxy:1",
        "extensions": [
            {"name": "other", "extension": 1},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}},
        ],
    }
    wanted = {"apiVersion": f"client.authentication.k8s.io/{version}"}
    given = {**plugin(tmp_path, "{'token': 't'}"), **wanted, "env": None}
    for told in (False, True):
        user = {"exec": {**given, "provideClusterInfo": told}}
        asyncio.run(exec_plugin(context_for(tmp_path, user, **cluster), os.environ).fetch())
    without, info = calls(tmp_path)
    assert without == {**wanted, "kind": "ExecCredential", "spec": {"interactive": False}}
    assert info["spec"]["cluster"] == {
        "server": SERVER,
        "tls-server-name": "name",
        "proxy-url": "http://proxy:1",
        "certificate-authority-data": "LS0t",
        "config": {"audience": "x"},
    }


@pytest.mark.parametrize(
    ("status", "more", "what", "why"),
    [
        ("{}", {}, "gives no credentials", "it gives neither a token nor a certificate"),
        ("None", {}, "gives no credentials", "AttributeError"),
        ("1 / 0", {}, "gives no credentials", "it ended with code 1"),
        ("{'clientKeyData': 'k'}", {}, "gives no credentials", "a key alone"),
        ("{'token': 1, 'expirationTimestamp': 'x'}", {}, "gives no credentials", "ValueError"),
        ("{'token': 1, 'expirationTimestamp': 7}", {}, "gives no credentials", "ValueError"),
        ("{}, 'apiVersion': 'v9'", {}, "gives no credentials", "another version than client.auth"),
        ("{}", {"interactiveMode": "Always"}, "needs a terminal", "interactiveMode is Always"),
        ("{}", {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "speaks client", ""),
        ("{}", {"command": ""}, "has no command", ""),
    ],
)
def test_a_plugin_that_gives_nothing_is_named_and_why(
    tmp_path: Path, status: str, more: dict[str, Any], what: str, why: str
) -> None:
    context = context_for(tmp_path, {"exec": {**plugin(tmp_path, status), **more}})
    with pytest.raises(ClusterError, match=what) as caught:
        asyncio.run(exec_plugin(context, os.environ).fetch())
    assert why in caught.value.why
    assert "of the context a" in caught.value.what


def test_a_plugin_that_fails_says_how_it_is_installed(tmp_path: Path) -> None:
    missing = {"command": "no-such-plugin", "installHint": "apt install it"}
    with pytest.raises(ClusterError, match="no-such-plugin") as caught:
        connect(context_for(tmp_path, {"exec": missing}), os.environ)
    assert caught.value.hint == "apt install it"


def test_a_plugin_with_a_path_is_looked_for_beside_the_kubeconfig(tmp_path: Path) -> None:
    given = {**plugin(tmp_path, "{'token': 't'}"), "command": "./plugin.py"}
    source = exec_plugin(context_for(tmp_path, {"exec": given}), os.environ)
    assert asyncio.run(source.fetch()).authorization == "Bearer t"


def test_a_plugin_that_is_not_waited_for_any_more_is_ended(tmp_path: Path) -> None:
    given = {"command": "sleep", "args": ["300"]}
    source = exec_plugin(context_for(tmp_path, {"exec": given}), os.environ)

    async def use() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.fetch(), 0.2)

    asyncio.run(use())


def test_requests_that_are_refused_together_have_the_plugin_asked_once(tmp_path: Path) -> None:
    """The server takes t2 and nothing else, and no request fails."""
    given = plugin(tmp_path, "{'token': f't{n}'}")
    source = exec_plugin(context_for(tmp_path, {"exec": given}), os.environ)

    def answer(seen: Seen) -> Say:
        return Say(200 if seen.headers["Authorization"] == "Bearer t2" else 401)

    async def use(url: str) -> list[Any]:
        async with ApiClient(access_to(url, source)) as client:
            return await together(*(client.create("/api/v1/a", {}) for _ in range(30)))

    with scripted(answer) as url:
        assert asyncio.run(use(url)) == [{}] * 30
    assert len(calls(tmp_path)) == 2


def test_who_is_not_known_with_a_new_token_either_is_told_so(tmp_path: Path) -> None:
    given = plugin(tmp_path, "{'token': f't{n}'}")
    source = exec_plugin(context_for(tmp_path, {"exec": given}), os.environ)

    async def use(url: str) -> None:
        async with ApiClient(access_to(url, source)) as client:
            with pytest.raises(ApiError) as caught:
                await client.get("/api/v1/a")
            assert caught.value.status == 401
            assert caught.value.hint.startswith("log in again")

    with scripted(lambda _: Say(401)) as url:
        asyncio.run(use(url))
    assert len(calls(tmp_path)) == 2


def files(*paths: Path) -> ProofFiles:
    return ProofFiles([str(p) for p in paths], lambda: Proof(bearer(token_in(str(paths[0])))))


def test_a_file_is_read_again_when_it_is_replaced(tmp_path: Path) -> None:
    token, new = tmp_path / "token", tmp_path / "new"
    token.write_text("one\n")
    authenticator = Authenticator(files(token))
    assert shown_by(authenticator) == "Bearer one"
    new.write_text("two\n")
    new.rename(token)
    assert shown_by(authenticator) == "Bearer two"
    token.write_text("three\n")
    assert shown_by(authenticator) == "Bearer three"


def test_a_file_that_is_gone_or_being_written_is_done_without_for_a_while(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("one\n")
    for broken in (lambda: token.write_text(""), token.unlink):
        authenticator = Authenticator(files(token))
        assert shown_by(authenticator) == "Bearer one"
        broken()
        assert shown_by(authenticator) == "Bearer one"
        with pytest.raises(ClusterError, match=r"token (holds no token|cannot be read)"):
            shown_by(Authenticator(files(token)))
        token.write_text("one\n")


def test_a_file_that_looks_the_same_is_read_again_each_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("one\n")
    seen = token.stat()
    authenticator = Authenticator(files(token))
    assert shown_by(authenticator) == "Bearer one"
    with token.open("r+") as file:
        file.write("two\n")
    os.utime(token, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert shown_by(authenticator) == "Bearer one"
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert shown_by(authenticator) == "Bearer two"


def test_a_token_file_counts_before_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("file")
    context = context_for(tmp_path, {"token": "typed", "tokenFile": "token"})
    source = access_of(context, {}).source
    assert asyncio.run(source.fetch()).authorization == "Bearer file"


def test_a_pod_finds_its_api_server(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one")
    (tmp_path / "ca.crt").write_text("---")
    place = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = access_in_pod(place, str(tmp_path))
    assert (access.server, access.authority) == ("https://[fd00::1]:443", b"---")
    assert asyncio.run(access.source.fetch()).authorization == "Bearer one"


@pytest.mark.parametrize("place", [{}, {"KUBERNETES_SERVICE_HOST": "a"}])
def test_what_is_no_pod_is_said_to_be_none(tmp_path: Path, place: dict[str, str]) -> None:
    (tmp_path / "token").write_text("one")
    with pytest.raises(ClusterError, match="this is not a pod in a cluster"):
        access_in_pod(place, str(tmp_path))
    with pytest.raises(ClusterError, match="this is not a pod in a cluster"):
        access_in_pod({**place, "KUBERNETES_SERVICE_PORT": "1"}, str(tmp_path / "none"))
