"""reconciler plan, apply and uninstall, as they are typed, in a real cluster."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.testbed.plugin import Cluster


@pytest.fixture
def app(cluster: Cluster) -> str:
    """What it is called is what no other test's app is."""
    return cluster.namespace


@pytest.fixture
def fleet(repo: Repo, cluster: Cluster, app: str) -> Repo:
    repo.commit(
        {
            "environments/prod/environment.yaml": "destination:\n  cluster: prod\n"
            f"  namespace: {app}\n",
            **files(app, "1"),
        }
    )
    return repo


def files(app: str, value: str, *names: str) -> dict[str, str]:
    documents = [
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: '{value}'}}\n"
        for name in names or ("one", "two")
    ]
    folder = f"environments/prod/{app}"
    return {
        f"{folder}/kustomization.yaml": "resources: [objects.yaml]\n",
        f"{folder}/objects.yaml": "---\n".join(documents),
    }


def test_an_app_comes_changes_and_goes(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    entry = f"prod/{app}"
    plan = typed("plan", "prod", *there, cwd=fleet.path)
    assert (plan.returncode, plan.stdout.decode().splitlines()) == (
        1,
        [f"{entry}  +2 ~0 -0, 0 as they are"]
        + [f"+ ConfigMap {app}/{name}" for name in ("one", "two")],
    )
    done = typed("apply", entry, *there, cwd=fleet.path)
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (0, f"{entry}: 2 created")
    assert typed("plan", "prod", *there, cwd=fleet.path).returncode == 0
    fleet.commit(files(app, "2", "one", "three"))
    plan = typed("plan", entry, *there, cwd=fleet.path)
    shown = plan.stdout.decode()
    assert f"{entry}  +1 ~1 -1, 0 as they are" in shown
    assert '~   data.k: "1" → "2"' in shown
    done = typed("apply", "prod", *there, cwd=fleet.path)
    assert f"- ConfigMap {app}/two" in done.stdout.decode()
    assert f"{entry}: 1 created, 1 changed, 1 deleted" in done.stdout.decode()
    asked = typed("uninstall", entry, *there, cwd=fleet.path)
    assert (asked.returncode, b"say --yes if it is meant" in asked.stderr) == (2, True)
    gone = typed("uninstall", entry, "--yes", *there, cwd=fleet.path)
    assert f"{entry}: 2 deleted" in gone.stdout.decode()
    left = cluster.kubectl("get", "configmaps", "-n", app, "-o", "name").split()
    assert left == ["configmap/kube-root-ca.crt"]


ANNOTATED = """apiVersion: v1
kind: ConfigMap
metadata: {name: before, annotations: {argocd.argoproj.io/hook: PreSync}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: alone, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: frozen, annotations: {kustomize.toolkit.fluxcd.io/force: FORCE}}
immutable: true
data: {k: "VALUE"}
---
"""
STAYS = """apiVersion: v1
kind: ConfigMap
metadata: {name: stays, annotations: {reconciler.dev/prune: disabled}}
"""


def test_what_objects_say_of_themselves_is_told(
    fleet: Repo, typed: Run, app: str, there: list[str]
) -> None:
    entry, file = f"prod/{app}", f"environments/prod/{app}/objects.yaml"
    first = ANNOTATED.replace("VALUE", "1").replace("FORCE", "disabled")
    fleet.commit({file: first + STAYS})
    plan = typed("plan", entry, *there, cwd=fleet.path).stdout.decode()
    assert f"  PreSync ConfigMap {app}/before would run\n" in plan
    left = f"  ConfigMap {app}/alone is left alone: kustomize.toolkit.fluxcd.io/reconcile: disabled"
    assert left in plan.splitlines()
    done = typed("apply", entry, *there, cwd=fleet.path).stdout.decode()
    assert done.startswith(f"  PreSync ConfigMap {app}/before has run\n")
    assert f"{entry}: 2 created, 1 ran" in done

    second = ANNOTATED.replace("VALUE", "2")
    fleet.commit({file: second.replace("FORCE", "disabled")})
    refused = typed("apply", entry, *there, cwd=fleet.path)
    assert refused.returncode == 1
    assert b"cannot be changed in data" in refused.stderr
    assert b"reconcile.recreate: [ConfigMap/frozen]" in refused.stderr
    fleet.commit({file: second.replace("FORCE", "enabled")})
    plan = typed("plan", entry, *there, cwd=fleet.path).stdout.decode()
    assert f"  ConfigMap {app}/frozen is made anew\n" in plan
    assert f"  ConfigMap {app}/stays stays: it says reconciler.dev/prune: disabled\n" in plan
    done = typed("apply", entry, *there, cwd=fleet.path).stdout.decode()
    assert f"~ ConfigMap {app}/frozen is made anew\n" in done
    assert f"{entry}: 1 made anew, 1 ran" in done
    gone = typed("uninstall", entry, "--yes", *there, cwd=fleet.path).stdout.decode()
    assert f"  ConfigMap {app}/stays stays: it says reconciler.dev/prune: disabled\n" in gone


def test_what_is_not_committed_is_not_applied(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    fleet.write(files(app, "uncommitted"))
    done = typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    assert b"warning: what is not committed yet is not applied" in done.stderr
    assert cluster.get("configmap/one")["data"] == {"k": "1"}
    first = fleet.git("rev-parse", "HEAD")
    fleet.commit()
    assert typed("apply", f"prod/{app}", *there, "--ref", first, cwd=fleet.path).returncode == 0
    assert cluster.get("configmap/one")["data"] == {"k": "1"}


def test_what_the_server_refuses_is_told_with_its_object(
    fleet: Repo, typed: Run, app: str, there: list[str]
) -> None:
    broken = files(app, "1", "one", "two")
    fleet.commit(
        {path: text.replace("{k: '1'}", "{'no key': '1'}") for path, text in broken.items()}
    )
    checked = typed("apply", "prod", *there, cwd=fleet.path)
    assert checked.returncode in (0, 1)
    done = typed("apply", "prod", "--no-check", *there, cwd=fleet.path)
    assert done.returncode == 1
    assert f"~ ConfigMap {app}/one is refused" in done.stdout.decode()
    assert f"prod/{app}: 2 refused" in done.stdout.decode()
    assert b"the API server refuses PATCH" in done.stderr


def test_what_checks_find_is_not_applied(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    wrong = {p: t.replace("data:", "daata:") for p, t in files(app, "1").items()}
    fleet.commit({p: t.replace("metadaata", "metadata") for p, t in wrong.items()})
    done = typed("apply", "prod", *there, cwd=fleet.path)
    assert (done.returncode, b"checks find 2 problems in prod" in done.stderr) == (1, True)
    assert "one" not in cluster.kubectl("get", "configmaps", "-n", app, "-o", "name")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["apply", "stage"], "there is no folder, environment or app called stage"),
        (["apply", "prod", "--context", "none"], "there is no context none"),
        (["apply", "prod", "--kubeconfig", "/none"], "there is no kubeconfig: /none"),
        (["plan", "prod", "--ref", "nothing"], "nothing"),
        (["apply"], "name either apps, or a plan"),
    ],
)
def test_a_mistake_is_the_users(
    fleet: Repo, typed: Run, there: list[str], words: list[str], says: str
) -> None:
    more = there if "--context" not in words and "--kubeconfig" not in words else there[:2]
    done = typed(*words, *([] if "--kubeconfig" in words else more), cwd=fleet.path)
    assert (done.returncode, says in done.stderr.decode()) == (2, True), done.stderr


POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""


def test_what_is_applied_is_waited_for_and_shown(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    entry = f"prod/{app}"
    before = typed("status", entry, *there, cwd=fleet.path)
    assert before.stdout.decode() == f"{entry}: nothing is applied\n"
    fleet.commit({f"environments/prod/{app}/objects.yaml": POD})
    done = typed("apply", entry, "--wait", "--no-check", *there, cwd=fleet.path)
    assert done.stdout.decode().splitlines()[-1] == f"{entry}: 1 of 1 objects are well"
    ill = POD.replace("annotations: {}", "annotations: {testbed/fault: crash}")
    fleet.commit({f"environments/prod/{app}/objects.yaml": ill})
    done = typed(
        *("apply", entry, "--wait", "--timeout", "60", "--no-check", *there), cwd=fleet.path
    )
    assert done.returncode == 1
    assert "web: CrashLoopBackOff" in done.stdout.decode()
    found = json.loads(typed("status", entry, "-o", "json", *there, cwd=fleet.path).stdout)
    (one,) = found["apps"][0]["objects"]
    assert (one["kind"], one["state"], found["apps"][0]["healthy"]) == (
        "Deployment",
        "degraded",
        False,
    )
    cluster.kubectl("-n", app, "delete", "deploy/web")
    gone = typed("status", entry, *there, cwd=fleet.path)
    assert (gone.returncode, f"  Deployment {app}/web is not there\n" in gone.stdout.decode()) == (
        1,
        True,
    )


def test_a_plan_says_who_changed_what_and_when(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    shown = typed("plan", f"prod/{app}", *there, cwd=fleet.path).stdout.decode()
    assert '~   data.k: x → "1"' in shown
    assert f"  ConfigMap {app}/one: kubectl-patch wrote data.k at 20" in shown


def test_an_environment_may_only_be_told(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    file = "environments/prod/environment.yaml"
    text = (fleet.path / file).read_text()
    fleet.commit({file: f"{text}reconcile: {{drift: report, prune: {{delete: false}}}}\n"})
    run = ("run", "prod", "--once", *there)
    assert typed(*run, cwd=fleet.path).returncode == 0
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    assert typed(*run, cwd=fleet.path).returncode == 0
    assert cluster.get("configmap/one")["data"] == {"k": "x"}
    fleet.commit(files(app, "2", "one"))
    assert typed(*run, cwd=fleet.path).returncode == 0
    assert cluster.get("configmap/one")["data"] == {"k": "2"}
    assert cluster.get("configmap/two")["data"] == {"k": "1"}


@pytest.mark.parametrize(
    "rules",
    [
        "conflicts: [{manager: operator, field: data.*, do: leave}]",
        "ignoreDifferences: [{kind: ConfigMap, name: one, jsonPointers: [/data/k]}]",
        "ignoreDifferences: [{kind: ConfigMap, managedFieldsManagers: [operator]}]",
    ],
)
def test_fields_that_are_somebody_elses_are_left_to_them(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster, rules: str
) -> None:
    file = "environments/prod/environment.yaml"
    text = (fleet.path / file).read_text()
    fleet.commit({file: f"{text}reconcile: {{{rules}}}\n"})
    typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    cluster.kubectl(
        *("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}'),
        "--field-manager=operator",
    )
    done = typed("apply", f"prod/{app}", *there, cwd=fleet.path)
    assert (
        done.returncode,
        "data.k, which operator holds is left to it" in done.stdout.decode(),
    ) == (
        0,
        True,
    )
    assert cluster.get("configmap/one")["data"] == {"k": "x"}
    assert typed("drift", f"prod/{app}", *there, cwd=fleet.path).returncode == 0


def test_programs_are_told_in_json(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster
) -> None:
    entry = f"prod/{app}"
    (planned,) = json.loads(typed("plan", entry, "-o", "json", *there, cwd=fleet.path).stdout)[
        "apps"
    ]
    assert planned["changes"]
    assert [(o["name"], o["step"]) for o in planned["objects"]] == [
        ("one", "create"),
        ("two", "create"),
    ]
    (done,) = json.loads(typed("apply", entry, "-o", "json", *there, cwd=fleet.path).stdout)["apps"]
    assert done["good"]
    assert {(o["name"], o["result"]) for o in done["objects"]} == {
        ("one", "created"),
        ("two", "created"),
    }
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    (drifted,) = json.loads(typed("plan", entry, "-o", "json", *there, cwd=fleet.path).stdout)[
        "apps"
    ]
    assert [(f["field"], f["by"]) for f in drifted["held"]] == [("data.k", "kubectl-patch")]
    assert [o["name"] for o in drifted["objects"] if o["drift"]] == ["one"]
    assert drifted["differences"][0]["fields"][0]["to"] == "1"


def test_rights_in_the_namespaces_of_an_app_are_enough(
    fleet: Repo, typed: Run, app: str, there: list[str], cluster: Cluster, restricted: list[str]
) -> None:
    """A developer who may look at one namespace, and applies nothing."""
    entry = f"prod/{app}"
    typed("apply", entry, *there, cwd=fleet.path)
    done = typed("status", entry, *restricted, cwd=fleet.path)
    assert (done.returncode, b"2 of 2 objects are well" in done.stdout) == (0, True), done
    cluster.kubectl("-n", app, "create", "role", "try", "--verb=patch", "--resource=configmaps")
    who = f"--user={app}-viewer"
    cluster.kubectl("-n", app, "create", "rolebinding", "try", "--role=try", who)
    fleet.commit(files(app, "2"))
    planned = typed("plan", entry, *restricted, cwd=fleet.path)
    assert (planned.returncode, b'data.k: "1"' in planned.stdout) == (1, True), planned
