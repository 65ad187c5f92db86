"""Speaks to a plugin as the repo-server does: an archive in small pieces over a Unix socket."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from reconciler.argocd.plugin_pb2 import (
    AppStreamRequest,
    CheckPluginConfigurationResponse,
    EnvEntry,
    File,
    ManifestRequestMetadata,
    ManifestResponse,
    ParametersAnnouncementResponse,
    RepositoryResponse,
)
from reconciler.argocd.server.service import SERVICE

REPLIES: dict[str, Any] = {
    "GenerateManifest": ManifestResponse,
    "MatchRepository": RepositoryResponse,
    "GetParametersAnnouncement": ParametersAnnouncementResponse,
    "CheckPluginConfiguration": CheckPluginConfigurationResponse,
}
# What Argo CD sends at a time unless it is told otherwise.
CHUNK = 1024

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: web:1
        name: web
"""
FLEET = {
    "environments/dev/environment.yaml": "destination: {cluster: dev}\n",
    "environments/dev/web/kustomization.yaml": "resources: [../../../overlays/web]\n",
    "environments/dev/api/kustomization.yaml": (
        "namePrefix: api-\nresources: [../../../overlays/web]\n"
    ),
    "overlays/web/kustomization.yaml": "resources: [deployment.yaml]\n",
    "overlays/web/deployment.yaml": DEPLOYMENT,
}
WEB = "environments/dev/web"


def archive(files: Mapping[str, str], extra: bytes = b"") -> bytes:
    """These files as Argo CD packs them, after raw entries of which it has none."""
    import gzip

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))
    return gzip.compress(extra + packed.getvalue(), 6, mtime=0)


def messages(
    content: bytes,
    path: str,
    environment: Mapping[str, str] | None = None,
    *,
    checksum: str | None = None,
    chunk: int = CHUNK,
) -> Iterator[AppStreamRequest]:
    yield AppStreamRequest(
        metadata=ManifestRequestMetadata(
            appName=path.rpartition("/")[2],
            appRelPath=path,
            checksum=hashlib.sha256(content).hexdigest() if checksum is None else checksum,
            size=len(content),
            env=[EnvEntry(name=k, value=v) for k, v in (environment or {}).items()],
        )
    )
    for at in range(0, len(content), chunk):
        yield AppStreamRequest(file=File(chunk=content[at : at + chunk]))


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that listens on a socket."""

    socket: Path
    http: str = ""
    pid: int = 0
    log: Path = field(default=Path())

    def call(
        self, method: str, stream: Iterator[AppStreamRequest], seconds: float | None = 60
    ) -> Any:
        """A connection for each call, as the repo-server has it."""
        options = [
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", 100 << 20),
        ]
        with grpc.insecure_channel(f"unix:{self.socket}", options=options) as channel:
            ask = channel.stream_unary(
                SERVICE + method,
                request_serializer=AppStreamRequest.SerializeToString,
                response_deserializer=REPLIES[method].FromString,
            )
            return ask(stream, timeout=seconds)

    def generate(
        self, content: bytes, path: str = WEB, *parameters: Mapping[str, Any], **options: Any
    ) -> str:
        """The manifests, in one text."""
        environment = {"ARGOCD_APP_PARAMETERS": json.dumps(parameters)} if parameters else {}
        found = self.call("GenerateManifest", messages(content, path, environment), **options)
        assert found.sourceType == "Plugin" or not found.manifests
        return "---\n".join(found.manifests)

    def refusal(
        self, stream: Iterator[AppStreamRequest], method: str = "GenerateManifest", **options: Any
    ) -> tuple[grpc.StatusCode, str]:
        """How it says no."""
        try:
            self.call(method, stream, **options)
        except grpc.RpcError as e:
            return e.code(), e.details() or ""
        raise AssertionError("it was not refused")

    def refusal_of(self, path: str, *parameters: Mapping[str, Any]) -> tuple[grpc.StatusCode, str]:
        """How it says no to parameters."""
        environment = {"ARGOCD_APP_PARAMETERS": json.dumps(parameters)}
        return self.refusal(messages(archive(FLEET), path, environment))
