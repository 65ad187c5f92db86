"""What GitHub does for commits, over a real repository: it makes them, and signs those of apps."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from githubkit_schemas.v2022_11_28 import models

from tests.conftest import Repo
from tests.forges.github_contract import GitHubContract, sample
from tests.forges.replay import Answer, Replay, Request

AT = "/repos/fleet/environments"
WHO = {
    "GIT_AUTHOR_NAME": "promoter[bot]",
    "GIT_AUTHOR_EMAIL": "1+promoter[bot]@users.noreply.github.example",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.example",
}


class FakeForge(Replay):
    """`login` is whose token it is; `shared` is a bare repository."""

    def __init__(self, shared: Repo, folder: Path, login: str = "promoter[bot]") -> None:
        super().__init__(GitHubContract(), "/api/v3")
        self.shared = shared
        self.login = login
        self._index = folder / "index"
        key = folder / "github"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        allowed = folder / "allowed"
        allowed.write_text(f"noreply@github.example {key.with_suffix('.pub').read_text()}")
        settings = {
            "gpg.format": "ssh",
            "gpg.ssh.allowedSignersFile": str(allowed),
            "user.signingKey": str(key),
        }
        for name, value in settings.items():
            shared.git("config", name, value)

    @property
    def remote(self) -> str:
        return f"{self.url.removesuffix('/api/v3')}/fleet/environments.git"

    def clone(self, path: Path) -> Repo:
        """One whose origin is GitHub's, which Git itself finds on the disk."""
        subprocess.run(["git", "clone", "--quiet", self.shared.path, path], check=True)
        found = Repo(path)
        found.git("remote", "set-url", "origin", self.remote)
        found.git("config", f"url.{self.shared.path}.insteadOf", self.remote)
        return found

    def made(self) -> int:
        """How many commits it was asked for."""
        return len(self.calls("POST", f"{AT}/git/commits"))

    def is_signed(self, commit: str) -> bool:
        words = ["git", "verify-commit", commit]
        return not subprocess.run(words, cwd=self.shared.path, capture_output=True).returncode

    def found(self, request: Request) -> Answer | None:
        match request.method, request.path.removeprefix(AT):
            case "POST", "/graphql":
                return Answer({"data": {"viewer": {"login": self.login}}})
            case "POST", "/git/blobs":
                content = base64.b64decode(request.body["content"])
                return Answer(sample(models.ShortBlob, sha=self._blob(content)), 201)
            case "POST", "/git/trees":
                return Answer(sample(models.GitTree, sha=self._tree(request.body)), 201)
            case "POST", "/git/commits":
                app = request.headers["authorization"].startswith("Bearer ghs_")
                return Answer(sample(models.GitCommit, sha=self._commit(request.body, app)), 201)
        return super().found(request)

    def _blob(self, content: bytes) -> str:
        return self._git("hash-object", "-w", "--stdin", given=content)

    def _tree(self, body: Mapping[str, Any]) -> str:
        assert body["tree"], "GitHub takes no tree without entries"
        self._git("read-tree", body["base_tree"])
        for entry in body["tree"]:
            blob = entry.get("sha") or self._blob(entry["content"].encode())
            self._git("update-index", "--add", "--cacheinfo", entry["mode"], blob, entry["path"])
        return self._git("write-tree")

    def _commit(self, body: Mapping[str, Any], app: bool) -> str:
        """The message loses the end of its last line, as with some of GitHub's own commits."""
        assert body.keys() == {"message", "tree", "parents"}
        parents = [word for parent in body["parents"] for word in ("-p", parent)]
        sign = ["-S"] if app else []
        words = ["commit-tree", *sign, *parents, body["tree"]]
        return self._git(*words, given=body["message"].rstrip().encode())

    def _git(self, *words: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.shared.path,
            env={**os.environ, **WHO, "GIT_INDEX_FILE": str(self._index)},
            input=given,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()


def shared_by(people: Repo, folder: Path) -> Repo:
    """A bare repository with what these people have on their main branch."""
    found = Repo.__new__(Repo)
    found.path = folder / "shared.git"
    people.git("clone", "--quiet", "--bare", str(people.path), str(found.path))
    return found
