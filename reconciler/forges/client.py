"""HTTP as forges want it: patient, careful with what must not happen twice, and discreet."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

import reconciler
from reconciler.errors import ForgeError, ForgeUncertain
from reconciler.forges.rate_limits import asked_pause, is_over_limit
from reconciler.forges.tokens import Tokens
from reconciler.git.addresses import is_confidential
from reconciler.retry import backoff

MAX_ANSWER_BYTES = 32 << 20
REDIRECTS = {301, 302, 307, 308}
BROKEN = {500, 502, 503, 504}
REPEATABLE = {"GET", "PUT", "PATCH", "DELETE"}
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class RetryClock:
    """Time, and the way to let it pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """How forges are reached. The environment is read by the command line only."""

    proxy: str = ""
    authorities: str = ""  # a file with certificates to trust, beside the usual ones
    seconds: float = 30.0  # for one answer
    patience: float = 120.0  # for one call with all that is tried again
    clock: RetryClock = RetryClock()

    def trust(self) -> ssl.SSLContext:
        context = httpx.create_ssl_context(trust_env=False)
        if self.authorities:
            try:
                context.load_verify_locations(self.authorities)
            except (OSError, ssl.SSLError) as e:
                raise ForgeError(
                    f"{self.authorities} holds no certificates that can be trusted",
                    why=e.strerror or str(e),
                    hint="it has to be a file with certificates in PEM format",
                ) from None
        return context


@dataclass(frozen=True, slots=True)
class ForgeAnswer:
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content) if self.content else None

    def says(self) -> str:
        """The forge's own words on what is wrong, on one line."""
        try:
            found = self.json()
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            lines = [] if "<html" in self.text[:500].lower() else self.text.split()
            return " ".join(lines)[:300]
        words = [found.get("message") or found.get("error_description") or found.get("error")]
        errors = found.get("errors") or ()
        words += [error.get("message") if isinstance(error, dict) else error for error in errors]
        return "; ".join(" ".join(str(word).split()) for word in words if word)[:500]


class ForgeClient:
    """A connection to one forge's API, for several threads."""

    def __init__(
        self,
        name: str,
        base: str,
        token: Tokens,
        needs: str,
        way: HttpRoute | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        check_confidential(name, base)
        self.name = name
        self.base = base.rstrip("/")
        self.token = token
        self._needs = needs
        self._way = way or HttpRoute()
        self._clock = self._way.clock
        self._http = httpx.Client(
            headers={
                "User-Agent": f"reconciler/{reconciler.__version__}",
                "Accept": "application/json",
                **(headers or {}),
            },
            timeout=self._way.seconds,
            verify=self._way.trust(),
            proxy=self._way.proxy or None,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def pause(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def get(self, path: str, query: Query | None = None) -> Any:
        return self.parsed(self.send("GET", path, query=query), path)

    def find(self, path: str, query: Query | None = None) -> Any | None:
        """What is there, if anything is."""
        answer = self.send("GET", path, query=query, accept=(404,))
        return None if answer.status == 404 else self.parsed(answer, path)

    def pages(self, path: str, query: Query | None = None, inside: str = "") -> Iterator[Any]:
        """Every item of every page."""
        asked: dict[str, str | int] = dict(query or {})
        while True:
            answer = self.send("GET", path, query=asked)
            found = self.parsed(answer, path)
            yield from (found[inside] if inside else found) or ()
            following = _following(answer.headers)
            if not following or following.items() <= asked.items():
                return
            asked |= following

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        accept: tuple[int, ...] = (),
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
    ) -> ForgeAnswer:
        """The answer, if it is a good one or one of those that are accepted.

        What cannot be repeated blindly is only sent again if the forge surely did not do it;
        else ForgeUncertain says that somebody has to look.
        """
        doing = f"{method} {path}"
        again = method in REPEATABLE if repeatable is None else repeatable
        request = self._request(method, path, body, query, headers, files)
        until = self._clock.now() + self._way.patience
        for attempt in count():
            pause = None
            try:
                answer = self._follow(request, doing)
            except httpx.RequestError as e:
                safe = again or isinstance(e, NEVER_SENT)
                error = self._silent(doing, e, certain=safe)
            else:
                if answer.status < 300 or answer.status in accept:
                    return answer
                limited = is_over_limit(answer.status, answer.headers, answer.text)
                broken = answer.status in BROKEN
                safe = limited or again
                error = self.refused(doing, answer, certain=safe or not broken)
                if not (limited or broken):
                    raise error
                pause = asked_pause(answer.status, answer.headers, self._clock.now())
            pause = backoff(attempt) if pause is None else pause
            if not safe or self._clock.now() + pause > until:
                raise error
            self._clock.sleep(pause)
        raise AssertionError  # pragma: no cover

    def _request(
        self,
        method: str,
        path: str,
        body: Any,
        query: Query | None,
        headers: Mapping[str, str] | None,
        files: Mapping[str, Any] | None,
    ) -> Callable[[str], httpx.Request]:
        """Made anew for each try: what proves who we are may have changed."""
        return lambda url: self._http.build_request(
            method,
            url or (path if "://" in path else self.base + path),
            params=None if url else query,
            json=body,
            files=files,
            headers={
                "Authorization": f"Bearer {self.token().reveal()}",
                **(headers or {}),
            },
        )

    def _follow(self, request: Callable[[str], httpx.Request], doing: str) -> ForgeAnswer:
        url = ""
        for _ in range(4):
            asked = request(url)
            answer = whole_answer(self._http, asked, self._way.seconds, self.name)
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or not target:
                return answer
            moved = asked.url.join(target)
            if _origin(moved) != _origin(asked.url):
                raise ForgeError(
                    f"{self.name} sends {doing} on to {moved.host}",
                    why="the token is for one host, and is not shown to another",
                    hint="name the forge by the address where it answers now",
                )
            if asked.method != "GET" and answer.status in (301, 302):
                break
            url = str(moved)
        raise ForgeError(
            f"{self.name} has moved what {doing} is about",
            hint="has the repository another name by now? write the new one into the remote's URL",
        )

    def parsed(self, answer: ForgeAnswer, path: str) -> Any:
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise ForgeError(
                f"{self.name} answers at {path} with something else than JSON",
                hint=f"is {self.base} the address of its API, and is there a proxy before it?",
            ) from None

    def _silent(self, doing: str, error: httpx.RequestError, *, certain: bool) -> ForgeError:
        words = self.token().hidden_in(str(error) or type(error).__name__)
        hint = "try again; if it stays so: is the address right, and is a proxy needed?"
        if "CERTIFICATE_VERIFY_FAILED" in words:
            hint = "name a file with the certificate authority that the forge uses"
        if certain:
            return ForgeError(f"{self.name} does not answer {doing}", why=words, hint=hint)
        return _uncertain(self.name, doing, words)

    def refused(self, doing: str, answer: ForgeAnswer, *, certain: bool = True) -> ForgeError:
        why = self.token().hidden_in(answer.says())
        if not certain:
            return _uncertain(self.name, doing, why or f"it answered {answer.status}")
        if is_over_limit(answer.status, answer.headers, answer.text):
            pause = asked_pause(answer.status, answer.headers, self._clock.now()) or 0.0
            free = datetime.fromtimestamp(self._clock.now() + pause, UTC)
            return ForgeError(
                f"{self.name} takes no more requests for now: {doing}",
                why=why,
                hint=f"run it again after {free:%Y-%m-%d %H:%M:%S} UTC",
            )
        return ForgeError(
            f"{self.name} answers {doing} with {answer.status}",
            why=why,
            hint=self._hint(answer),
        )

    def _hint(self, answer: ForgeAnswer) -> str:
        match answer.status:
            case 401:
                return "the token is wrong, has expired or was taken back"
            case 403:
                named = answer.headers.get("x-accepted-github-permissions")
                return f"the token needs {named or self._needs}"
            case 404:
                return (
                    f"is the name right? what a token may not see is hidden: it needs {self._needs}"
                )
            case status if status in BROKEN:
                return "the forge is in trouble: try again later"
        return ""


def check_confidential(name: str, base: str) -> None:
    """Before a token is shown there."""
    try:
        url = httpx.URL(base)
    except httpx.InvalidURL as e:
        raise ForgeError(f"{base} is not an address of a {name}", why=str(e)) from None
    if not is_confidential(url.scheme, url.host):
        raise ForgeError(
            f"{url.scheme}://{url.host} gets no token: anybody on the way could read it",
            hint="let the forge answer over https, and name it so in the remote's URL or in "
            "RECONCILER_FORGE_URL",
        )


@contextmanager
def understood(name: str) -> Iterator[None]:
    """While an answer is read: one of another shape than that of such a forge is its own fault.

    What it says is not repeated, for it may hold anything.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as e:
        raise ForgeError(
            f"what answers is not as {name} answers",
            why=f"reading it ended with {type(e).__name__}",
            hint=f"is it {name}, and is there a proxy before it? --debug shows where it was",
        ) from e


def whole_answer(
    http: httpx.Client, request: httpx.Request, seconds: float, name: str
) -> ForgeAnswer:
    """One answer, which must be whole in time however slowly it drips."""
    until = time.monotonic() + seconds
    content = bytearray()
    answer = http.send(request, stream=True)
    try:
        for piece in answer.iter_bytes():
            content += piece
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the answer is not whole in time")
            if len(content) > MAX_ANSWER_BYTES:
                raise ForgeError(f"{name} gives more than {MAX_ANSWER_BYTES >> 20} MiB")
    finally:
        answer.close()
    return ForgeAnswer(answer.status_code, answer.headers, bytes(content))


def _uncertain(name: str, doing: str, why: str) -> ForgeUncertain:
    return ForgeUncertain(
        f"{name} does not say whether it did {doing}", why=why, hint="look, and run it again"
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _following(headers: httpx.Headers) -> dict[str, str]:
    """The query of the next page.

    Of its address nothing else counts: a forge may name itself in another way than we do.
    """
    for link in headers.get("link", "").split(","):
        address, _, rest = link.partition(";")
        if 'rel="next"' in rest:
            query = parse_qs(urlsplit(address.strip(" <>")).query)
            return {name: values[-1] for name, values in query.items()}
    page = headers.get("x-next-page", "")
    return {"page": page} if page else {}
