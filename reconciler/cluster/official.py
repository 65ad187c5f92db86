"""For people who come with a configured client of the official package `kubernetes`."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from reconciler.cluster.api_access import Access
from reconciler.cluster.auth import Proof
from reconciler.cluster.kubeconfig import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kubernetes.client import ApiClient as OfficialClient
    from kubernetes.client import Configuration


def access_of_official(client: OfficialClient) -> Access:
    """The same server, trust and identity; its hook that renews tokens is called as it calls it."""
    from kubernetes.client.rest import should_bypass_proxies

    found = client.configuration
    host = str(found.host).rstrip("/")
    is_direct = not found.proxy or should_bypass_proxies(host, found.no_proxy or "")
    name = found.assert_hostname
    return Access(
        "the official client",
        host,
        OfficialProof(client),
        _authority(found),
        found.tls_server_name or (name if isinstance(name, str) else ""),
        is_verified=bool(found.verify_ssl),
        is_name_checked=name is not False,
        proxy="" if is_direct else str(found.proxy),
    )


class OfficialProof:
    """What the official client would show."""

    def __init__(self, client: OfficialClient) -> None:
        self._client = client

    def is_fresh(self, proof: Proof) -> bool:
        return self._client.configuration.refresh_api_key_hook is None

    async def fetch(self) -> Proof:
        return await asyncio.to_thread(self._fetch)  # the hook may start a program

    def _fetch(self) -> Proof:
        configuration = self._client.configuration
        setting = configuration.auth_settings().get("BearerToken") or {}
        headers = self._client.default_headers
        authorization = setting.get("value") or headers.get("Authorization") or ""
        files = configuration.cert_file, configuration.key_file
        certificate, key = (read_file(path) if path else b"" for path in files)
        # urllib3 takes a file that holds both.
        return Proof(str(authorization), certificate, key or certificate)


def _authority(configuration: Configuration) -> bytes:
    data: Any = configuration.ca_cert_data
    if isinstance(data, bytes):
        return ssl.DER_cert_to_PEM_cert(data).encode()
    if data:
        return str(data).encode()
    return read_file(configuration.ssl_ca_cert) if configuration.ssl_ca_cert else b""
