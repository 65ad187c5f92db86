"""The repository that others share: what its branches are, and changing them only as expected.

A token is given to Git in its environment, for this one address. It is never an argument, which
everybody on the machine can read, and goes into no file.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from reconciler.errors import RepositoryError
from reconciler.git.addresses import is_confidential, without_user
from reconciler.git.command import run_git
from reconciler.git.names import OUR_REFS, BranchName, branch_of, reference_of
from reconciler.git.network import GitAnswer, speak, surroundings
from reconciler.model.paths import folders_above

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Login = Callable[[], tuple[str, str]]

REMOTE_SECONDS = 120.0
FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-recurse-submodules"),
    *("--no-write-fetch-head", "--no-auto-maintenance"),
)
HIDDEN = "***"

# What Git says, what it means, and what to do; the first that fits counts.
MEANINGS = (
    (
        r"Authentication failed|could not read (Username|Password)|terminal prompts disabled"
        r"|returned error: 401|Permission denied \(|Host key verification failed",
        "{url} refuses the login",
        "give a token or an SSH key; one that is given already may have expired",
    ),
    (
        r"returned error: 403|[Pp]ermission to \S+ denied|not allowed to push|write access",
        "{url} does not allow this with the login that is given",
        "the token needs the right to write to the repository",
    ),
    (
        r"not found|does not appear to be a git repository|does not exist|returned error: 404",
        "there is no repository at {url}",
        "check the address; a forge also hides repositories that the token may not read",
    ),
    (r"redirect", "{url} has moved", "set the new address: git remote set-url origin URL"),
    (
        r"unable to access|Could not resolve|[Cc]onnection (refused|reset|timed out)|not within"
        r"|Could not read from remote|hung up|early EOF|RPC failed",
        "{url} cannot be reached",
        "is there a network, and is a proxy needed? then run it again",
    ),
)


class PushOutcome(StrEnum):
    """What became of a push."""

    done = "done"  # or it was so already
    moved = "moved"  # the branch is not what it was expected to be: somebody was faster
    refused = "refused"  # a protected branch, or a hook over there


@dataclass(frozen=True, slots=True)
class Pushed:
    outcome: PushOutcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class BranchChange:
    """What a branch shall be (nothing: deleted), if it still is what is expected (nothing: new).

    Other references are named in full, wherever a branch can be.
    """

    branch: BranchName
    commit: str
    expected: str


class Remote:
    """Who we are there is asked for with each use, since such a token may last for an hour only.

    Without a login, it is for the user's own Git to know: SSH keys, credential helpers.
    """

    def __init__(
        self,
        root: str,
        url: str,
        environment: Mapping[str, str],
        login: Login | None = None,
        name: str = "origin",
    ) -> None:
        self.root = root
        self.url = url
        self.name = name
        self._environment = surroundings(environment)
        self._login = login

    def tips(self, *branches: BranchName) -> dict[BranchName, str]:
        """The commit of each of these branches that is there; a name may have a `*` in it."""
        wanted = [reference_of(branch) for branch in branches]
        said = self._git("ls-remote", "--refs", "--", self.url, *wanted)
        lines = (line.split("\t") for line in said.output.splitlines())
        return {  # Git also gives what only ends like this
            branch_of(name): commit
            for commit, name in lines
            if any(fnmatchcase(name, pattern) for pattern in wanted)
        }

    def fetch(self, *branches: BranchName) -> dict[BranchName, str]:
        """The same, and the commits are here, kept as refs/remotes/NAME/BRANCH."""
        found = self.tips(*branches)
        # What this clone calls HEAD stands for the main branch, and would take that along.
        kept = {self._kept(branch): reference_of(branch) for branch in found if branch != "HEAD"}
        if kept:
            self._make_room(kept)
            lines = "".join(f"+{there}:{here}\n" for here, there in kept.items())
            self._git(*FETCH, "--stdin", "--", self.url, given=lines)
        return found

    def _make_room(self, names: Iterable[str]) -> None:
        """Git keeps no `a` beside `a/b`: where there is one now, the other is gone over there."""
        new = set(names)
        above = {parent for name in new for parent in folders_above(name)}
        folders = {"/".join(name.split("/")[:3]) for name in new}
        listed = run_git(self.root, "for-each-ref", "--format=%(refname)", *folders)
        for name in set(os.fsdecode(listed).splitlines()) - new:
            if name in above or not new.isdisjoint(folders_above(name)):
                run_git(self.root, "update-ref", "--no-deref", "-d", name)

    def fetch_commit(self, commit: str) -> None:
        """One that no branch has yet, which Git gives since the second version of its protocol."""
        self._git("-c", "protocol.version=2", *FETCH, "--", self.url, commit)

    def push(self, changes: Sequence[BranchChange]) -> dict[str, Pushed]:
        """All in one go, each by itself: one that is refused does not keep the others."""
        if not changes:
            return {}
        leases = [f"--force-with-lease={reference_of(c.branch)}:{c.expected}" for c in changes]
        said = self._git(
            *("push", "--porcelain", "--no-verify", "--no-follow-tags", *leases, "--", self.url),
            *(f"{c.commit}:{reference_of(c.branch)}" for c in changes),
            may_fail=True,
        )
        words = " ".join(re.findall(r"^remote: *(\S.*?)\s*$", said.errors, re.MULTILINE))
        found = dict(filter(None, (_outcome(line, words) for line in said.output.splitlines())))
        if not found:
            raise self._failed(said)
        return {c.branch: found[c.branch] for c in changes}

    def delete(self, branch: BranchName, expected: str) -> Pushed:
        """Delete a branch that still is at this commit; one that is gone is gone."""
        found = self.push([BranchChange(branch, "", expected)])[branch]
        if found.outcome is PushOutcome.moved and not self.tips(branch):
            return Pushed(PushOutcome.done)
        return found

    def _kept(self, branch: BranchName) -> str:
        """Where this repository keeps what was fetched."""
        if branch.startswith("refs/"):
            return f"{OUR_REFS}/{self.name}/{branch.removeprefix('refs/')}"
        return f"refs/remotes/{self.name}/{branch}"

    def _git(self, *words: str, given: str = "", may_fail: bool = False) -> GitAnswer:
        hidden, settings = self._settings()
        said = speak(words, self.root, self._environment | settings, REMOTE_SECONDS, given)
        for secret in hidden:
            said.errors = said.errors.replace(secret, HIDDEN)
            said.output = said.output.replace(secret, HIDDEN)
        if said.code and not may_fail:
            raise self._failed(said)
        return said

    def _settings(self) -> tuple[list[str], dict[str, str]]:
        """Secrets, and variables that stand for Git's configuration, which they go on from."""
        url = urlsplit(self.url)
        if self._login is None or not is_confidential(url.scheme, url.hostname or ""):
            return [], {}
        user, password = self._login()
        proof = base64.b64encode(f"{user}:{password}".encode()).decode()
        header = f"http.{without_user(self.url)}.extraHeader"
        pairs = (
            ("credential.helper", ""),
            ("http.followRedirects", "false"),
            (header, ""),  # forgets what others have set
            (header, f"Authorization: Basic {proof}"),
        )
        begin = int(self._environment.get("GIT_CONFIG_COUNT") or 0)
        found = {"GIT_CONFIG_COUNT": str(begin + len(pairs))}
        for number, (key, value) in enumerate(pairs, begin):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return [password, proof], found

    def _failed(self, said: GitAnswer) -> RepositoryError:
        url = without_user(self.url)
        for pattern, what, hint in MEANINGS:
            if re.search(pattern, said.errors):
                return RepositoryError(what.format(url=url), why=said.reason, hint=hint)
        return RepositoryError(f"git fails with {url}", why=said.reason, detail=said.errors)


def _outcome(line: str, words: str) -> tuple[BranchName, Pushed] | None:
    """A line of `git push --porcelain`: FLAG, FROM:TO and SUMMARY (REASON), with tabs between.

    The words are what the other side has to say.
    """
    flag, _, rest = line.partition("\t")
    names, found, summary = rest.partition("\t")
    if not found:
        return None
    branch = branch_of(names.rpartition(":")[2])
    if flag != "!":
        return branch, Pushed(PushOutcome.done)
    reason = re.sub(r".*?\((.*)\)$", r"\1", summary)
    lost = ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "failed to update")
    if reason.startswith(lost) or "failed to lock" in reason:
        return branch, Pushed(PushOutcome.moved, reason)
    return branch, Pushed(PushOutcome.refused, f"{reason}: {words}" if words else reason)
