"""Alerts fire when they should, by promtool's own tests over the rules as they are rendered."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fleets.conftest import ROOT, Objects
from tests.reference import git_settings

TESTS = sorted((ROOT / "tests/fleets/alerts").glob("*.yaml"))
RUNBOOKS = ROOT / "docs/runbooks"
ELSEWHERE = {
    "reconciler": "overlays/reconciler/components/monitoring"
}  # and in no environment here


@pytest.fixture(scope="session")
def promtool(peer: Callable[[str], Path]) -> Path:
    return peer("promtool")


def groups(objects: Objects) -> list[Any]:
    return [g for o in objects if o["kind"] == "PrometheusRule" for g in o["spec"]["groups"]]


def groups_of(rendered: Callable[[str], Objects], app: str) -> list[Any]:
    return groups(rendered(ELSEWHERE.get(app, f"environments/prod/{app}")))


def alerts(rendered: Callable[[str], Objects], app: str) -> list[Any]:
    prod = groups_of(rendered, app)
    return [rule for group in prod for rule in group["rules"] if "alert" in rule]


@pytest.mark.timeout(900)  # the first time on a machine, promtool is compiled
@pytest.mark.parametrize("tests", TESTS, ids=lambda t: t.stem)
def test_alerts_fire_as_their_tests_say(
    tests: Path, rendered: Callable[[str], Objects], promtool: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(json.dumps({"groups": groups_of(rendered, tests.stem)}))
    shutil.copy(tests, tmp_path / "tests.yaml")
    for command in (
        ["check", "rules", "--lint=all", "--lint-fatal", rules.name],
        ["test", "rules", "tests.yaml"],
    ):
        done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tests", TESTS, ids=lambda t: t.stem)
def test_every_alert_is_seen_to_fire_and_not_to_fire(
    tests: Path, rendered: Callable[[str], Objects]
) -> None:
    named = re.findall(r"alertname: (\w+)(\}?\n +exp_alerts:)?", tests.read_text())
    known = {alert["alert"] for alert in alerts(rendered, tests.stem)}
    assert {name for name, fires in named if fires} == known
    assert {name for name, fires in named if not fires} == known


@pytest.mark.parametrize("app", [t.stem for t in TESTS])
def test_every_alert_says_how_urgent_it_is_and_where_to_read_on(
    app: str, rendered: Callable[[str], Objects]
) -> None:
    for alert in alerts(rendered, app):
        page = re.sub("(?<=[a-z])(?=[A-Z])", "-", alert["alert"]).lower()
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["runbook_url"].endswith(f"/runbooks/{page}.html")
        assert (RUNBOOKS / f"{page}.md").exists()
        assert alert["for"]


def test_every_app_with_alerts_tests_them(rendered: Callable[[str], Objects]) -> None:
    prod = {folder.name for folder in (ROOT / "environments/prod").iterdir() if folder.is_dir()}
    apps = prod | ELSEWHERE.keys()
    assert {a for a in apps if alerts(rendered, a)} == {t.stem for t in TESTS}


def test_an_environment_can_say_where_its_runbooks_are(
    kustomize: Callable[..., subprocess.CompletedProcess[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    page = (ROOT / "docs/apps/gethrelay.md").read_text()
    [block] = re.findall(r"^```yaml\n(replacements:\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    entry = tmp_path / "environments/prod/gethrelay/kustomization.yaml"
    entry.write_text(f"{entry.read_text()}\n{block}")
    for variable, value in git_settings().items():
        monkeypatch.setenv(variable, value)
    urls = re.findall("runbook_url: (.*)", kustomize(entry.parent).stdout.decode())
    assert len(urls) >= 8
    assert all(url.startswith("https://docs.your.net/runbooks/gethrelay-") for url in urls)
