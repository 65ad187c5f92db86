"""Hooks in a real cluster: when they run, how often, and what is left of them."""

from __future__ import annotations

import pytest

from reconciler.cluster.status.rules import status_of_object
from reconciler.controller.sync.hook_run import hook_end
from tests.controller.conftest import RealApp, annotated, config

JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: NAME}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {testbed/fault: FAULT}}
    spec: {restartPolicy: Never, containers: [{name: run, image: "run:1"}]}
---
"""
FAILS, GOES_ON = "fail", "unready"


def job(name: str, hook: str, fault: str = "none", **others: str) -> str:
    manifest = JOB.replace("NAME", name).replace("FAULT", fault)
    return annotated(manifest, ARGO__hook=hook, **others)


def told(app: RealApp) -> list[tuple[str, str]]:
    return [(one.identity.name, one.result) for one in app.told]


def uid(app: RealApp, name: str) -> str:
    return str(app.cluster.get(f"job/{name}")["metadata"]["uid"])


def jobs(app: RealApp) -> set[str]:
    return {item["metadata"]["name"] for item in app.cluster.get("jobs")["items"]}


def test_hooks_run_before_with_and_after_the_objects(real_app: RealApp) -> None:
    hooks = (
        job("after", "PostSync")
        + job("before", "PreSync")
        + job("first", "PreSync", ARGO__sync_wave="-1")
        + job("with", "Sync")
        + job("later", "Sync", ARGO__sync_wave="1")
        + job("saves", "SyncFail")
        + job("never", "Skip")
    )
    real_app.sync(hooks + config("a", k="1") + annotated(config("b", k="1"), ARGO__sync_wave="1"))
    assert told(real_app) == [
        ("first", "ran"),
        ("before", "ran"),
        ("a", "created"),
        ("with", "ran"),
        ("b", "created"),
        ("later", "ran"),
        ("after", "ran"),
    ]
    assert real_app.lines() == {
        **{f"Job {name}": "ran" for name in ("first", "before", "with", "later", "after")},
        **{f"ConfigMap {name}": "applied" for name in "ab"},
    }
    assert real_app.plan().hooks == ()


def test_hooks_of_charts_run_as_argo_cd_has_them(real_app: RealApp) -> None:
    chart = JOB.replace("FAULT", "none")
    real_app.sync(
        annotated(chart.replace("NAME", "up"), HELM__hook="pre-install,pre-upgrade")
        + annotated(chart.replace("NAME", "down"), HELM__hook="post-install")
        + annotated(chart.replace("NAME", "trial"), HELM__hook="test")
        + config("a", k="1")
    )
    assert told(real_app) == [("up", "ran"), ("a", "created"), ("down", "ran")]


def test_a_hook_runs_once_for_a_commit_and_only_where_there_is_something_to_do(
    real_app: RealApp,
) -> None:
    hooks = job("before", "PreSync") + job("after", "PostSync")
    real_app.sync(hooks + config("a", k="1"))
    first = uid(real_app, "before")
    assert real_app.sync() == []
    real_app.commit = "1" * 40
    assert real_app.sync() == []  # another commit, and nothing new in it
    real_app.cluster.kubectl("-n", real_app.name, "delete", "cm", "a")
    real_app.sync()
    assert told(real_app) == [("a", "created")]  # what somebody did is no news
    assert uid(real_app, "before") == first
    real_app.sync(hooks + config("a", k="2"))
    assert told(real_app) == [("before", "ran"), ("a", "changed"), ("after", "ran")]
    assert uid(real_app, "before") != first


def test_nothing_is_applied_once_a_hook_before_fails(real_app: RealApp) -> None:
    others = job("saves", "SyncFail") + job("after", "PostSync") + config("a", k="1")
    done = real_app.sync(job("before", "PreSync", FAILS) + others)
    assert told(real_app) == [("before", "failed"), ("saves", "ran")]
    assert "backoff limit" in done[0].failed
    assert set(real_app.lines()) == {"Job before", "Job saves"}
    failed = uid(real_app, "before")
    real_app.sync()
    assert told(real_app) == [("before", "failed")]  # once more, and the other ran already
    assert uid(real_app, "before") != failed
    real_app.sync(job("before", "PreSync") + others)
    assert told(real_app) == [("before", "ran"), ("a", "created"), ("after", "ran")]


def test_a_hook_after_that_fails_is_owed(real_app: RealApp) -> None:
    real_app.sync(job("after", "PostSync", FAILS) + config("a", k="1"))
    assert told(real_app) == [("a", "created"), ("after", "failed")]
    real_app.sync()
    assert told(real_app) == [("after", "failed")]
    real_app.commit = "1" * 40
    real_app.sync(job("after", "PostSync") + config("a", k="1"))
    assert told(real_app) == [("after", "ran")]
    assert real_app.sync() == []


def test_a_hook_that_ran_does_not_run_again_while_an_object_is_refused(real_app: RealApp) -> None:
    broken = config("b", **{"no key": "1"})
    manifests = job("before", "PreSync") + job("saves", "SyncFail") + job("after", "PostSync")
    real_app.sync(manifests + broken)
    assert told(real_app) == [("before", "ran"), ("b", "refused"), ("saves", "ran")]
    real_app.sync()
    assert told(real_app) == [("b", "refused")]
    real_app.sync(manifests + config("b", k="1"))
    assert told(real_app) == [("b", "created"), ("after", "ran")]


def test_what_goes_on_is_waited_for_and_found_again(real_app: RealApp) -> None:
    manifests = job("before", "PreSync", GOES_ON) + job("saves", "SyncFail") + config("a", k="1")
    real_app.seconds = 3.0
    (done,) = real_app.sync(manifests)
    assert done.waits_for.startswith("its end")
    first = uid(real_app, "before")
    real_app.seconds = 60.0
    pods = ("pod", "-l", "job-name=before", "testbed/fault-")  # so that it ends well
    real_app.cluster.kubectl("-n", real_app.name, "annotate", *pods)
    real_app.sync()
    assert told(real_app) == [("before", "ran"), ("a", "created")]
    assert uid(real_app, "before") == first


@pytest.mark.parametrize(
    ("policy", "fault", "stays"),
    [
        ("BeforeHookCreation", "none", True),
        ("HookSucceeded", "none", False),
        ("HookFailed", "none", True),
        ("HookSucceeded", FAILS, True),
        ("HookFailed", FAILS, False),
        ("HookSucceeded,HookFailed", FAILS, False),
    ],
)
def test_what_is_left_of_a_hook(real_app: RealApp, policy: str, fault: str, stays: bool) -> None:
    hook = job("before", "PreSync", fault, ARGO__hook_delete_policy=policy)
    real_app.sync(hook + config("a", k="1"))
    assert ("before" in jobs(real_app)) == stays
    assert real_app.lines()["Job before"] == ("ran" if fault == "none" else "hook")
    if fault == "none":
        assert real_app.sync() == []


def test_what_should_have_been_deleted_at_its_end_is_deleted_before_the_next_run(
    real_app: RealApp,
) -> None:
    real_app.sync(job("before", "PreSync") + config("a", k="1"))
    real_app.commit = "1" * 40
    hook = job("before", "PreSync", ARGO__hook_delete_policy="HookSucceeded")
    real_app.sync(hook + config("a", k="2"))
    assert told(real_app) == [("before", "ran"), ("a", "changed")]
    assert jobs(real_app) == set()


def test_one_of_an_earlier_run_is_in_the_way_where_it_may_not_be_deleted(real_app: RealApp) -> None:
    hook = job("before", "PreSync", ARGO__hook_delete_policy="HookFailed")
    real_app.sync(hook + config("a", k="1"))
    real_app.commit = "1" * 40
    done = real_app.sync(hook + config("a", k="2"))
    assert ["BeforeHookCreation" in one.failed for one in done] == [True]
    assert real_app.cluster.get("cm/a")["data"] == {"k": "1"}


def test_what_is_not_of_this_app_is_no_hook_of_it(real_app: RealApp) -> None:
    real_app.cluster.apply(JOB.replace("NAME", "before").replace("FAULT", "none"))
    theirs = uid(real_app, "before")
    (done,) = real_app.sync(job("before", "PreSync") + config("a", k="1"))
    assert "not of this app" in done.failed
    assert uid(real_app, "before") == theirs


def test_a_hook_that_git_says_no_more_goes_with_the_next_news(real_app: RealApp) -> None:
    real_app.sync(job("before", "PreSync") + config("a", k="1"))
    assert real_app.sync(config("a", k="1")) == []
    assert "before" in jobs(real_app)
    real_app.sync(config("a", k="2"))
    assert jobs(real_app) == set()
    assert set(real_app.lines()) == {"ConfigMap a"}


def test_an_account_of_a_hook_is_there_until_the_hooks_have_run(real_app: RealApp) -> None:
    account = annotated(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n---\n",
        ARGO__hook="PreSync",
        ARGO__sync_wave="-1",
        ARGO__hook_delete_policy="HookSucceeded,BeforeHookCreation",
    )
    runner = job("before", "PreSync").replace(
        "{restartPolicy", "{serviceAccountName: runner, restartPolicy"
    )
    real_app.sync(account + runner + config("a", k="1"))
    assert told(real_app) == [("runner", "ran"), ("before", "ran"), ("a", "created")]
    accounts = real_app.cluster.get("serviceaccounts")["items"]
    assert {item["metadata"]["name"] for item in accounts} == {"default"}


def test_hooks_of_an_uninstall_run_around_it_and_leave_nothing(real_app: RealApp) -> None:
    hooks = job("saves", "PreDelete") + job("cleans", "PostDelete") + job("before", "PreSync")
    real_app.sync(hooks + config("a", k="1"))
    assert [name for name, _ in told(real_app)] == ["before", "a"]
    real_app.uninstall()
    first, *gone, last = told(real_app)
    assert (first, last) == (("saves", "ran"), ("cleans", "ran"))
    assert sorted(gone) == [("a", "deleted"), ("before", "deleted")]
    assert jobs(real_app) == set()
    names = real_app.cluster.kubectl("get", "cm", "-n", "reconciler-system", "-o", "name")
    assert f"configmap/inventory.prod.{real_app.name}" not in names.split()


def test_what_a_killed_uninstall_left_of_its_hooks_goes_with_the_next(real_app: RealApp) -> None:
    real_app.sync(job("saves", "PreDelete", FAILS) + config("a", k="1"))
    real_app.uninstall()
    real_app.cluster.kubectl("-n", real_app.name, "delete", "cm", "a")
    real_app.uninstall()
    assert jobs(real_app) == set()
    names = real_app.cluster.kubectl("get", "cm", "-n", "reconciler-system", "-o", "name")
    assert f"configmap/inventory.prod.{real_app.name}" not in names.split()


def test_nothing_is_deleted_once_a_hook_before_it_fails(real_app: RealApp) -> None:
    real_app.sync(job("saves", "PreDelete", FAILS) + config("a", k="1"))
    real_app.uninstall()
    assert told(real_app) == [("saves", "failed")]
    real_app.cluster.get("cm/a")


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("v1/Pod", {"phase": "Running"}, None),
        ("v1/Pod", {"phase": "Pending"}, None),
        ("v1/Pod", {"phase": "Succeeded"}, ""),
        ("v1/Pod", {"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        ("batch/v1/Job", {}, None),
        ("batch/v1/Job", {"conditions": [{"type": "Complete", "status": "True"}]}, ""),
        (
            "batch/v1/Job",
            {"conditions": [{"type": "Failed", "status": "True", "message": "no more"}]},
            "no more",
        ),
        ("v1/ConfigMap", {}, ""),
    ],
)
def test_when_a_hook_has_ended(kind: str, status: dict[str, object], expected: str | None) -> None:
    version, _, name = kind.rpartition("/")
    o = {"apiVersion": version, "kind": name, "metadata": {}, "status": status}
    end = hook_end(o, status_of_object(o))
    assert (end.failed if end else None) == expected
