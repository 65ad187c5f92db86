"""Requests on their way to an API server: who one is, what is sent once more, what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from reconciler import __version__
from reconciler.cluster.api_call import ApiAnswer, ApiCall
from reconciler.cluster.api_errors import UNKNOWN, silence
from reconciler.cluster.auth import Authenticator, Proof
from reconciler.cluster.limits import ANSWER_SECONDS, CONNECT_SECONDS
from reconciler.cluster.retrying import pause_before_repeat
from reconciler.cluster.trust import tls_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from reconciler.cluster.api_access import Access


class Transport:
    """The connections to one API server, all with one identity."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._authenticator = Authenticator(access.source)
        self._tls: tuple[Proof, ssl.SSLContext] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Nothing is sent yet, but what it takes must be there: a token, a certificate."""
        self._tls_for(await self._authenticator.proof())
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"reconciler/{__version__}"},
        )
        # It would send any DELETE once more by itself; what may be sent twice is decided below.
        self._session._retry_connection = False

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            await asyncio.sleep(0)  # connections that were cut off are gone one turn later

    async def answer(self, call: ApiCall) -> ApiAnswer:
        async with self.reach(call) as response:
            content = await response.read()
            shown = response.request_info.headers.get("Authorization", "")
            return ApiAnswer(call, response.status, content, shown.rpartition(" ")[2])

    @asynccontextmanager
    async def reach(self, call: ApiCall) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer, whatever it says, with its content still to be read."""
        try:
            response = await self._sent(call)
            try:
                yield response
            finally:
                _cut_off(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            raise silence(self._access.address, call.method, call.path, _why(e)) from None

    async def _sent(self, call: ApiCall) -> aiohttp.ClientResponse:
        """Once, or more often where that helps and does no harm."""
        repeats, waited, is_renewed, is_resent = 0, 0.0, False, False
        proof = await self._authenticator.proof()
        while True:
            try:
                response = await self._send(call, proof)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as e:
                # It closed a connection that was kept, while we were writing.
                is_lost = not isinstance(e, aiohttp.ClientConnectorError)
                if is_resent or not is_lost or not call.is_repeatable:
                    raise
                is_resent = True
                continue
            if response.status == UNKNOWN and not is_renewed:
                is_renewed = True
                fresh = await self._renew(proof, response)
                if fresh is None:
                    return response
                proof = fresh
                continue
            pause = pause_before_repeat(
                response.status,
                response.headers.get("Retry-After", ""),
                is_repeatable=call.is_repeatable,
                repeats=repeats,
                waited=waited,
            )
            if pause is None:
                return response
            await response.read()
            await asyncio.sleep(pause)
            repeats, waited = repeats + 1, waited + pause
            proof = await self._authenticator.proof()

    async def _renew(self, refused: Proof, response: aiohttp.ClientResponse) -> Proof | None:
        """Another proof, if there is one; the answer is then of no use any more."""
        try:
            fresh = await self._authenticator.renew(refused)
        except BaseException:
            _cut_off(response)
            raise
        if fresh is not None:
            await response.read()  # so that the connection can be used again
        return fresh

    async def _send(self, call: ApiCall, proof: Proof) -> aiohttp.ClientResponse:
        assert self._session is not None, "the client is not open"  # noqa: S101
        if call.check:
            call.check()
        headers = [("Accept", call.accept)]
        headers += (
            [("Impersonate-User", call.as_user)] if call.as_user else self._access.impersonated
        )
        if proof.authorization:
            headers.append(("Authorization", proof.authorization))
        data = None
        if call.body is not None:
            headers.append(("Content-Type", call.content_type))
            data = json.dumps(call.body).encode()
        watching = call.watch_seconds
        return await self._session.request(
            call.method,
            self._access.server + call.path,
            params={name: value for name, value in call.query.items() if value},
            data=data,
            headers=headers,
            ssl=self._tls_for(proof),
            server_hostname=self._access.server_name or None,
            proxy=self._access.proxy or None,
            allow_redirects=False,  # what proves who one is, is for this server
            timeout=aiohttp.ClientTimeout(
                total=watching + ANSWER_SECONDS if watching else None,
                sock_connect=CONNECT_SECONDS,
                sock_read=None if watching else ANSWER_SECONDS,
            ),
        )

    def _tls_for(self, proof: Proof) -> ssl.SSLContext | bool:
        """Another certificate needs other connections, and aiohttp keeps them apart by this."""
        if not self._access.server.startswith("https://"):
            return True
        if self._tls is None or self._tls[0].certificate != proof.certificate:
            self._tls = proof, tls_context(self._access, proof)
        return self._tls[1]


def _cut_off(response: aiohttp.ClientResponse) -> None:
    """End a connection of which not all is read: TLS would say farewell after we are gone."""
    if response.connection and response.connection.transport:
        response.connection.transport.abort()
    response.close()


def _why(error: Exception) -> str:
    """In its own words, unless they quote an address, which may have a password in it."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answers with {error.status}"
    if isinstance(error, aiohttp.InvalidURL):
        return "this is no address"
    return str(error) or type(error).__name__
