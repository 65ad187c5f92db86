"""Which forge the URL of a remote means, and how to speak to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httpx

from reconciler.errors import ForgeError
from reconciler.forges.client import ForgeAnswer, ForgeClient, HttpRoute, understood, whole_answer
from reconciler.forges.forge import KINDS, LOCAL, Forge
from reconciler.forges.gitea import Gitea
from reconciler.forges.github import GitHub
from reconciler.forges.github_app import AppInstallation, GitHubApp
from reconciler.forges.gitlab import GitLab
from reconciler.forges.hosted import ForgeProject, HostedForge
from reconciler.forges.local import LocalForge
from reconciler.forges.tokens import ForgeToken, Tokens
from reconciler.git.addresses import LOOPBACK, without_user

HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
LABELS = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}

# What a forge says of itself to somebody without a token.
SIGNS: tuple[tuple[str, str, Callable[[ForgeAnswer], bool]], ...] = (
    ("gitea", "/api/v1/version", lambda a: a.status == 200 and "version" in a.text),
    ("gitlab", "/api/v4/version", lambda a: "x-gitlab-meta" in a.headers),
    ("github", "/api/v3/meta", lambda a: "x-github-request-id" in a.headers),
)

# Who pushes, where only the token counts.
USERS = {"github": "x-access-token", "gitlab": "oauth2", "gitea": "reconciler"}


@dataclass(frozen=True, slots=True)
class ForgeAddress:
    """A repository, and the kind of forge that it is in (nothing if that is not known)."""

    kind: str
    project: ForgeProject


@dataclass(frozen=True, slots=True)
class ForgeConnection:
    """`login` is for git, which pushes as the same user; none where there is no token."""

    forge: Forge
    login: Callable[[], tuple[str, str]] | None = None


def forge_address(url: str, kind: str = "", web: str = "") -> ForgeAddress:
    """What a remote's URL says. The kind and the address of the forge's pages may be given."""
    if kind and kind not in KINDS:
        raise ForgeError(
            f"there is no kind of forge {kind}", hint=f"write one of {', '.join(KINDS)}"
        )
    scheme, host, path = _parts(url)
    if kind == LOCAL or not host:
        return ForgeAddress(LOCAL, ForgeProject("", url.removeprefix("file://")))
    web = web.rstrip("/") or f"{scheme}://{host}"
    path = path.removeprefix(urlsplit(web).path).strip("/").removesuffix(".git")
    kind = kind or _known(host.partition(":")[0])
    if kind in ("gitea", "github") and path.count("/") > 1:
        above, owner, name = path.rsplit("/", 2)
        web, path = f"{web}/{above}", f"{owner}/{name}"
    if "/" not in path:
        raise ForgeError(
            f"{without_user(url)} names no repository of a forge",
            hint="write a URL that ends with OWNER/NAME",
        )
    return ForgeAddress(kind, ForgeProject(web, path))


def probe(place: ForgeAddress, way: HttpRoute) -> ForgeAddress:
    """Ask the host what it is; no token is shown to it."""
    web = place.project.web
    with httpx.Client(
        verify=way.trust(), proxy=way.proxy or None, trust_env=False, timeout=way.seconds
    ) as http:
        for kind, path, is_such in SIGNS:
            try:
                request = http.build_request("GET", web + path)
                if is_such(whole_answer(http, request, way.seconds, web)):
                    return ForgeAddress(kind, place.project)
            except (httpx.RequestError, httpx.InvalidURL) as e:
                raise ForgeError(f"{web} does not answer", why=str(e)) from None
    raise _unknown(web)


@contextmanager
def connect(
    place: ForgeAddress, proof: ForgeToken | GitHubApp | None, way: HttpRoute, clone: str = ""
) -> Iterator[ForgeConnection]:
    """Speak to it as the user whom the token belongs to, or as an app of GitHub's.

    Of a repository that is its own forge, as who Git says in this `clone`.
    """
    project = place.project
    if place.kind == LOCAL:
        yield ForgeConnection(LocalForge(project.path, clone=clone))
        return
    if place.kind not in FORGES:
        raise _unknown(project.web)
    if proof is None:
        raise ForgeError(
            f"there is no token for {project.web}",
            hint="give one in RECONCILER_FORGE_TOKEN, in a file, or through a credential helper of "
            "Git's; GITHUB_TOKEN and its like are for the forge that they are called after",
        )
    make, address = FORGES[place.kind]
    api = address(project.web)
    with ExitStack() as stack:
        tokens: Tokens
        if isinstance(proof, GitHubApp):
            if place.kind != "github":
                raise ForgeError(f"{project.web} is not GitHub, and knows no apps of GitHub's")
            tokens = stack.enter_context(closing(AppInstallation(proof, api, project.path, way)))
        else:
            tokens = partial(_same, proof)
        client = stack.enter_context(
            ForgeClient(make.name, api, tokens, make.needs, way, make.headers)
        )

        def login() -> tuple[str, str]:
            with understood(make.name):
                return USERS[place.kind], tokens().reveal()

        yield ForgeConnection(make(client, project), login)


def proxy_for(url: str, environment: Mapping[str, str]) -> str:
    """The proxy that these variables name for this URL; none for hosts that no_proxy excepts.

    What is for this machine stays on it.
    """
    named = {name.lower(): value for name, value in environment.items() if value}
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK:
        return ""
    host = f".{parts.hostname or ''}"
    for entry in named.get("no_proxy", "").replace(" ", "").split(","):
        suffix = entry.partition(":")[0].removeprefix("*").lower()
        if entry == "*" or (suffix and host.endswith(f".{suffix.lstrip('.')}")):
            return ""
    return named.get(f"{parts.scheme}_proxy") or named.get("all_proxy", "")


def github_api(web: str) -> str:
    """Of github.com, of a company's part of it (NAME.ghe.com), or of a server of one's own."""
    scheme, _, host = web.partition("://")
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"{scheme}://api.{host}"
    return f"{web}/api/v3"


FORGES: dict[str, tuple[type[HostedForge], Callable[[str], str]]] = {
    "github": (GitHub, github_api),
    "gitea": (Gitea, lambda web: f"{web}/api/v1"),
    "gitlab": (GitLab, lambda web: f"{web}/api/v4"),
}


def _same(token: ForgeToken) -> ForgeToken:
    return token


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host and path; by SSH one reaches the same host as browsers do by HTTPS."""
    scheme, found, rest = url.partition("://")
    if found:
        host, _, path = rest.partition("/")
        host = host.rpartition("@")[2]
        if scheme in ("http", "https"):
            return scheme, host, f"/{path}"
        return "https", "" if scheme == "file" else host.partition(":")[0], f"/{path}"
    host, found, path = url.partition(":")
    if not found or "/" in host:
        return "", "", url
    return "https", host.rpartition("@")[2], f"/{path}"


def _known(host: str) -> str:
    if host in HOSTS:
        return HOSTS[host]
    kinds = {kind for label in host.split(".") for kind in [LABELS.get(label)] if kind}
    if host.endswith(".ghe.com"):
        kinds.add("github")
    return kinds.pop() if len(kinds) == 1 else ""


def _unknown(web: str) -> ForgeError:
    return ForgeError(
        f"{web} does not say what kind of forge it is",
        hint=f"name it, one of: {', '.join(KINDS)}",
    )
