"""Logins with `auth-provider: oidc`, through the official client: nothing else here speaks OIDC."""

from __future__ import annotations

import asyncio
import os
import time
from importlib.util import find_spec

from reconciler import DISTRIBUTION
from reconciler.cluster.auth import Proof
from reconciler.cluster.kubeconfig import Context
from reconciler.errors import ClusterError

LOOK_SECONDS = 30  # the official client renews a token five minutes before it ends
AUTHORITY = "idp-certificate-authority"


class OidcLogin:
    """A new token is written back to the kubeconfig, as kubectl does: the old may be void."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def is_fresh(self, proof: Proof) -> bool:
        return time.time() < proof.until

    async def fetch(self) -> Proof:
        return await asyncio.to_thread(self._fetch)

    def _fetch(self) -> Proof:
        try:
            authorization = _authorization(self._context)
        except Exception as e:  # of four libraries, and with tokens in their messages
            raise self._refused(type(e).__name__) from None
        if not authorization:
            raise self._refused("its id-token is none")
        return Proof(authorization, until=time.time() + LOOK_SECONDS)

    def _refused(self, why: str) -> ClusterError:
        return ClusterError(
            f"the OIDC login of the context {self._context.name} gives no token",
            why=why,
            hint="log in again, or use an exec plugin such as kubelogin",
        )


def oidc_login(context: Context) -> OidcLogin:
    if not find_spec("kubernetes"):
        raise ClusterError(
            f"the context {context.name} logs in with the auth-provider oidc",
            why="this needs the official client, and it is not installed",
            hint=f"pip install '{DISTRIBUTION}[kubernetes]', or use an exec plugin: kubelogin",
        )
    return OidcLogin(context)


def _authorization(context: Context) -> str:
    """Only the login is shown to its loader, which writes certificates and keys to files."""
    import certifi
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import ConfigNode, KubeConfigLoader, KubeConfigMerger

    merger = KubeConfigMerger(os.pathsep.join(context.files))
    user = merger.config["users"].get_with_name(context.user_name)
    settings = user["user"]["auth-provider"]["config"].value
    # Without one, it would not check who the issuer is (KubeConfigLoader._refresh_oidc).
    is_lent = not {AUTHORITY, f"{AUTHORITY}-data"} & settings.keys()

    def save() -> None:
        if is_lent:
            settings.pop(AUTHORITY, None)
        merger.save_changes()

    if is_lent:
        settings[AUTHORITY] = certifi.where()
    named = {"name": "login", "context": {"cluster": "login", "user": context.user_name}}
    bare = {
        "contexts": [named],
        "clusters": [{"name": "login", "cluster": {"server": "http://localhost"}}],
        "users": [user],
        "current-context": "login",
    }
    configuration = Configuration()
    loader = KubeConfigLoader(ConfigNode("login", bare), "login", config_persister=save)
    loader.load_and_set(configuration)
    return str(configuration.api_key.get("BearerToken") or "")
