"""What a shell offers where somebody presses Tab."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.group import COMPLETES
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.model.fleets import entry, environment


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    repo.write(environment("dev") | environment("prod"))
    repo.write(entry("dev", "paw") | entry("prod", "paw") | entry("prod", "relay"))
    repo.write({"environments/argocd/x.yaml": ""})
    repo.commit()
    repo.git("branch", "feature")
    repo.git("tag", "v1.2.0")
    for number, state in ((12, "open"), (13, "merged"), (14, "closed"), (15, "open")):
        repo.commit({"request.json": json.dumps({"pull": {"state": state}}, indent=2)})
        repo.git("update-ref", f"refs/reconciler/requests/{number}", "HEAD")
    repo.git("reset", "--quiet", "--hard", "v1.2.0")
    return repo


def offered(reconciler: Run, folder: Path, line: str) -> list[str]:
    words = line.split(" ")
    done = reconciler(
        cwd=folder,
        **{COMPLETES: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
    )
    assert done.stderr == b""
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reconciler ch", ["check"]),
        ("reconciler promote h", ["history"]),
        ("reconciler seal cert a", ["add"]),
        ("reconciler check --st", ["--staged"]),
        ("reconciler check p", ["prod", "prod/paw", "prod/relay"]),
        ("reconciler check prod/r", ["prod/relay"]),
        ("reconciler explain prod/", ["prod/paw", "prod/relay"]),
        ("reconciler list r", ["relay"]),
        ("reconciler render dev --ref fea", ["feature"]),
        ("reconciler diff v", ["v1.2.0"]),
        ("reconciler diff main..v", ["main..v1.2.0"]),
        ("reconciler affected fea", ["feature"]),
        ("reconciler check --rule references/s", ["references/secret", "references/service"]),
        ("reconciler promote status ", ["dev", "prod"]),
        ("reconciler promote dev p", ["prod"]),
        ("reconciler promote dev prod r", ["relay"]),
        ("reconciler promote approve ", ["12", "15"]),
        ("reconciler promote merge 1", ["12", "15"]),
        ("reconciler seal status d", ["dev", "dev/paw"]),
        ("reconciler seal put prod/p", ["prod/paw"]),
        ("reconciler seal prod/", ["prod/paw", "prod/relay"]),
        ("reconciler seal prod/r", ["prod/relay"]),
        ("reconciler seal p", ["put", "prod/paw", "prod/relay"]),
        ("reconciler seal ro", ["rotate"]),
        ("reconciler seal cert show p", ["prod"]),
        ("reconciler lint ", []),
    ],
)
def test_names_of_the_repository_are_offered(
    reconciler: Run, fleet: Repo, line: str, expected: list[str]
) -> None:
    found = offered(reconciler, fleet.path, line)
    assert set(expected) <= set(found) if "references" in line else found == expected


def test_outside_of_a_repository_nothing_is_said(reconciler: Run, tmp_path: Path) -> None:
    assert offered(reconciler, tmp_path, "reconciler check p") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(typed: Run, shell: str) -> None:
    done = typed("completion", shell)
    assert done.returncode == 0
    assert COMPLETES in done.stdout.decode()
    assert typed("completion", "tcsh").returncode == 2
    lacking = typed("completion")
    assert lacking.returncode == 2
    assert b"Choose from: bash, zsh, fish" in lacking.stderr


def test_bash_takes_the_script(reconciler: Run) -> None:
    script = reconciler("completion", "bash").stdout
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
