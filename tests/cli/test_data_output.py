"""Commands on a cluster, as programs read them: one document, and nothing beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.options import DataOutput
from reconciler.cli.output import write_data
from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import Begin
from tests.cli.test_run import begin as begin
from tests.cli.test_run_settings import definitions as definitions
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

READERS: dict[str, Callable[[str | bytes], Any]] = {"json": json.loads, "yaml": yaml.safe_load}
TIMES = {"at", "until", "first", "last", "created"}
SHAPES = Path(__file__).parents[2] / "docs/reference/json.md"
SUSPEND = ("suspend", "--reason", "new disk", "--until", "2h")

# What is typed, what before it each time, and the exit code where something was changed by hand.
COMMANDS: list[tuple[tuple[str, ...], tuple[str, ...], int]] = [
    (("plan",), (), 1),
    (("apply",), (), 0),
    (("status",), (), 0),
    (("wait",), (), 0),
    (("drift",), (), 1),
    (("tree",), (), 0),
    (("events",), (), 0),
    (SUSPEND, ("resume",), 0),
    (("resume",), SUSPEND, 0),
    (("sync", "--timeout", "1"), (), 1),
    (("rollback", "--to", "HEAD"), (), 0),
    (("adopt", "--dry-run"), (), 0),
    (("uninstall", "--yes"), ("apply",), 0),
]


@pytest.fixture
def entry(fleet: Repo, app: str, typed: Run, there: list[str]) -> str:
    """An app that is applied."""
    assert typed("apply", f"prod/{app}", *there, cwd=fleet.path).returncode == 0
    return f"prod/{app}"


@pytest.mark.parametrize(("words", "before", "code"), COMMANDS, ids=[c[0][0] for c in COMMANDS])
def test_both_forms_hold_the_document_that_the_reference_describes(
    words: tuple[str, ...],
    before: tuple[str, ...],
    code: int,
    fleet: Repo,
    app: str,
    entry: str,
    typed: Run,
    there: list[str],
    cluster: Cluster,
) -> None:
    found = {}
    for form, read in READERS.items():
        if before:
            typed(*before, entry, *there, cwd=fleet.path)
        change_by_hand(cluster, app)
        done = typed(*words, entry, "-o", form, *there, cwd=fleet.path)
        assert done.returncode == code, done
        found[form] = read(done.stdout)
    assert without_times(found["json"]) == without_times(found["yaml"])
    (about,) = found["json"].get("apps", [found["json"]])
    assert (found["json"]["version"], about["environment"], about["app"]) == (1, "prod", app)
    assert set(names_in(found["json"])) <= described(words[0])


def change_by_hand(cluster: Cluster, app: str) -> None:
    patch = ("--type=merge", "-p", '{"data":{"k":"x"}}', "--field-manager=kubectl")
    cluster.kubectl("-n", app, "patch", "configmap/one", *patch)


def without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [without_times(one) for one in value]
    if isinstance(value, dict):
        return {name: without_times(v) for name, v in value.items() if name not in TIMES}
    return value


def names_in(value: Any) -> Iterator[str]:
    """Of fields; those of an error are described once for all commands."""
    if isinstance(value, list):
        for one in value:
            yield from names_in(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name != "error":
                yield from names_in(inner)


def described(command: str) -> set[str]:
    """The words in code of the command's section, and of those that it names."""
    sections = dict(
        re.findall(r"^## ([^\n]+) -o json$(.*?)(?=^## |\Z)", SHAPES.read_text(), re.M | re.S)
    )
    text = sections[command]
    named = re.findall(r"[Aa]s in `(\w+)`", text)
    return set(re.findall(r"`(\w+)`", "".join([text, *(sections[name] for name in named)])))


def test_what_came_of_each_is_told(
    fleet: Repo, app: str, entry: str, typed: Run, there: list[str], cluster: Cluster
) -> None:
    def told(*words: str) -> dict[str, Any]:
        done = typed(*words, entry, "-o", "yaml", *there, cwd=fleet.path)
        (about,) = yaml.safe_load(done.stdout)["apps"]
        found: dict[str, Any] = about
        return found

    def of(found: dict[str, Any], field: str) -> dict[str, Any]:
        return {one["name"]: one[field] for one in found["objects"]}

    first = fleet.git("rev-parse", "HEAD")
    change_by_hand(cluster, app)
    assert of(told("adopt", "--dry-run"), "taken") == {"one": ["kubectl"]}
    assert of(told("adopt"), "taken") == {"one": ["kubectl"]}
    assert of(told("adopt"), "taken") == {}

    suspended = told(*SUSPEND)
    assert (suspended["reason"], suspended["was"]) == ("new disk", False)
    resumed = told("resume")
    assert {**resumed, "was": False} == suspended
    assert {name: told("resume")[name] for name in ("by", "reason", "until", "was")} == {
        "by": None,
        "reason": None,
        "until": None,
        "was": False,
    }

    stays = "metadata: {name: one, annotations: {reconciler.dev/prune: disabled}}"
    path = f"environments/prod/{app}/objects.yaml"
    newest = files(app, "2")[path].replace("metadata: {name: one}", stays)
    fleet.commit({path: newest})
    assert of(told("apply"), "result") == {"one": "changed", "two": "changed"}
    back = told("rollback", "--to", first)
    assert (back["commit"], back["instead_of"]) == (first, fleet.git("rev-parse", "HEAD"))
    assert of(back, "result") == {"one": "changed", "two": "changed"}
    told("apply")
    waited = told("wait", "--for", "gone", "--timeout", "1s")
    assert (waited["done"], waited["says"]) == (False, "2 objects left")
    assert waited["why"] == [f"ConfigMap {app}/{name} is still there" for name in ("one", "two")]
    gone = told("uninstall", "--yes")
    assert of(gone, "result") == {"two": "deleted"}
    assert [(one["name"], one["step"]) for one in gone["stays"]] == [("one", "keep")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("apply",), "suspended"),
        (("sync", "--timeout", "1"), "nobody synced"),
    ],
)
def test_why_nothing_came_of_an_app_is_in_its_document(
    words: tuple[str, ...], says: str, fleet: Repo, entry: str, typed: Run, there: list[str]
) -> None:
    typed(*SUSPEND, entry, *there, cwd=fleet.path)
    done = typed(*words, entry, "-o", "yaml", *there, cwd=fleet.path)
    (about,) = yaml.safe_load(done.stdout)["apps"]
    assert says in about["error"]["what"]
    assert (done.returncode, done.stderr.decode().startswith("error: ")) == (1, True)


def test_what_is_refused_is_told_before_it_ends(
    fleet: Repo, app: str, entry: str, typed: Run, there: list[str]
) -> None:
    broken = {p: t.replace("{k: '1'}", "{'no key': '1'}") for p, t in files(app, "1").items()}
    fleet.commit(broken)
    done = typed("apply", entry, "--no-check", "-o", "yaml", *there, cwd=fleet.path)
    (about,) = yaml.safe_load(done.stdout)["apps"]
    assert (done.returncode, about["good"], done.stderr) == (1, False, b"")
    assert {one["result"] for one in about["objects"]} == {"refused"}
    assert "refuses PATCH" in about["objects"][0]["error"]["what"]


def test_one_app_that_nobody_syncs_holds_up_no_other(
    fleet: Repo, app: str, typed: Run, there: list[str]
) -> None:
    other = files(app, "1", "three")
    fleet.commit({path.replace(app, f"{app}-b"): text for path, text in other.items()})
    done = typed("sync", "prod", "--timeout", "1", *there, cwd=fleet.path)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        f"prod/{name}: not synced" for name in (app, f"{app}-b")
    ]
    assert done.stderr.count(b"error: nobody synced") == 2


def test_a_running_reconciler_says_how_it_went(
    fleet: Repo, app: str, begin: Begin, typed: Run, there: list[str]
) -> None:
    running = begin("--interval", "1")
    running.wait_for("well", app=f"prod/{app}")
    done = typed("sync", f"prod/{app}", "-o", "yaml", *there, cwd=fleet.path)
    (about,) = yaml.safe_load(done.stdout)["apps"]
    assert (done.returncode, about["ready"], about["reason"]) == (0, True, "Ready")
    assert about["error"] is None


@pytest.mark.parametrize(("form", "name"), [("json", "\udce9"), ("yaml", "?")])
def test_names_that_are_not_utf_8_can_be_read(
    form: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_data(DataOutput(form), {"file": "\udce9"})
    assert READERS[form](capsys.readouterr().out) == {"file": name}
