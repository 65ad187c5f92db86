"""Which release of an app an environment runs, as its entry says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from reconciler.errors import Place
from reconciler.model.entry import Entry
from reconciler.model.files import Files
from reconciler.model.kustomization import (
    BaseReference,
    Image,
    Kustomization,
    Parameter,
    Replicas,
    read_folder,
)

REMOTE = re.compile(
    r"^(?:git::|[a-z+]+://|[\w.-]+@[\w.-]+:|github\.com[/:])|\?(?:.*&)?ref=", re.ASCII
)
CREDENTIALS = re.compile(r"(?<=^http://)[^/@]*@|(?<=^https://)[^/@]*@|(?<=[^/@:]):[^/@]*(?=@)")


@dataclass(frozen=True, slots=True)
class Pin:
    """A folder of a repository at a revision, as an entry names it by URL."""

    repository: str
    path: str
    ref: str
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Release:
    """What is promoted, and nothing that is the environment's own.

    Without pins it follows the branch.
    """

    pins: tuple[Pin, ...] = ()
    images: tuple[Image, ...] = ()
    replicas: tuple[Replicas, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def read_release(files: Files, entry: Entry) -> Release:
    """Without rendering anything."""
    return release_of(read_folder(files, entry.folder) or Kustomization())


def release_of(kustomization: Kustomization) -> Release:
    return Release(
        pins=tuple(pin_of(base) for base in kustomization.bases if is_remote(base.text)),
        images=kustomization.images,
        replicas=kustomization.replicas,
        parameters=kustomization.parameters,
    )


def is_remote(text: str) -> bool:
    return REMOTE.search(text) is not None


def pin_of(base: BaseReference) -> Pin:
    """The parts of a URL, without the user in it: that may be a password."""
    address, _, query = base.text.removeprefix("git::").partition("?")
    asked = parse_qs(query)
    ref = (asked.get("ref") or asked.get("version") or [""])[0]
    scheme = address.find("://") + 3 if "://" in address else 0
    repository, path = address, ""
    if (at := address.find("//", scheme)) >= 0:
        repository, path = address[:at], address[at + 2 :]
    elif (at := address.find(".git/", scheme)) >= 0:
        repository, path = address[: at + 4], address[at + 5 :]
    return Pin(CREDENTIALS.sub("", repository), path.strip("/"), ref, base.place)
