"""Which host a token is for that is in one of the forges' own variables."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from reconciler.forges.tokens import ForgeToken

GITHUB = ("github.com", "*.ghe.com")
HOSTS = {
    "GITHUB_TOKEN": GITHUB,
    "GH_TOKEN": GITHUB,
    "GITEA_TOKEN": ("gitea.com",),
    "FORGEJO_TOKEN": ("codeberg.org",),
    "GITLAB_TOKEN": ("gitlab.com",),
}
NAMES = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitea": ("GITEA_TOKEN", "FORGEJO_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
}
# Where a job of the forge's says which server it belongs to; Gitea speaks as GitHub does.
SERVERS = {"github": "GITHUB_SERVER_URL", "gitea": "GITHUB_SERVER_URL", "gitlab": "CI_SERVER_URL"}


def token_of(variables: Mapping[str, str], kind: str, web: str) -> ForgeToken | None:
    """The token for the forge at this address.

    What a host says that it is makes no variable its own: a clone of somebody else's repository
    would send them the user's token. In a job, its variables are for the server of the job alone.
    """
    host = urlsplit(web).netloc.lower()
    server = urlsplit(variables.get(SERVERS.get(kind, ""), "")).netloc.lower()
    for name in NAMES.get(kind, ()):
        hosts = (server,) if server else HOSTS[name]
        if variables.get(name) and any(_is_in(host, one) for one in hosts):
            return ForgeToken(variables[name], name)
    return None


def _is_in(host: str, known: str) -> bool:
    return host == known or (known.startswith("*.") and host.endswith(known[1:]))
