"""What all forges have in common: limits, faults, pages, proxies, and a token that nobody sees."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reconciler.errors import ForgeError, ForgeUncertain
from reconciler.forges.client import ForgeClient, HttpRoute, RetryClock
from reconciler.forges.tokens import ForgeToken
from tests.forges.replay import Answer, Free, Replay, replay

SECRET = "s3cr3t-t0k3n-0f-th3-b0t"
NEEDS = "the right to write"

Connect = Callable[..., ForgeClient]


class Passing:
    """Time that passes only while somebody waits, and remembers who did."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> RetryClock:
        return RetryClock(lambda: self.time, self.sleep)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay(Free()) as running:
        yield running


@pytest.fixture
def client(server: Replay, passing: Passing) -> Iterator[ForgeClient]:
    with ForgeClient(
        "Forge", server.url, lambda: ForgeToken(SECRET), NEEDS, HttpRoute(clock=passing.clock)
    ) as c:
        yield c


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (Answer({}, 429, {"Retry-After": "7"}), 7),
        (Answer({}, 429, {"Retry-After": "Fri, 15 Jan 2027 08:00:09 GMT"}), 9),
        (Answer({}, 429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "1800000011"}), 11),
        (Answer({}, 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000012"}), 12),
        (Answer({"message": "You have exceeded a secondary rate limit"}, 403), 60),
        (
            Answer(
                {"message": "You have exceeded a secondary rate limit"}, 403, {"Retry-After": "3"}
            ),
            3,
        ),
        (Answer({}, 503, {"Retry-After": "5"}), 5),
    ],
)
def test_a_forge_is_left_alone_for_as_long_as_it_asks(
    server: Replay, client: ForgeClient, passing: Passing, answer: Answer, pause: float
) -> None:
    server.give("GET", "/x", answer, {"ok": True})
    assert client.get("/x") == {"ok": True}
    assert passing.pauses == [pause]


def test_what_was_refused_for_a_limit_was_not_done_and_is_sent_again(
    server: Replay, client: ForgeClient
) -> None:
    server.give("POST", "/x", Answer({}, 429, {"Retry-After": "1"}), Answer({"id": 1}, 201))
    assert client.send("POST", "/x", {"a": 1}).status == 201
    assert [request.body for request in server.requests] == [{"a": 1}, {"a": 1}]


def test_a_limit_that_lasts_too_long_is_told_with_its_end(
    server: Replay, client: ForgeClient, passing: Passing
) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800003600"}
    server.give("GET", "/x", Answer({"message": "API rate limit exceeded"}, 403, reset))
    with pytest.raises(ForgeError, match="takes no more requests") as caught:
        client.get("/x")
    assert "2027-01-15 09:00:00 UTC" in caught.value.hint
    assert passing.pauses == []


@pytest.mark.parametrize("fault", ["cut", "silent"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_can_be_repeated_is(
    server: Replay, client: ForgeClient, passing: Passing, method: str, fault: str
) -> None:
    server.give(method, "/x", Answer({"a": "b" * 100}, fault=fault), Answer({}, 502), {"ok": True})
    assert client.send(method, "/x").json() == {"ok": True}
    assert len(passing.pauses) == 2
    assert passing.pauses == sorted(passing.pauses)


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"a": "b" * 100}, fault="cut"),
        Answer(fault="silent"),
        Answer({}, 500),
        Answer({}, 504),
    ],
)
def test_what_cannot_be_repeated_is_not_and_nobody_guesses(
    server: Replay, client: ForgeClient, answer: Answer
) -> None:
    server.give("POST", "/x", answer)
    with pytest.raises(ForgeUncertain, match="does not say whether it did POST /x"):
        client.send("POST", "/x", {})
    assert len(server.requests) == 1


def test_what_was_never_sent_is_sent_again(passing: Passing) -> None:
    with replay(Free()) as server:
        gone = server.url
    way = HttpRoute(patience=5, clock=passing.clock)
    with (
        ForgeClient("Forge", gone, lambda: ForgeToken(SECRET), NEEDS, way) as client,
        pytest.raises(ForgeError, match="does not answer POST /x") as caught,
    ):
        client.send("POST", "/x", {})
    assert not isinstance(caught.value, ForgeUncertain)
    assert passing.pauses


def test_a_forge_that_stays_in_trouble_is_given_up(
    server: Replay, client: ForgeClient, passing: Passing
) -> None:
    server.give("GET", "/x", Answer({"message": "database is locked"}, 500))
    with pytest.raises(ForgeError, match="answers GET /x with 500") as caught:
        client.get("/x")
    assert caught.value.why == "database is locked"
    assert 60 < sum(passing.pauses) <= 120


def test_an_answer_that_drips_is_not_waited_for(server: Replay, passing: Passing) -> None:
    server.give("GET", "/x", Answer({"a": "b" * 1000}, fault="slow"))
    way = HttpRoute(seconds=0.3, patience=0, clock=passing.clock)
    with (
        ForgeClient("Forge", server.url, lambda: ForgeToken(SECRET), NEEDS, way) as client,
        pytest.raises(ForgeError, match="does not answer GET /x"),
    ):
        client.get("/x")


@pytest.mark.parametrize(
    ("answer", "why", "hint"),
    [
        (Answer({"message": "Bad credentials"}, 401), "Bad credentials", "expired"),
        (Answer({"message": "Resource not accessible"}, 403), "not accessible", NEEDS),
        (
            Answer({"message": "no"}, 403, {"X-Accepted-GitHub-Permissions": "checks=read"}),
            "no",
            "checks=read",
        ),
        (Answer({"error": "insufficient_scope", "error_description": "more"}, 403), "more", NEEDS),
        (Answer({"message": {"base": ["is bad"]}}, 400), "is bad", ""),
        (Answer({"message": "404 Not Found"}, 404), "Not Found", NEEDS),
        (
            Answer({"message": "Validation Failed", "errors": [{"message": "one"}, "two"]}, 422),
            "Validation Failed; one; two",
            "",
        ),
        (Answer(b"<!DOCTYPE html><html>proxy</html>", 400), "", ""),
        (Answer(b"plain\nwords", 400), "plain words", ""),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    server: Replay, client: ForgeClient, answer: Answer, why: str, hint: str
) -> None:
    server.give("GET", "/x", answer)
    with pytest.raises(ForgeError, match=f"GET /x with {answer.status}") as caught:
        client.get("/x")
    assert why in caught.value.why
    assert hint in caught.value.hint
    assert len(server.requests) == 1


def test_something_else_than_json_is_told(server: Replay, client: ForgeClient) -> None:
    server.give("GET", "/x", Answer(b"<html>sign in</html>"))
    with pytest.raises(ForgeError, match="something else than JSON"):
        client.get("/x")


def test_a_token_that_a_forge_repeats_is_not_shown(server: Replay, client: ForgeClient) -> None:
    server.give("GET", "/x", Answer({"message": f"bad token {SECRET}"}, 400))
    server.give("POST", "/x", Answer({"message": f"bad token {SECRET}"}, 500))
    for method in ("GET", "POST"):
        with pytest.raises(ForgeError) as caught:
            client.send(method, "/x")
        assert "bad token ***" in caught.value.why
    assert SECRET not in repr(client.token()) + str(client.token()) + repr(vars(client))


def test_a_token_does_not_follow_to_another_host(server: Replay, client: ForgeClient) -> None:
    with replay(Free()) as other:
        server.give("GET", "/x", Answer({}, 302, {"Location": f"{other.url}/x"}))
        with pytest.raises(ForgeError, match="sends GET /x on to 127"):
            client.get("/x")
        assert other.requests == []


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 301), ("GET", 302), ("POST", 307), ("PATCH", 308)]
)
def test_a_repository_that_was_renamed_is_followed(
    server: Replay, client: ForgeClient, method: str, status: int
) -> None:
    server.give(method, "/old", Answer({}, status, {"Location": "/new?page=2"}))
    server.give(method, "/new", {"ok": True})
    body = {"a": 1} if method != "GET" else None
    assert client.send(method, "/old", body).json() == {"ok": True}
    followed = server.requests[-1]
    assert followed.query == {"page": "2"}
    assert followed.body == body


@pytest.mark.parametrize(("method", "status"), [("GET", 302), ("POST", 301)])
def test_a_redirect_that_leads_nowhere_is_told(
    server: Replay, client: ForgeClient, method: str, status: int
) -> None:
    server.give(method, "/x", Answer({}, status, {"Location": "/x"}))
    with pytest.raises(ForgeError, match="has moved"):
        client.send(method, "/x")


@pytest.mark.parametrize("style", ["link", "gitlab"])
def test_all_pages_are_read(server: Replay, client: ForgeClient, style: str) -> None:
    def headers(page: int) -> dict[str, str]:
        if style == "gitlab":
            return {"X-Next-Page": str(page) if page < 4 else ""}
        other = "http://forge.internal:3000/some/where"  # it knows itself by another name
        first = f'<{other}?page=1>; rel="first"'
        following = f'<{other}?state=open&page={page}>; rel="next", '
        return {"Link": (following if page < 4 else "") + first}

    pages = [Answer([page], headers=headers(page + 1)) for page in (1, 2, 3)]
    server.give("GET", "/x", *pages)
    assert list(client.pages("/x", {"state": "open"})) == [1, 2, 3]
    assert [r.query.get("page") for r in server.requests] == [None, "2", "3"]
    assert {r.query["state"] for r in server.requests} == {"open"}


def test_a_page_that_names_itself_as_the_next_ends_it(server: Replay, client: ForgeClient) -> None:
    server.give("GET", "/x", Answer([1], headers={"Link": '</x?page=1>; rel="next"'}))
    assert list(client.pages("/x")) == [1, 1]


def test_a_proxy_is_used_if_it_is_given(passing: Passing) -> None:
    with replay(Free()) as proxy:
        proxy.give("GET", "/api/x", {"ok": True})
        way = HttpRoute(proxy=proxy.url, clock=passing.clock)
        with ForgeClient(
            "Forge", "http://127.0.0.1:9/api", lambda: ForgeToken(SECRET), NEEDS, way
        ) as c:
            assert c.get("/x") == {"ok": True}
        assert proxy.requests[0].headers["host"] == "127.0.0.1:9"


def test_the_environment_has_no_say(
    server: Replay, client: ForgeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.give("GET", "/x", {"ok": True})
    with ForgeClient("Forge", server.url, lambda: ForgeToken(SECRET), NEEDS) as other:
        assert other.get("/x") == {"ok": True}


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A forge behind a certificate that only its own people know."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", key, "-out", certificate]
    subprocess.run([*make.split(), *subject, *map(str, files)], check=True, capture_output=True)

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            return None

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}", certificate
        server.shutdown()
        thread.join()


def test_an_authority_of_one_s_own_is_trusted_if_it_is_named(
    secure: tuple[str, Path], tmp_path: Path
) -> None:
    url, certificate = secure
    way = HttpRoute(authorities=str(certificate))
    with ForgeClient("Forge", url, lambda: ForgeToken(SECRET), NEEDS, way) as client:
        assert client.get("/x") == {"ok": True}
    with (
        ForgeClient(
            "Forge", url, lambda: ForgeToken(SECRET), NEEDS, HttpRoute(patience=0)
        ) as client,
        pytest.raises(ForgeError, match="does not answer") as caught,
    ):
        client.get("/x")
    assert "certificate authority" in caught.value.hint
    (tmp_path / "empty").touch()
    for file in ("empty", "no-such-file"):
        with pytest.raises(ForgeError, match="holds no certificates"):
            HttpRoute(authorities=str(tmp_path / file)).trust()
