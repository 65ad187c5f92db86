"""What servers answer that are busy, broken, forgetful, or no API servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.auth import FixedProof, Proof, bearer
from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.cluster.retrying import MAX_WAIT_SECONDS, pause_before_repeat
from reconciler.cluster.watch import WatchEventKind, lines
from reconciler.errors import ApiError
from tests.cluster.conftest import Say, access_to, answered, scripted

OBJECT = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}}
BUSY = Say(429, headers={"Retry-After": "0"})
AWAY = Say(503, headers={"Retry-After": "0"})
SOON = Say(503)
BROKEN = Say(0)


def status(code: int, reason: str, message: str = "no", **details: Any) -> dict[str, Any]:
    found = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return {**found, "details": details}


@pytest.mark.parametrize(
    ("said", "verb", "works"),
    [
        (BUSY, "get", True),
        (BUSY, "create", True),
        (BUSY, "merge_patch", True),
        (BUSY, "delete", True),
        (AWAY, "get", True),
        (AWAY, "create", False),
        (AWAY, "merge_patch", False),
        (AWAY, "delete", False),
        (AWAY, "delete with uid", True),
        (SOON, "get", False),
        (BROKEN, "get", True),
        (BROKEN, "create", False),
        (BROKEN, "merge_patch", False),
        (BROKEN, "delete", False),
        (BROKEN, "delete with uid", True),
    ],
)
def test_only_what_does_no_harm_is_sent_once_more(said: Say, verb: str, works: bool) -> None:
    with answered(said, Say(200, OBJECT)) as server:
        verbs: dict[str, Callable[[], Any]] = {
            "get": lambda: server.client.get("/api/v1/a"),
            "create": lambda: server.client.create("/api/v1/a", OBJECT),
            "merge_patch": lambda: server.client.merge_patch("/api/v1/a", OBJECT),
            "delete": lambda: server.client.delete("/api/v1/a"),
            "delete with uid": lambda: server.client.delete("/api/v1/a", uid="u"),
        }
        if works:
            assert verbs[verb]()
        else:
            with pytest.raises(ApiError) as caught:
                verbs[verb]()
            assert (caught.value.status, caught.value.transient) == (said.status, True)
        assert len(server.seen) == 1 + works


def test_a_server_that_breaks_every_connection_is_not_asked_for_ever() -> None:
    with answered(BROKEN, BROKEN, BROKEN) as server:
        with pytest.raises(ApiError) as caught:
            server.client.get("/api/v1/a")
        assert (caught.value.status, caught.value.transient) == (0, True)
        assert "the API server does not answer at http://127.0.0.1:" in caught.value.what
        assert caught.value.why.startswith("GET /api/v1/a: ")
        assert len(server.seen) == 2


@pytest.mark.parametrize("asked", ["31", "86400", "9" * 400])
def test_nobody_waits_longer_than_the_limit(asked: str) -> None:
    with answered(Say(429, headers={"Retry-After": asked})) as server:
        with pytest.raises(ApiError) as caught:
            server.client.get("/api/v1/a")
        assert (caught.value.status, caught.value.transient) == (429, True)


@given(
    st.sampled_from([429, 500, 502, 503, 504]),
    st.sampled_from(["", "0", "1", "7", "soon", "-1", "1.5", "٣", "Wed, 21 Oct 2026 07:28:00 GMT"]),
    st.booleans(),
)
def test_all_pauses_together_stay_below_the_limit(code: int, asked: str, repeatable: bool) -> None:
    waited, repeats = 0.0, 0
    while pause := pause_before_repeat(
        code, asked, is_repeatable=repeatable, repeats=repeats, waited=waited
    ):
        waited, repeats = waited + pause, repeats + 1
    assert waited <= MAX_WAIT_SECONDS
    assert repeats <= 10


@pytest.mark.parametrize(
    ("said", "reason", "transient", "why"),
    [
        (Say(403, status(403, "Forbidden", "you\nmay not")), "Forbidden", False, "you may not"),
        (Say(404, status(404, "NotFound")), "NotFound", False, "no"),
        (Say(422, status(422, "Invalid")), "Invalid", False, "no"),
        (Say(500, status(500, "InternalError", "webhook")), "InternalError", True, "webhook"),
        (
            Say(500, status(500, "", ".spec.x: field not declared in schema")),
            *("", False, ".spec.x: field not declared in schema"),
        ),
        (Say(504, status(504, "Timeout")), "Timeout", True, "no"),
        (Say(502, b"<html>bad gateway</html>"), "", True, "<html>bad gateway</html>"),
        (Say(400, b"\xff\x00"), "", False, "\ufffd\0"),
        (Say(400, b"x" * 100_000), "", False, "x" * 500),
        (Say(400, [1]), "", False, "[1]"),
        (Say(302, b"", {"Location": "http://example.com"}), "", False, ""),
    ],
)
def test_a_refusal_has_its_status_its_reason_and_what_was_said(
    said: Say, reason: str, transient: bool, why: str
) -> None:
    with answered(said) as server, pytest.raises(ApiError) as caught:
        server.client.create("/api/v1/things", OBJECT)
    error = caught.value
    assert (error.status, error.reason, error.transient) == (said.status, reason, transient)
    assert error.what == f"the API server refuses POST /api/v1/things with {said.status}"
    assert error.why == why
    again = error.again()
    assert vars(again) == vars(error)


WHO = 'User "system:serviceaccount:a:b" cannot patch resource'


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (
            f'secrets "key" is forbidden: {WHO} "secrets" in API group "" in the namespace "a"',
            f'secrets "key" is forbidden: {WHO} "secrets" in API group "" in the namespace "a"',
        ),
        (
            f'serviceaccounts "b" is forbidden: {WHO} "serviceaccounts" in API group "" in the '
            'namespace "a": RBAC: role "c" not found',
            f'serviceaccounts "b" is forbidden: {WHO} "serviceaccounts" in API group "" in the '
            'namespace "a"',
        ),
        ('secrets "key" is forbidden: a policy denies the value hunter2', "Forbidden"),
        (f'hunter2 secrets "key" is forbidden: {WHO} "secrets" in API group ""', "Forbidden"),
    ],
)
def test_of_a_secret_only_the_right_that_lacks_is_told(message: str, why: str) -> None:
    said = Say(403, status(403, "Forbidden", message))
    with answered(said) as server, pytest.raises(ApiError) as caught:
        server.client.get("/api/v1/namespaces/a/secrets/key")
    assert caught.value.why == why


def test_a_token_that_is_sent_back_is_not_told() -> None:
    token = "hunter2.is.not.told"
    proof = FixedProof(Proof(bearer(token)))
    with answered(Say(400, f"what is {bearer(token)}?".encode()), source=proof) as server:
        with pytest.raises(ApiError) as caught:
            server.client.get("/api/v1/a")
        assert server.seen[0].headers["Authorization"] == bearer(token)
    assert caught.value.why == "what is Bearer ...?"
    assert token not in repr(proof)


@pytest.mark.parametrize("answer", [b"<html>", b"", b"{", [], 1, None, {"items": 3}, {"kind": 1}])
def test_what_is_no_list_is_no_api_server(answer: Any) -> None:
    no_api_server = "what answers GET /api/v1/a is not an API server"
    with answered(Say(200, answer)) as server, pytest.raises(ApiError, match=no_api_server):
        server.client.list("/api/v1/a")


def page(*names: str, further: str = "", version: str = "7") -> Say:
    metadata = {"resourceVersion": version, "continue": further}
    items = [{"metadata": {"name": name}} for name in names]
    return Say(200, {"apiVersion": "v1", "kind": "ThingList", "metadata": metadata, "items": items})


def test_a_list_that_is_forgotten_half_way_is_read_anew_and_whole() -> None:
    gone = Say(410, status(410, "Expired"))
    answers = page("a", "b", further="x"), gone, page("b", "c", "d", version="9")
    with answered(*answers) as server:
        found = server.client.list("/api/v1/things", labels="a=b", page=2)
        assert [item["metadata"]["name"] for item in found.items] == ["b", "c", "d"]
        assert (found.version, found.items[0]["kind"]) == ("9", "Thing")
        asked = [seen.path.partition("?")[2] for seen in server.seen]
        assert asked == [
            "labelSelector=a%3Db&limit=2",
            "labelSelector=a%3Db&limit=2&continue=x",
            "labelSelector=a%3Db",
        ]


def test_a_list_that_is_gone_from_the_start_is_an_error() -> None:
    with answered(Say(410, status(410, "Expired"))) as server:
        with pytest.raises(ApiError) as caught:
            server.client.list("/api/v1/things")
        assert caught.value.status == 410


def event(type_: str, **value: Any) -> bytes:
    return json.dumps({"type": type_, "object": value}).encode() + b"\n"


def test_the_error_in_a_watch_is_an_error() -> None:
    added = event("ADDED", metadata={"resourceVersion": "5"})
    bookmark = event("BOOKMARK", metadata={"resourceVersion": "8"})
    old = event("ERROR", **status(410, "Expired", "too old resource version: 1 (5)"))
    with answered(Say(200, added + bookmark + old)) as server:
        watch = server.client.watch("/api/v1/things", version="1")
        assert [(e.kind, e.version) for e in (next(watch), next(watch))] == [
            (WatchEventKind.added, "5"),
            (WatchEventKind.bookmark, "8"),
        ]
        with pytest.raises(ApiError) as caught:
            next(watch)
    error = caught.value
    assert (error.status, error.reason, error.transient) == (410, "Expired", False)
    assert error.why == "too old resource version: 1 (5)"


def test_a_watch_that_is_refused_is_an_error() -> None:
    with answered(Say(403, status(403, "Forbidden", "not you"))) as server:
        with pytest.raises(ApiError) as caught:
            next(server.client.watch("/api/v1/things"))
        assert (caught.value.status, caught.value.why) == (403, "not you")


@pytest.mark.parametrize("line", [b"<html>\n", b"[]\n", b'{"type": "NEW", "object": {}}\n', b"1"])
def test_what_is_no_event_is_no_api_server(line: bytes) -> None:
    no_api_server = "what answers WATCH /api/v1/a is not an API server"
    with answered(Say(200, line)) as server, pytest.raises(ApiError, match=no_api_server):
        next(server.client.watch("/api/v1/a"))


@given(st.lists(st.binary(max_size=9)), st.lists(st.integers(0, 40)))
def test_a_line_is_a_line_however_it_arrives(content: list[bytes], cuts: list[int]) -> None:
    whole = b"\n".join(content)
    ends = sorted({0, len(whole), *(cut for cut in cuts if cut <= len(whole))})
    pieces = [whole[a:b] for a, b in pairwise(ends)]

    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collected() -> list[bytes]:
        return [line async for line in lines(arriving())]

    assert asyncio.run(collected()) == [line for line in whole.split(b"\n") if line]


def test_a_server_that_is_away_is_named_without_what_its_address_hides() -> None:
    with scripted(lambda _: Say()) as url:
        pass
    hidden = url.replace("://", "://who:hunter2@")
    with BlockingApiClient(access_to(hidden)) as client, pytest.raises(ApiError) as caught:
        client.get("/api/v1/a")
    assert f"does not answer at {url}" in caught.value.what
    assert "hunter2" not in "".join(caught.value.lines())


def test_a_path_below_the_servers_own_is_kept() -> None:
    """As Rancher and other proxies have it."""
    paths: list[str] = []

    def answer(seen: Any) -> Say:
        paths.append(seen.path)
        return Say(200, OBJECT)

    with scripted(answer) as url, BlockingApiClient(access_to(f"{url}/k8s/c-1")) as client:
        client.get("/api/v1/a")
    assert paths == ["/k8s/c-1/api/v1/a"]
