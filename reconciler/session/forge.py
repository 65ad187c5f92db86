"""The forge that this repository is in, reached with what the user has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.errors import UsageError
from reconciler.forges.forge import KINDS, LOCAL
from reconciler.git.addresses import remote_urls
from reconciler.session.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.forges.client import HttpRoute
    from reconciler.forges.connect import ForgeAddress
    from reconciler.forges.forge import Forge
    from reconciler.forges.github_app import GitHubApp
    from reconciler.forges.tokens import ForgeToken
    from reconciler.git.branches import Branches
    from reconciler.git.commit_builder import CommitBuilder
    from reconciler.git.remote import Remote

TOKEN = "RECONCILER_FORGE_TOKEN"  # noqa: S105 - the name of a variable
APP = "RECONCILER_GITHUB_APP_ID"
APP_KEY = "RECONCILER_GITHUB_APP_KEY_FILE"
APP_INSTALLATION = "RECONCILER_GITHUB_APP_INSTALLATION"

LIMITED = (
    "the token is the workflow's own: no workflow starts for what it opens and merges, so checks "
    "that a branch requires may never run; an app's token has no such limit"
)


@dataclass(frozen=True, slots=True)
class Reached:
    """`make_bench` opens what commits are made with for this forge."""

    forge: Forge
    branches: Branches
    make_bench: Callable[[], CommitBuilder]

    @property
    def caveat(self) -> str:
        """What is not to be expected of it with this token."""
        from reconciler.forges.github import GitHub

        limited = isinstance(self.forge, GitHub) and not self.forge.starts_workflows()
        return LIMITED if limited else ""


@contextmanager
def open_forge(settings: Settings, root: str, kind: str) -> Iterator[Reached]:
    """Without a remote, or for `local`, the repository is its own forge."""
    from reconciler.forges.connect import connect, forge_address, probe
    from reconciler.forges.local import LocalForge
    from reconciler.git.branches import OwnBranches
    from reconciler.git.commit_builder import CommitBuilder
    from reconciler.git.origin_branches import OriginBranches
    from reconciler.git.remote import Remote

    if kind and kind not in KINDS:
        raise UsageError(f"there is no forge {kind}", hint=f"write one of {', '.join(KINDS)}")
    urls = remote_urls(root)
    if not urls or kind == LOCAL:
        yield Reached(LocalForge(root), OwnBranches(root), lambda: CommitBuilder(root))
        return
    place = forge_address(urls[0], kind, settings.variables.get("RECONCILER_FORGE_URL", ""))
    way = _way(settings, place.project.web)
    if not place.kind:
        place = probe(place, way)
    here = urlsplit(urls[0]).hostname == urlsplit(place.project.web).hostname
    proof = None if place.kind == LOCAL else _proof(settings, place, urls[0], root, here=here)
    with connect(place, proof, way, root) as found:
        remote = Remote(root, urls[0], settings.variables, found.login if here else None)
        forge = found.forge
        yield Reached(forge, OriginBranches(remote), lambda: _bench(root, forge, remote))


def _bench(root: str, forge: Forge, remote: Remote) -> CommitBuilder:
    """As Git's own configuration wants commits to be made; GitHub signs them where it is silent."""
    from reconciler.forges.github import GitHub
    from reconciler.forges.signed_commits import SignedCommitBuilder
    from reconciler.git.commit_builder import CommitBuilder, Committer
    from reconciler.git.new_commit import wants_signature

    if isinstance(forge, GitHub) and wants_signature(root) is None and forge.signs_commits():
        return SignedCommitBuilder(root, forge, remote)
    if forge.kind == LOCAL:
        return CommitBuilder(root)
    user = forge.user()
    return CommitBuilder(root, Committer(user, f"{user}@users.noreply.invalid"))


def _way(settings: Settings, web: str) -> HttpRoute:
    from reconciler.forges.client import HttpRoute
    from reconciler.forges.connect import proxy_for

    return HttpRoute(
        proxy=proxy_for(web, settings.variables) if web else "",
        authorities=settings.variables.get("RECONCILER_FORGE_CA_FILE", ""),
    )


def _app(name: str, file: str, installation: str) -> GitHubApp:
    from reconciler.forges.github_app import read_app

    if not file:
        raise UsageError(
            f"{APP_KEY} is not set",
            why=f"{APP} is, and an app proves by its private key who it is",
            hint="write the path of the file with the key, in PEM format",
        )
    if installation and not installation.isdecimal():
        raise UsageError(
            f"{APP_INSTALLATION} is not a number: {installation}",
            hint="write the number that the address of the installation's page on GitHub ends "
            "with, or nothing: it is asked for then",
        )
    return read_app(name, file, int(installation or 0))


def _proof(
    settings: Settings, place: ForgeAddress, url: str, root: str, *, here: bool
) -> ForgeToken | GitHubApp | None:
    """The first that there is: an app, a token, a file, the forge's own variables, Git's helper.

    It is asked about the remote itself only where the forge is `here`, at the same host.
    """
    from reconciler.forges.token_variables import token_of
    from reconciler.forges.tokens import ForgeToken, ask_git, read_token

    given = settings.variables.get
    if app := given(APP):
        return _app(app, given(APP_KEY, ""), given(APP_INSTALLATION, "").strip())
    if file := given("RECONCILER_FORGE_TOKEN_FILE"):
        return read_token(file)
    if value := given(TOKEN):
        return ForgeToken(value, TOKEN)
    if token := token_of(settings.variables, place.kind, place.project.web):
        return token
    login = ask_git(url if here else place.project.url, settings.variables, root)
    return login.token if login else None
