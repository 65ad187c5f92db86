"""kubeconfig files: which cluster a context means, and how to speak to its API server."""

from __future__ import annotations

import base64
import binascii
import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.errors import ClusterError, Place

if TYPE_CHECKING:
    import httpx

SECONDS = 15
PIPE_BYTES = 1 << 15
EXEC_SECONDS = 60
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Context:
    """A cluster, and who one is there; what proves it is not shown."""

    name: str
    server: str
    cluster: Mapping[str, Any] = field(default_factory=dict, repr=False)
    user: Mapping[str, Any] = field(default_factory=dict, repr=False)
    folder: str = ""  # where relative paths begin


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The contexts of one or more files; the first that says something counts."""

    files: tuple[str, ...]
    contexts: Mapping[str, Context]
    current: str

    def context(self, name: str = "") -> Context:
        wanted = name or self.current
        found = self.contexts.get(wanted)
        if found:
            return found
        known = ", ".join(sorted(self.contexts)) or "none"
        what = f"there is no context {wanted}" if wanted else "no context is chosen"
        raise ClusterError(
            what, where=Place(self.files[0]), hint=f"name one with --context; there are: {known}"
        )

    def of_cluster(self, name: str, server: str = "") -> Context | None:
        """The context that is called as the cluster is, or else the only one for its server."""
        if name in self.contexts:
            return self.contexts[name]
        found = [c for c in self.contexts.values() if server and c.server == server.rstrip("/")]
        return found[0] if len(found) == 1 else None


def read_kubeconfig(files: list[str]) -> Kubeconfig:
    """What these files say together; those that do not exist are passed over, as kubectl does."""
    there = [file for file in files if os.path.exists(file)]
    if not there:
        raise ClusterError(
            f"there is no kubeconfig: {os.pathsep.join(files)}",
            hint="name one with --kubeconfig or in KUBECONFIG",
        )
    contexts: dict[str, Context] = {}
    clusters: dict[str, tuple[dict[str, Any], str]] = {}
    users: dict[str, dict[str, Any]] = {}
    named: dict[str, dict[str, Any]] = {}
    current = ""
    for file in there:
        content = _content(file)
        current = current or str(content.get("current-context") or "")
        folder = os.path.dirname(os.path.abspath(file))
        for name, cluster in _named(content, "clusters", "cluster"):
            clusters.setdefault(name, (cluster, folder))
        for name, user in _named(content, "users", "user"):
            users.setdefault(name, {**user, "folder": folder})
        for name, context in _named(content, "contexts", "context"):
            named.setdefault(name, context)
    for name, context in named.items():
        cluster, folder = clusters.get(str(context.get("cluster")), ({}, ""))
        contexts[name] = Context(
            name,
            str(cluster.get("server") or "").rstrip("/"),
            cluster,
            users.get(str(context.get("user")), {}),
            folder,
        )
    return Kubeconfig(tuple(there), contexts, current)


def connect(context: Context, environment: Mapping[str, str]) -> httpx.Client:
    """A client whose addresses begin at the API server; plugins run in this environment."""
    import httpx

    if not context.server.startswith(("https://", "http://")):
        raise ClusterError(f"the context {context.name} names no server")
    trust = _trust(context)
    headers = _credentials(context, trust, environment)
    basic = context.user.get("username")
    return httpx.Client(
        base_url=context.server,
        verify=trust,
        headers=headers,
        auth=(str(basic), str(context.user.get("password") or "")) if basic else None,
        timeout=SECONDS,
        trust_env=False,
        proxy=context.cluster.get("proxy-url") or None,
    )


def _content(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:
            content = yaml.load(opened, LOADER)  # noqa: S506
    except OSError as e:
        raise ClusterError(f"{file} cannot be read", why=e.strerror or "") from None
    except yaml.YAMLError:
        raise ClusterError("this is no kubeconfig: it is not YAML", where=Place(file)) from None
    if not isinstance(content, dict):
        raise ClusterError("this is no kubeconfig", where=Place(file))
    return content


def _named(
    content: Mapping[str, Any], several: str, one: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in content.get(several) or ():
        if isinstance(item, dict) and isinstance(item.get(one), dict):
            yield str(item.get("name")), item[one]


def _trust(context: Context) -> ssl.SSLContext:
    cluster = context.cluster
    try:
        data = _given(cluster, "certificate-authority", context.folder)
        trust = ssl.create_default_context(cadata=data.decode() if data else None)
    except (ssl.SSLError, UnicodeDecodeError) as e:
        raise ClusterError(
            f"the certificate authority of the context {context.name} is damaged"
        ) from e
    if cluster.get("insecure-skip-tls-verify"):
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
    return trust


def _credentials(
    context: Context, trust: ssl.SSLContext, environment: Mapping[str, str]
) -> dict[str, str]:
    """What proves who one is: a certificate goes into `trust`, a token into a header."""
    user = dict(context.user)
    folder = str(user.get("folder") or "")
    if "exec" in user:
        user |= _executed(context, user["exec"], environment)
    if "auth-provider" in user:
        raise ClusterError(
            f"the context {context.name} uses an auth-provider, which Kubernetes has given up",
            hint="use the exec plugin of your provider",
        )
    certificate = _given(user, "client-certificate", folder)
    key = _given(user, "client-key", folder)
    if certificate and key:
        try:
            with _in_pipe(certificate) as one, _in_pipe(key) as other:
                trust.load_cert_chain(one, other)
        except (ssl.SSLError, OSError):
            raise ClusterError(
                f"the client certificate of the context {context.name} cannot be used",
                hint="is its key the right one?",
            ) from None
    token = user.get("token")
    if not token and user.get("tokenFile"):
        token = _file(os.path.join(folder, str(user["tokenFile"]))).decode().strip()
    return {"Authorization": f"Bearer {token}"} if token else {}


def _given(values: Mapping[str, Any], name: str, folder: str) -> bytes:
    """Something that stands in the file itself, or in another that it names."""
    data = values.get(f"{name}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError):
            raise ClusterError(f"{name}-data of the kubeconfig is not base64") from None
    path = values.get(name)
    return _file(os.path.join(folder, str(path))) if path else b""


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as e:
        raise ClusterError(f"{path} cannot be read", why=e.strerror or "") from None


@contextmanager
def _in_pipe(content: bytes) -> Iterator[str]:
    """A path to read this from, for what takes only files: a key is not written to disk."""
    if len(content) > PIPE_BYTES:
        raise ClusterError("the client certificate of the kubeconfig is far too long")
    reading, writing = os.pipe()
    try:
        os.write(writing, content)
        os.close(writing)
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def _executed(context: Context, plugin: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a credential plugin gives."""
    command = [str(plugin.get("command")), *map(str, plugin.get("args") or ())]
    version = plugin.get("apiVersion") or "client.authentication.k8s.io/v1"
    asked = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    variables = {str(v["name"]): str(v["value"]) for v in plugin.get("env") or ()}
    try:
        done = subprocess.run(
            command,
            env={**environment, **variables, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=EXEC_SECONDS,
            check=True,
        )
        status = json.loads(done.stdout)["status"]
        certificate = str(status.get("clientCertificateData") or "").encode()
        key = str(status.get("clientKeyData") or "").encode()
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, AttributeError) as e:
        raise ClusterError(
            f"the credential plugin {command[0]} of the context {context.name} gives nothing",
            why=type(e).__name__,
            hint=plugin.get("installHint") or "run it by hand",
        ) from None
    found = {"token": status.get("token")}
    if certificate:
        found["client-certificate-data"] = base64.b64encode(certificate).decode()
        found["client-key-data"] = base64.b64encode(key).decode()
    return found
