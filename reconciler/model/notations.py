"""How single values are written."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from reconciler.model.value_kinds import Advice, Expression, Text
from reconciler.text.suggestions import did_you_mean

A_NAME = "a name of lower-case letters, digits and hyphens, at most 63"
A_SPAN = "time such as 90s, 10m, 24h or 7d"
LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"

# A Git URL with a user and a password in it, or with a token in the user's place.
CREDENTIALS = re.compile(r"^[^/@\s]*://[^/@\s]*:[^/@\s]*@|^https?://[^/\s]*@|^[^/@\s]*:[^/@\s]*@")

# What a kustomization may hold, without what helm and plugins need and what is long deprecated.
KUSTOMIZATION_FIELDS = (
    *("resources", "components", "images", "replicas", "namespace", "namePrefix", "nameSuffix"),
    *("labels", "commonLabels", "commonAnnotations", "patches", "replacements", "crds", "openapi"),
    *("configMapGenerator", "secretGenerator", "generatorOptions", "configurations"),
    *("generators", "transformers", "validators", "buildMetadata", "sortOptions", "metadata"),
)


def is_name(text: str) -> bool:
    """Can it name an object, a namespace and a part of a host (RFC 1123)?"""
    return re.fullmatch(LABEL, text) is not None


def _in_lower_case(text: str) -> Advice:
    lower = text.lower()
    return Advice(hint=f"did you mean {lower}?" if is_name(lower) else "")


def _git_url(text: str) -> Advice:
    """Without the URL itself: what is secret in it is not to be seen again."""
    if CREDENTIALS.search(text):
        return Advice(
            "holds a password or a token",
            "write the URL without it, and let a credential helper of Git keep it",
        )
    return Advice()


def _address(text: str) -> Advice:
    if CREDENTIALS.search(text):
        return Advice("holds a password or a token", "write the URL without it")
    return Advice()


def _minor_version(text: str) -> Advice:
    meant = re.match(r"v?(1\.[0-9]+)", text)
    return Advice(hint=f'did you mean "{meant[1]}"?' if meant else "")


def _path(text: str) -> Advice:
    if text.startswith("/"):
        return Advice(hint="the repository's root is where it begins: leave the first slash out")
    return Advice(hint="nothing outside of the repository counts" if ".." in text else "")


def _field(text: str) -> Advice:
    first = re.split(r"[.\[]", text)[0]
    if first in KUSTOMIZATION_FIELDS:
        return Advice()
    return Advice(
        f"names {first}, which no kustomization has", did_you_mean(first, KUSTOMIZATION_FIELDS)
    )


def _pointer(text: str) -> Advice:
    return Advice(hint=_meant_by(text))


def _jq(text: str) -> Advice:
    """Fields are told apart by their path alone."""
    return Advice(
        "is an expression of jq, and fields are named by their path here",
        _meant_by(text) or "name the field by a JSON pointer, in jsonPointers",
    )


def _meant_by(path: str) -> str:
    """Of a path with dots, the pointer."""
    plain = re.fullmatch(r"\.?[\w-]+(?:\.[\w-]+|\[\d+\])*", path)
    pointer = "/".join(re.findall(r"[\w-]+", path))
    return f"write jsonPointers: [/{pointer}]" if plain else ""


def _duration(text: str) -> timedelta:
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def span(text: str) -> timedelta:
    """A time as it is typed for a command: with seconds, too, and a number alone is seconds."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd]?)", text)
    if not found:
        raise ValueError(f"{text} is no {A_SPAN}")
    unit = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _zone(text: str) -> str:
    """A time zone; where the system has no list of them, whatever looks like one."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        if known:
            raise ValueError(f"there is no zone {text}", did_you_mean(text, known)) from None
    return text


Name = Annotated[str, Text(A_NAME, LABEL, advise=_in_lower_case)]
Cluster = Annotated[
    str,
    Text(
        "a cluster's name: letters, digits and . _ - : / @",
        r"[A-Za-z0-9](?:[A-Za-z0-9._:/@-]{0,251}[A-Za-z0-9])?",
    ),
]
Server = Annotated[
    str, Text("a URL such as https://10.0.0.1:6443", r"https?://[^\s@/?#]+(?:/[^\s@?#]*)?")
]
Controller = Annotated[
    str,
    Text(
        "a service as NAMESPACE/NAME, or a URL such as http://127.0.0.1:8080",
        rf"{LABEL}/{LABEL}|https?://[^\s@/?#]+(?:/[^\s@?#]*)?",
    ),
]
ServiceAccount = Annotated[
    str,
    Text(
        'a service account as NAMESPACE/NAME, such as "{app}/deployer"',
        r"(?:[a-z0-9]|\{app\})(?:[-a-z0-9]|\{app\})*/(?:[a-z0-9]|\{app\})(?:[-.a-z0-9]|\{app\})*",
        advise=_in_lower_case,
    ),
]
Address = Annotated[
    str,
    Text(
        "a URL such as https://{app}.example.org/healthz, without a password",
        r"https?://[^\s@/?#]+(?:/[^\s@#]*)?",
        advise=_address,
    ),
]
AppPattern = Annotated[
    str,
    Text(
        'a name such as "{environment}-{app}"',
        r"(?:[a-z0-9]|\{app\}|\{environment\})(?:[-.a-z0-9]|\{app\}|\{environment\}){0,200}",
        advise=_in_lower_case,
    ),
]
NamespaceRule = Annotated[
    str,
    Text(
        'a namespace, a pattern such as "{app}-dev", or own',
        r"(?:[a-z0-9]|\{app\})(?:(?:[-a-z0-9]|\{app\}){0,61}(?:[a-z0-9]|\{app\}))?",
        advise=_in_lower_case,
    ),
]
KubernetesVersion = Annotated[
    str,
    Text('a minor version in quotes, such as "1.36"', r"1\.[0-9]{1,3}", advise=_minor_version),
]
GitUrl = Annotated[
    str,
    Text(
        "a Git URL such as https://HOST/OWNER/REPO or git@HOST:OWNER/REPO, without a password",
        r"https?://[^\s@/?#]+/[^\s@?#]+|ssh://(?:[^\s@/:?#]+@)?[^\s@/?#]+/[^\s@?#]+"
        r"|file:///[^\s@?#]+|[A-Za-z0-9._-]+@[A-Za-z0-9._-]+:[^\s@?#]+",
        advise=_git_url,
    ),
]
Branch = Annotated[str, Text("a branch", r"[^\s~^:?*\[\\.-][^\s~^:?*\[\\]*")]
Path = Annotated[
    str,
    Text(
        "a path from the repository's root",
        r"(?:(?!\.{1,2}(?:/|$))[^/\s]+/)*(?!\.{1,2}(?:/|$))[^/\s]+/?",
        advise=_path,
        convert=lambda text: text.rstrip("/"),
    ),
]
Glob = Annotated[str, Text("a name, in which * and ? stand for any others", r"\S+")]
AppsGlob = Annotated[
    str,
    Text(
        "a path from the repository's root, in which * and ? stand for parts of a folder's name",
        r"(?:(?!\.{1,2}(?:/|$))(?![^/]*\*\*)[^/\s]+/)*(?!\.{1,2}(?:/|$))(?![^/]*\*\*)[^/\s]+/?",
        advise=_path,
        convert=lambda text: text.rstrip("/"),
    ),
]
Cel = Annotated[str, Expression("an expression in CEL such as status.phase == 'Ready'")]
ApiVersion = Annotated[
    str,
    Text(
        "a group with its version such as example.org/v1",
        rf"(?:{LABEL}(?:\.{LABEL})*/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?",
    ),
]
KubernetesKind = Annotated[str, Text("a kind of object such as ConfigMap", r"[A-Z][A-Za-z0-9]*")]
JsonPointer = Annotated[
    str,
    Text("a JSON pointer such as /spec/replicas", r"(?:/(?:[^/~\s]|~[01])+)+", advise=_pointer),
]
JqPath = Annotated[str, Text("left out", r"(?!)", advise=_jq)]
FieldPath = Annotated[
    str,
    Text(
        "a field of an app's kustomization such as images, images[*].newTag or replicas[web].count",
        rf"(?:{'|'.join(KUSTOMIZATION_FIELDS)})(?:\[[^\[\]\s]+\])?"
        r"(?:\.[A-Za-z][A-Za-z0-9_-]*(?:\[[^\[\]\s]+\])?)*",
        advise=_field,
    ),
]
Account = Annotated[
    str,
    Text(
        "an account or a team such as alice or org/team",
        r"[A-Za-z0-9][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)*",
    ),
]
Duration = Annotated[
    timedelta,
    Text("a time such as 30s, 30m, 24h or 7d", r"[1-9][0-9]{0,3}[smhd]", convert=_duration),
]
Clock = Annotated[
    time,
    Text(
        "a time of day such as 09:00",
        r"(?:[01][0-9]|2[0-3]):[0-5][0-9]",
        convert=time.fromisoformat,
    ),
]
Day = Annotated[
    date,
    Text("a date such as 2026-12-20", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", convert=date.fromisoformat),
]
Zone = Annotated[
    str,
    Text(
        "a time zone such as Europe/Berlin",
        r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*",
        convert=_zone,
    ),
]
