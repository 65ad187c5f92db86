"""What the repo-server sends to a plugin: a part of a checkout as an archive, and variables.

It follows Argo CD 3.5 to the letter, also where another way would be better.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Any

from reconciler.argocd.plugin_pb2 import (
    AppStreamRequest,
    EnvEntry,
    File,
    ManifestRequestMetadata,
)
from reconciler.errors import Place, RepositoryError, UsageError
from reconciler.trees.tree import FOLDER
from reconciler.trees.worktree import WorkTree, ignored_by_git

# What Argo CD sends at a time unless it is told otherwise.
CHUNK = 1024
SHORT, SHORT_8 = 7, 8
# Excluded by the setting that the plugin's component makes.
GIT = ".git"
VARIABLE = re.compile(r"\$(?:\$|\{([^}]*)\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """An Application, as far as its plugin is told of it."""

    name: str
    project: str
    namespace: str
    repository: str
    revision: str
    path: str
    variables: tuple[tuple[str, str], ...] = ()
    parameters: Sequence[Mapping[str, Any]] = ()
    generate_paths: str = ""


@dataclass(frozen=True, slots=True)
class TargetCluster:
    """What Argo CD knows of the cluster that the app is for."""

    version: str = ""
    apis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentArchive:
    """A request, ready to be sent."""

    root: str  # of the archive, from the repository's own
    path: str
    name: str
    environment: tuple[tuple[str, str], ...]
    archive: bytes = field(repr=False)
    entries: int = 0

    def messages(self) -> Iterator[bytes]:
        about = ManifestRequestMetadata(
            appName=self.name,
            appRelPath=self.path,
            checksum=hashlib.sha256(self.archive).hexdigest(),
            size=len(self.archive),
            env=[EnvEntry(name=name, value=value) for name, value in self.environment],
        )
        yield AppStreamRequest(metadata=about).SerializeToString()
        for at in range(0, len(self.archive), CHUNK):
            chunk = File(chunk=self.archive[at : at + CHUNK])
            yield AppStreamRequest(file=chunk).SerializeToString()


def sent(
    checkout: str, commit: str, asked: GenerateRequest, cluster: TargetCluster, *, whole: bool
) -> SentArchive:
    """All that is sent for an app; raises what the repo-server itself refuses."""
    if WorkTree(checkout).look(asked.path).kind != FOLDER:
        raise UsageError(f"{asked.path}: app path does not exist", hint="check spec.source.path")
    checkout = os.path.realpath(checkout)
    outside = _outside(checkout)
    _check_links(checkout, outside)
    root = "" if whole else common_root(asked.path, asked.generate_paths)
    archive, entries = packed(os.path.join(checkout, root), outside)
    inside = os.path.relpath(asked.path or ".", root or ".")
    environment = tuple(_environment(asked, commit, cluster))
    return SentArchive(root, inside, os.path.basename(asked.path), environment, archive, entries)


def common_root(path: str, annotation: str) -> str:
    """The folder that holds the app and all paths of its annotation; "" for the repository."""
    items = [item for item in annotation.split(";") if item]
    common = path.split("/") if items else []
    for item in items:
        joined = os.path.join("/" if item.startswith("/") else f"/{path}", item)
        parts = [p for p in os.path.normpath(joined).split("/") if p]
        same = 0
        while same < min(len(common), len(parts)) and common[same] == parts[same]:
            same += 1
        common = common[:same]
    return "/".join(common)


def packed(folder: str, outside: set[str]) -> tuple[bytes, int]:
    """The folder as an archive, and how many entries that has; these paths are no part of it."""
    plain = io.BytesIO()
    count = 0
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for full in _walk(folder, outside):
            found = os.lstat(full)
            if not (S_ISREG(found.st_mode) or S_ISDIR(found.st_mode) or S_ISLNK(found.st_mode)):
                continue
            entry = tar.gettarinfo(full, os.path.relpath(full, folder))
            entry.mtime = int(entry.mtime)
            if S_ISREG(found.st_mode):
                entry.type, entry.size = tarfile.REGTYPE, found.st_size  # a second name, too
                with open(full, "rb") as content:
                    tar.addfile(entry, content)
            else:
                tar.addfile(entry)
            count += 1
    return gzip.compress(plain.getvalue(), mtime=0), count


def _walk(folder: str, outside: set[str]) -> Iterator[str]:
    """The folder and all in it, depth first, in the order of names."""
    yield folder
    for name in sorted(os.listdir(folder)):
        full = os.path.join(folder, name)
        if full in outside:
            continue
        if os.path.isdir(full) and not os.path.islink(full):
            yield from _walk(full, outside)
        else:
            yield full


def _outside(checkout: str) -> set[str]:
    """What Argo CD excludes, and what lies in a work tree and in no checkout of it."""
    ignored = ignored_by_git(checkout)
    found = {os.path.join(checkout, GIT)}
    for folder, folders, names in os.walk(checkout):
        prefix = os.path.relpath(folder, checkout) + "/"
        prefix = "" if prefix == "./" else prefix
        found |= {os.path.join(folder, n) for n in folders if ignored(f"{prefix}{n}/")}
        found |= {os.path.join(folder, n) for n in names if ignored(f"{prefix}{n}")}
        folders[:] = [n for n in folders if os.path.join(folder, n) not in found]
    return found


def _check_links(checkout: str, outside: set[str]) -> None:
    """One link that leads out of the repository, wherever it is, and nothing is generated."""
    for full in _walk(checkout, outside):
        folder = os.path.dirname(full)
        if os.path.islink(full) and _leads_out(checkout, folder, os.readlink(full)):
            raise RepositoryError(
                "repository contains out-of-bounds symlinks",
                where=Place(os.path.relpath(full, checkout)),
                hint="Argo CD generates nothing from such a repository: remove the link",
            )


def _leads_out(checkout: str, folder: str, target: str) -> bool:
    here = [] if folder == checkout else os.path.relpath(folder, checkout).split("/")
    for part in target.split("/"):
        if part == ".." and not here:
            return True
        if part == "..":
            here.pop()
        elif part not in ("", "."):
            here.append(part)
    return target.startswith("/")


def _environment(
    asked: GenerateRequest, commit: str, cluster: TargetCluster
) -> Iterator[tuple[str, str]]:
    of_the_app = {
        "ARGOCD_APP_NAME": asked.name,
        "ARGOCD_APP_NAMESPACE": asked.namespace,
        "ARGOCD_APP_PROJECT_NAME": asked.project,
        "ARGOCD_APP_REVISION": commit,
        "ARGOCD_APP_REVISION_SHORT": commit[:SHORT],
        "ARGOCD_APP_REVISION_SHORT_8": commit[:SHORT_8],
        "ARGOCD_APP_SOURCE_REPO_URL": asked.repository,
        "ARGOCD_APP_SOURCE_PATH": asked.path,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": asked.revision,
        "KUBE_VERSION": cluster.version.removeprefix("v").partition("+")[0].partition("-")[0],
        "KUBE_API_VERSIONS": ",".join(cluster.apis),
    }
    yield from of_the_app.items()
    for name, value in asked.variables:
        yield f"ARGOCD_ENV_{name}", _expanded(value, of_the_app)
    yield "ARGOCD_APP_PARAMETERS", _as_go_writes(asked.parameters or None)
    for parameter in asked.parameters:
        name = "PARAM_" + _escaped(str(parameter["name"]))
        if isinstance(parameter.get("string"), str):
            yield name, parameter["string"]
        for key, value in (parameter.get("map") or {}).items():
            yield f"{name}_{_escaped(key)}", str(value)
        for number, value in enumerate(parameter.get("array") or ()):
            yield f"{name}_{number}", str(value)


def _as_go_writes(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda c: f"\\u{ord(c[0]):04x}", text)


def _expanded(text: str, values: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else values.get(found[1] or found[2] or "", "")

    return VARIABLE.sub(one, text)


def _escaped(name: str) -> str:
    return re.sub("[^A-Z0-9_]", "_", name.upper())
