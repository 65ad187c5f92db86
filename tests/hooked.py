"""Real repositories in which a hook of ours is asked before each commit, or each push."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from reconciler.sealing.envelope import open_value
from reconciler.sealing.sealed_secret import is_sealed_secret, read_sealed_secret
from reconciler.yaml.read import read_documents
from tests.conftest import Repo
from tests.sealing.material import certificate, private_key

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
VALUE = "hunter2-hunter2"
IN_BASE64 = base64.b64encode(VALUE.encode()).decode()
APP = "environments/prod/shop"
SECRET = f"""apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop}}
stringData:
  password: {VALUE}
"""
CONFIG = "# kept as it is\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
FLEET = {
    "environments/prod/environment.yaml": "destination: {cluster: prod}\n",
    "environments/prod/sealing-cert.pem": certificate().pem,
    f"{APP}/kustomization.yaml": "namespace: shop\nresources:\n  - a.yaml  # a comment\n",
    f"{APP}/a.yaml": CONFIG,
}
WHO = {
    f"GIT_{role}_{part}": "t@localhost"
    for role in ("AUTHOR", "COMMITTER")
    for part in ("NAME", "EMAIL")
}
RUNNERS = ["script", "pre-commit", "prek"]
COMMANDS = {
    "forbid-plaintext-secrets": "secrets forbid",
    "seal-secrets": "secrets seal",
    "check-sealed-secrets": "secrets check",
    "reconciler-check": "check --staged --level error",
}


class Hooked:
    """A repository with an environment, and a hook of ours: a file of one line, or by a runner."""

    def __init__(self, repo: Repo, runner: str) -> None:
        self.repo = repo
        self.runner = runner
        repo.commit(FLEET)

    def install(self, hook: str, stage: str = "pre-commit") -> None:
        command = COMMANDS[hook]
        if stage == "pre-push":
            command += ' --pre-push "$1"'
        if self.runner == "script":
            script = self.repo.path / f".git/hooks/{stage}"
            script.parent.mkdir(exist_ok=True)
            script.write_text(f"#!/bin/sh\nexec reconciler {command}\n")
            script.chmod(0o755)
            return
        hooks = Repo(self.repo.path.parent / "hooks")
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks.path)
        config = [
            {
                "repo": str(hooks.path),
                "rev": hooks.commit(),
                # Ours, and not one that is built for the occasion.
                "hooks": [{"id": hook, "language": "system"}],
            }
        ]
        self.repo.write({".pre-commit-config.yaml": yaml.safe_dump({"repos": config})})
        self.repo.git("add", ".pre-commit-config.yaml")
        self.repo.git("commit", "--quiet", "--no-verify", "--message", "hooks")
        done = self.run(self.runner, "install", "--hook-type", stage)
        assert done.returncode == 0, done.stdout

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        home = str(self.repo.path.parent / "home")
        return subprocess.run(
            command,
            cwd=self.repo.path,
            env={
                **os.environ,
                **WHO,
                "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
                "PRE_COMMIT_HOME": home,
                "PREK_HOME": home,
                "COLUMNS": "200",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # which of the two a hook's words come from, Git decides
            text=True,
        )

    def commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.run("git", "commit", "--quiet", "--message", "a change", *arguments)
        assert VALUE not in done.stdout
        assert IN_BASE64 not in done.stdout
        return done

    def add(self, files: Mapping[str, str | bytes]) -> None:
        self.repo.write(files)
        self.repo.git("add", "--", *files)

    def staged(self) -> dict[str, str]:
        listed = self.repo.git("ls-files").splitlines()
        return {path: self.repo.git("show", f":{path}") for path in listed}

    def sealed(self, path: str) -> dict[str, str]:
        """The values in a SealedSecret of the last commit, as the cluster opens them."""
        text = self.repo.git("show", f"HEAD:{path}")
        return opened(text)

    def reachable(self) -> Iterator[bytes]:
        for line in self.repo.git("rev-list", "--objects", "--all").splitlines():
            name = line.split()[0]
            kind = self.repo.git("cat-file", "-t", name)
            yield subprocess.run(
                ["git", "cat-file", kind, name], cwd=self.repo.path, capture_output=True, check=True
            ).stdout

    def holds_nothing_in_the_clear(self) -> bool:
        plain = (VALUE.encode(), IN_BASE64.encode())
        return not any(p in content for content in self.reachable() for p in plain)


def opened(text: str) -> dict[str, str]:
    found = {}
    for document in read_documents(text.encode(), "a.yaml"):
        if is_sealed_secret(document.value):
            sealed = read_sealed_secret(document)
            for key, value in sealed.encrypted.items():
                plain = open_value([private_key()], value, f"shop/{sealed.name}")
                found[f"{sealed.name}.{key}"] = plain.decode()
    return found
