"""kubeconfig files: which cluster a context means, and as whom."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.errors import ClusterError, Place

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Context:
    """A cluster, and who one is there; what proves it is not shown."""

    name: str
    server: str
    cluster: Mapping[str, Any] = field(default_factory=dict, repr=False)
    user: Mapping[str, Any] = field(default_factory=dict, repr=False)
    folder: str = ""  # where the cluster's relative paths begin
    user_folder: str = ""  # and the user's
    user_name: str = ""
    files: tuple[str, ...] = ()  # what it was read from


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
    users: dict[str, tuple[dict[str, Any], str]] = {}
    named: dict[str, dict[str, Any]] = {}
    current = ""
    for file in there:
        content = _content(file)
        current = current or str(content.get("current-context") or "")
        folder = os.path.dirname(os.path.abspath(file))
        for name, cluster in _named(content, "clusters", "cluster"):
            clusters.setdefault(name, (cluster, folder))
        for name, user in _named(content, "users", "user"):
            users.setdefault(name, (user, folder))
        for name, context in _named(content, "contexts", "context"):
            named.setdefault(name, context)
    for name, context in named.items():
        cluster, folder = clusters.get(str(context.get("cluster")), ({}, ""))
        user_name = str(context.get("user") or "")
        user, user_folder = users.get(user_name, ({}, ""))
        contexts[name] = Context(
            name,
            str(cluster.get("server") or "").rstrip("/"),
            cluster,
            user,
            folder,
            user_folder,
            user_name,
            tuple(there),
        )
    return Kubeconfig(tuple(there), contexts, current)


def authority_of(context: Context) -> bytes:
    """The certificates that the server's must be signed by; nothing if those of the system do."""
    return _given(context.cluster, "certificate-authority", context.folder)


def certificate_of(context: Context) -> tuple[bytes, bytes]:
    """The user's certificate and its key."""
    certificate = _given(context.user, "client-certificate", context.user_folder)
    key = _given(context.user, "client-key", context.user_folder)
    if bool(certificate) != bool(key):
        raise ClusterError(
            f"the context {context.name} has a client certificate or a key, and not both",
            hint="set client-certificate and client-key, or the two with -data",
        )
    return certificate, key


def read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as e:
        raise ClusterError(f"{path} cannot be read", why=e.strerror or "") from None


def _content(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:
            content = yaml.load(opened, LOADER)  # noqa: S506
    except OSError as e:
        raise ClusterError(f"{file} cannot be read", why=e.strerror or "") from None
    except yaml.YAMLError:
        raise ClusterError("this is not a kubeconfig: it is not YAML", where=Place(file)) from None
    if not isinstance(content, dict):
        raise ClusterError("this is not a kubeconfig", where=Place(file))
    return content


def _named(
    content: Mapping[str, Any], several: str, one: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in content.get(several) or ():
        if isinstance(item, dict) and isinstance(item.get(one), dict):
            yield str(item.get("name")), item[one]


def _given(values: Mapping[str, Any], name: str, folder: str) -> bytes:
    """Something that stands in the file itself, or in another that it names."""
    data = values.get(f"{name}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError):
            raise ClusterError(f"{name}-data of the kubeconfig is not base64") from None
    path = values.get(name)
    return read_file(os.path.join(folder, str(path))) if path else b""
