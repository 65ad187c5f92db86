"""What a client streams: first what it is about, then an archive in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from reconciler.argocd.plugin_pb2 import AppStreamRequest, ManifestRequestMetadata
from reconciler.argocd.server.archives import Archives
from reconciler.argocd.server.rpc import Code, Refused
from reconciler.trees.memory import MemoryTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.argocd.server.request_limits import RequestLimits

PROJECT = "ARGOCD_APP_PROJECT_NAME"
CHECKSUM = frozenset("0123456789abcdef")
HASH_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ReceivedFiles:
    """A whole request. The content is there only if the archive was not known before."""

    app: str
    path: str
    environment: dict[str, str]
    checksum: str
    size: int
    content: bytes
    known: MemoryTree | None

    @property
    def owner(self) -> tuple[str, str]:
        """Whose request it is. Argo CD says so: users set only variables of other names."""
        return self.environment.get(PROJECT, ""), self.app

    def tree(self, archives: Archives, until: float) -> MemoryTree:
        return self.known or archives.read(self.checksum, self.content, self.owner[0], until)


class Upload:
    """Takes messages as they come, and keeps no byte of an archive that is known already."""

    def __init__(
        self, archives: Archives, limits: RequestLimits, hold: Callable[[int], None]
    ) -> None:
        self._archives = archives
        self._limits = limits
        self._hold = hold
        self._about: ManifestRequestMetadata | None = None
        self._known: MemoryTree | None = None
        self._hash = hashlib.sha256()
        self._unhashed = bytearray()
        self._kept: list[bytes] = []
        self._size = 0

    def take(self, message: bytes) -> None:
        try:
            request = AppStreamRequest.FromString(message)
        except DecodeError as e:
            raise _strange("a message cannot be read") from e
        kind = request.WhichOneof("request")
        if self._about is None:
            if kind != "metadata":
                raise _strange("the first message must say what the request is about")
            self._begin(request.metadata)
        elif kind == "file":
            self._add(request.file.chunk)
        else:
            raise _strange("a message holds no part of the archive")

    def received(self) -> ReceivedFiles:
        about = self._about
        if about is None:
            raise _strange("the stream ended before it said what it is about")
        self._hash.update(self._unhashed)
        if self._hash.hexdigest() != about.checksum:
            raise _strange(
                f"the archive did not arrive whole: its checksum differs, after {self._size:,}"
                f" bytes of {about.size:,}"
            )
        content = b"".join(self._kept)
        self._kept.clear()
        return ReceivedFiles(
            app=about.appName,
            path=about.appRelPath,
            environment={entry.name: entry.value for entry in about.env},
            checksum=about.checksum,
            size=self._size,
            content=content,
            known=self._known,
        )

    def drop(self) -> None:
        self._kept.clear()
        self._known = self._about = None

    def _begin(self, about: ManifestRequestMetadata) -> None:
        if len(about.checksum) != 64 or not CHECKSUM.issuperset(about.checksum):
            raise _strange("the checksum of the archive is not SHA-256")
        if about.size > self._limits.packed:
            raise self._too_large()
        self._about = about
        self._known = self._archives.known(about.checksum)

    def _add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limits.packed:
            raise self._too_large()
        self._unhashed += chunk
        if len(self._unhashed) >= HASH_CHUNK_BYTES:
            self._hash.update(self._unhashed)
            self._unhashed.clear()
        if self._known is None:
            self._hold(len(chunk))
            self._kept.append(chunk)

    def _too_large(self) -> Refused:
        return Refused(
            Code.RESOURCE_EXHAUSTED,
            f"the repository is larger than the {self._limits.packed:,} bytes of an archive that"
            " the plugin takes. To do: exclude .git and what renders nothing from what Argo CD"
            " sends (reposerver.plugin.tar.exclusions), use manifest-generate-paths, or raise"
            " --max-archive",
        )


def _strange(what: str) -> Refused:
    return Refused(Code.INVALID_ARGUMENT, what)
