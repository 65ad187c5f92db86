"""However a run ends, the next one finishes what it began, and there is nothing twice."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping

import pytest

from tests.bot.gitea_fleet import GiteaFleet, entry, fleet

Build = Callable[[Mapping[str, str]], GiteaFleet]

# More of each for those who have the time.
KILLS = int(os.environ.get("RECONCILER_KILLS", "2"))
APPS = int(os.environ.get("RECONCILER_APPS", "5"))
POLICIES = {"stage": "", "prod": "promotion: {propose: app, gates: [{type: approvals}]}\n"}


def branch(app: str) -> str:
    return f"promote/stage/prod/app/{app}"


@pytest.mark.timeout(120 + 60 * KILLS)
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(build: Build) -> None:
    chance = random.Random(8)
    apps = ["api", "web"]
    gitea_fleet = build(fleet(apps, POLICIES))
    whole = 0.0
    for number in range(KILLS):
        release = f"v{number + 2}"
        gitea_fleet.change({k: v for app in apps for k, v in entry("stage", app, release).items()})
        process = gitea_fleet.start("bot", "--once", "--lease", "2")
        time.sleep(chance.uniform(0.2, 1.0) * (whole or 4.0))
        process.kill()
        process.communicate()
        assert set(gitea_fleet.open()) <= {branch(app) for app in apps}
        began = time.monotonic()
        printed = gitea_fleet.go()
        whole = time.monotonic() - began
        assert set(gitea_fleet.open()) == {branch(app) for app in apps}
        for app, pull in ((app, gitea_fleet.open()[branch(app)]) for app in apps):
            assert f"newTag: {release}" in gitea_fleet.file(branch(app), "prod", app)
            assert release in pull.body, (printed, pull.body)
            contexts = {status.context for status in gitea_fleet.forge.statuses(pull.commit)}
            judged = ("approvals", "checks", "secrets", "all")
            assert contexts == {f"promotion/{gate}" for gate in judged}


def test_two_bots_at_once_do_it_once(build: Build) -> None:
    apps = ["api", "web"]
    gitea_fleet = build(fleet(apps, POLICIES))
    gitea_fleet.change({k: v for app in apps for k, v in entry("stage", app, "v2").items()})
    both = [gitea_fleet.start("bot", "--once", "--log-format", "text") for _ in range(2)]
    printed = [process.communicate()[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    assert set(gitea_fleet.open()) == {branch(app) for app in apps}
    assert "".join(printed).count("push=created") + "".join(printed).count("push=unchanged") == 4


@pytest.mark.timeout(120 + 20 * APPS)
def test_many_apps_at_once_are_a_pull_request_each(build: Build) -> None:
    apps = [f"app{number}" for number in range(APPS)]
    gitea_fleet = build(fleet(apps, POLICIES))
    gitea_fleet.change({k: v for app in apps for k, v in entry("stage", app, "v2").items()})
    gitea_fleet.go()
    found = gitea_fleet.open()
    assert set(found) == {branch(app) for app in apps}
    for app in apps:
        assert found[branch(app)].title == f"Promote {app} v1 → v2 to prod"
    gitea_fleet.people.git("fetch", "--quiet", "origin", "+refs/heads/promote/*:refs/seen/*")
    for app in apps:
        path = f"refs/seen/stage/prod/app/{app}:environments/prod/{app}/kustomization.yaml"
        assert "newTag: v2" in gitea_fleet.people.git("show", path)
    first = {name: pull.commit for name, pull in found.items()}
    gitea_fleet.go()
    assert {name: pull.commit for name, pull in gitea_fleet.open().items()} == first
