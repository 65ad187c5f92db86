"""How to reach an API server as somebody: what a kubeconfig's context says, ready to use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from reconciler.cluster.auth import (
    FixedProof,
    Proof,
    ProofFiles,
    ProofSource,
    basic,
    bearer,
    token_in,
)
from reconciler.cluster.exec_plugin import exec_plugin
from reconciler.cluster.kubeconfig import Context, authority_of, certificate_of
from reconciler.errors import ClusterError

CERTIFICATE = ("client-certificate", "client-key")


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API server is, how it is told from others, and who one is there."""

    name: str  # in messages: the context or whatever it came from
    server: str
    source: ProofSource = field(repr=False)
    authority: bytes = b""  # in PEM; that of the system if there is none
    server_name: str = ""  # in its certificate, if it is not that of the address
    is_verified: bool = True
    is_name_checked: bool = True
    proxy: str = field(default="", repr=False)  # may hold a password
    impersonated: tuple[tuple[str, str], ...] = ()  # headers that say as whom to act

    def __post_init__(self) -> None:
        if not self.server.startswith(("https://", "http://")):
            raise ClusterError(f"{self.name} names no server")
        _check_proxy(self.name, self.proxy)

    @property
    def address(self) -> str:
        """The server as it may be shown."""
        parts = urlsplit(self.server)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def access_of(context: Context, environment: Mapping[str, str]) -> Access:
    """What the context says; plugins run in this environment."""
    cluster = context.cluster
    return Access(
        f"the context {context.name}",
        context.server,
        _source(context, environment),
        authority_of(context),
        str(cluster.get("tls-server-name") or ""),
        is_verified=not cluster.get("insecure-skip-tls-verify"),
        proxy=str(cluster.get("proxy-url") or ""),
        impersonated=tuple(_impersonated(context)),
    )


def _impersonated(context: Context) -> Iterator[tuple[str, str]]:
    user = context.user
    if not user.get("as"):
        return
    yield "Impersonate-User", str(user["as"])
    if user.get("as-uid"):
        yield "Impersonate-Uid", str(user["as-uid"])
    for group in user.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)


def _check_proxy(name: str, proxy: str) -> None:
    scheme = urlsplit(proxy).scheme
    if proxy and scheme not in ("http", "https"):
        raise ClusterError(
            f"the proxy-url of {name} is of a kind that is not supported",
            why=f"it begins with {scheme}:" if scheme else "it is not a URL",
            hint="proxy-url may begin with http:// or https://",
        )


def _source(context: Context, environment: Mapping[str, str]) -> ProofSource:
    user, folder = context.user, context.user_folder
    if "auth-provider" in user:
        return _of_auth_provider(context)
    named = [name for name in CERTIFICATE if user.get(name) and not user.get(f"{name}-data")]
    if user.get("tokenFile"):
        named.append("tokenFile")
    paths = [os.path.join(folder, str(user[name])) for name in named]
    if "exec" in user and not user.get("token") and not user.get("tokenFile"):
        return exec_plugin(context, environment)
    if paths:
        return ProofFiles(paths, lambda: _proof(context))
    return FixedProof(_proof(context))


def _of_auth_provider(context: Context) -> ProofSource:
    provider = context.user["auth-provider"]
    if isinstance(provider, Mapping) and provider.get("name") == "oidc":
        from reconciler.cluster.oidc import oidc_login

        return oidc_login(context)
    raise ClusterError(
        f"the context {context.name} uses an auth-provider, which Kubernetes has given up",
        hint="use the exec plugin of your provider",
    )


def _proof(context: Context) -> Proof:
    """What the user of a context shows that needs no program."""
    user = context.user
    if user.get("tokenFile"):  # counts before token, as the kubeconfig's reference says
        authorization = bearer(token_in(os.path.join(context.user_folder, str(user["tokenFile"]))))
    elif user.get("token"):
        authorization = bearer(str(user["token"]))
    elif user.get("username"):
        authorization = basic(str(user["username"]), str(user.get("password") or ""))
    else:
        authorization = ""
    return Proof(authorization, *certificate_of(context))
