"""What an Application may say about its own generation, and what of it the page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.errors import UsageError
from reconciler.text.suggestions import did_you_mean, listing

VARIABLE = "ARGOCD_APP_PARAMETERS"

# As `kustomize edit set image` takes it: NAME=NEW_NAME:TAG@DIGEST, of which most may be left out.
IMAGE = re.compile(
    r"(?:(?P<name>[^\s=@]+)=)?"
    r"(?P<new>[a-z0-9][a-zA-Z0-9._/-]*(?::[0-9]+/[a-zA-Z0-9._/-]+)?)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?",
    re.ASCII,
)
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,252}")
MAX_REPLICAS = 10_000


class Stops(StrEnum):
    """The findings that stop a generation."""

    off = "off"
    error = "error"
    warning = "warning"
    note = "note"


@dataclass(frozen=True, slots=True)
class ImageOverride:
    """Another version, or another place, of an image."""

    name: str
    new_name: str = ""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """What containers then run."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.new_name or self.name}{tag}{digest}"


@dataclass(frozen=True, slots=True)
class Parameters:
    images: tuple[ImageOverride, ...] = ()
    replicas: tuple[tuple[str, int], ...] = ()
    checks: Stops = Stops.off
    apps: tuple[str, ...] = ()
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Announcement:
    """A parameter as the page shows it; the fields are those of Argo CD."""

    name: str
    title: str
    tooltip: str
    collection: str = "string"
    item: str = ""
    string: str = ""
    array: tuple[str, ...] = ()
    map: Mapping[str, str] | None = None

    def document(self) -> dict[str, Any]:
        """As the stock plugin server reads it from a command's output."""
        found: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "tooltip": self.tooltip,
            "collectionType": self.collection,
        }
        if self.item:
            found["itemType"] = self.item
        if self.collection == "array":
            found["array"] = list(self.array)
        elif self.collection == "map":
            found["map"] = dict(self.map or {})
        else:
            found["string"] = self.string
        return found


def announcements(
    images: Sequence[str], replicas: Mapping[str, int], apps: Sequence[str]
) -> list[Announcement]:
    """All parameters, with the values that hold now; apps only where there are several."""
    found = [
        Announcement(
            "images",
            "Images",
            "What containers run: NAME:TAG, NAME=OTHER_NAME:TAG or NAME@DIGEST",
            collection="array",
            array=tuple(images),
        ),
        Announcement(
            "replicas",
            "Replicas",
            "How many pods each workload has",
            collection="map",
            item="number",
            map={name: str(count) for name, count in replicas.items()},
        ),
        Announcement(
            "checks",
            "Checks",
            "Findings of this severity and above stop the generation: off, error, warning or note",
            string=Stops.off,
        ),
        Announcement(
            "allow-empty",
            "Allow an empty result",
            "true: rendering nothing is no error, and all objects of the app may be pruned",
            item="boolean",
            string="false",
        ),
    ]
    if apps:
        found.append(
            Announcement(
                "apps",
                "Apps",
                "Only these apps of the environment, by name",
                collection="array",
                array=tuple(apps),
            )
        )
    return found


NAMES = ("images", "replicas", "checks", "apps", "allow-empty")


def read_parameters(text: str) -> Parameters:
    """From the value of ARGOCD_APP_PARAMETERS; empty and null are none."""
    given = _given(text)
    unknown = next((name for name in given if name not in NAMES), None)
    if unknown is not None:
        raise UsageError(
            f"there is no parameter {unknown!r}",
            hint=did_you_mean(unknown, NAMES) or f"there are {listing(NAMES)}",
        )
    images = tuple(_image(text) for text in _array(given, "images"))
    replicas = tuple((name, _count(name, text)) for name, text in _map(given, "replicas").items())
    checks = _string(given, "checks") or Stops.off
    if checks not in list(Stops):
        raise _wrong("checks", checks, f"write {listing(Stops, 'or')}")
    empty = _string(given, "allow-empty") or "false"
    if empty not in ("true", "false"):
        raise _wrong("allow-empty", empty, "write true or false")
    return Parameters(images, replicas, Stops(checks), _array(given, "apps"), empty == "true")


def _given(text: str) -> dict[str, dict[str, Any]]:
    try:
        parsed = json.loads(text) if text else None
    except (ValueError, RecursionError) as e:
        raise UsageError(f"{VARIABLE} is not JSON", why=str(e)) from e
    found = {}
    for item in parsed if isinstance(parsed, list) else [] if parsed is None else [parsed]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise UsageError(f"{VARIABLE} is not a list of named parameters")
        found[item["name"]] = item
    return found


def _string(given: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(_value(given, name, "string", str) or "")


def _array(given: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, ...]:
    found = _value(given, name, "array", list) or []
    if not all(isinstance(item, str) for item in found):
        raise UsageError(f"the parameter {name} holds something that is not text")
    return tuple(found)


def _map(given: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, str]:
    found = _value(given, name, "map", dict) or {}
    if not all(isinstance(item, str) for item in found.values()):
        raise UsageError(f"the parameter {name} holds something that is not text")
    return dict(found)


def _value(given: Mapping[str, Mapping[str, Any]], name: str, collection: str, kind: type) -> Any:
    item = given.get(name, {})
    others = [c for c in ("string", "array", "map") if c != collection and item.get(c)]
    value = item.get(collection)
    if others or not (value is None or isinstance(value, kind)):
        got = others[0] if others else type(value).__name__
        raise UsageError(
            f"the parameter {name} is given as {_article(got)}, and is {_article(collection)}",
            hint=f"write it under `{collection}:` in spec.source.plugin.parameters",
        )
    return value


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _image(text: str) -> ImageOverride:
    found = IMAGE.fullmatch(text.strip())
    if not found or not (found["name"] or found["tag"] or found["digest"]):
        raise _wrong("images", text, "write NAME:TAG, NAME=OTHER_NAME:TAG or NAME@DIGEST")
    name = found["name"] or found["new"]
    new_name = found["new"] if found["new"] != name else ""
    return ImageOverride(name, new_name, found["tag"] or "", found["digest"] or "")


def _count(name: str, text: str) -> int:
    if not NAME.fullmatch(name):
        raise _wrong("replicas", name, "write the name of a workload")
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_REPLICAS):
        raise _wrong("replicas", f"{name}: {text}", f"write a number up to {MAX_REPLICAS:,}")
    return int(text)


def _wrong(name: str, value: str, hint: str) -> UsageError:
    return UsageError(f"the parameter {name} cannot be {value[:200]!r}", hint=hint)
