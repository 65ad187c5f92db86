"""`reconciler run` with the rights that overlays/reconciler gives it, and no others."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import PATIENCE_SECONDS, ROOT, Begin, Running, value_of
from tests.cli.test_run import begin as begin
from tests.cli.test_run_settings import eventually, ready, shown
from tests.cli.test_run_settings import say as say
from tests.cli.test_run_watched import free_port, text_of
from tests.conftest import Repo
from tests.fleets.conftest import Objects
from tests.fleets.conftest import rendered as rendered
from tests.testbed.plugin import Cluster

EXAMPLE = ROOT / "examples/embedded/environments/edge/reconciler"
SYSTEM = "reconciler-system"
ITSELF = f"system:serviceaccount:{SYSTEM}:reconciler"
ACCOUNT = f"  account: {SYSTEM}/app-{{app}}\n"


@pytest.fixture(autouse=True)
def installed(cluster: Cluster) -> None:
    """As the page says, by kubectl alone."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", str(EXAMPLE))
    for kind in ("reconciledapps", "reconciledenvironments"):
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{kind}.reconciler.dev")


@pytest.fixture
def config(cluster: Cluster) -> dict[str, Any]:
    """A kubeconfig with the token that a pod would find."""
    view = cluster.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json")
    found: dict[str, Any] = json.loads(view)
    token = cluster.kubectl("create", "token", "reconciler", "-n", SYSTEM).strip()
    found["users"][0]["user"] = {"token": token}
    return found


@pytest.fixture
def there(config: dict[str, Any], tmp_path: Path) -> list[str]:
    """Whatever runs here, runs with that token."""
    file = tmp_path / "reconciler.json"
    file.write_text(json.dumps(config))
    return ["--kubeconfig", str(file), "--context", str(config["current-context"])]


Allow = Callable[..., None]


@pytest.fixture
def allow(cluster: Cluster, app: str) -> Iterator[Allow]:
    """An account for an app, with a role where the objects are, and the right to act as it."""
    made: list[tuple[str, ...]] = []

    def make(*what: str) -> None:
        cluster.kubectl("-n", SYSTEM, "create", *what)
        made.append(what[:2])

    def allowed(name: str, role: str, *, impersonated: bool = True) -> None:
        account = f"app-{name}"
        make("serviceaccount", account)
        cluster.kubectl(
            *("-n", app, "create", "rolebinding", account, f"--clusterrole={role}"),
            f"--serviceaccount={SYSTEM}:{account}",
        )
        if impersonated:
            rule = (
                "--verb=impersonate",
                "--resource=serviceaccounts",
                f"--resource-name={account}",
            )
            make("role", account, *rule)
            make(
                "rolebinding", account, f"--role={account}", f"--serviceaccount={SYSTEM}:reconciler"
            )

    yield allowed
    for what in made:
        cluster.kubectl("-n", SYSTEM, "delete", *what)


def test_it_applies_as_the_account_of_the_app_and_says_how_the_app_is(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None], allow: Allow
) -> None:
    allow(app, "edit")
    say(ACCOUNT)
    running = begin("--interval", "1")
    assert running.wait_for("applied", app=f"prod/{app}")["created"] == 2
    running.wait_for("well", app=f"prod/{app}")
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
    leases = cluster.kubectl("get", "leases", "-n", SYSTEM, "-o", "name")
    assert "lease.coordination.k8s.io/run.prod." in leases

    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    running.wait_for("changed by somebody", object=f"ConfigMap {app}/one")
    running.wait_for("applied", changed=1)
    assert value_of(cluster) == "1"
    eventually(lambda: reasons(cluster, app), {"DriftDetected"})
    fleet.commit(files(app, "2", "one"))
    running.wait_for("applied", deleted=1)
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0


def reasons(cluster: Cluster, namespace: str) -> set[str]:
    found = json.loads(
        cluster.kubectl("get", "events.v1.events.k8s.io", "-n", namespace, "-o", "json")
    )
    ours = [e for e in found["items"] if e["reportingController"] == "reconciler.dev/run"]
    return {str(e["reason"]) for e in ours}


def other_app(fleet: Repo, app: str, kind: str = "ConfigMap") -> str:
    """A second one, in the same namespace."""
    name = f"{app}-b"
    manifest = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: b}}\n"
    fleet.commit(
        {
            f"environments/prod/{name}/kustomization.yaml": f"namespace: {app}\n"
            "resources: [objects.yaml]\n",
            f"environments/prod/{name}/objects.yaml": manifest,
        }
    )
    return name


@pytest.mark.parametrize(
    ("kind", "what"),
    [("ConfigMap", "configmaps"), ("ServiceAccount", "serviceaccounts")],
)
def test_what_an_account_may_not_is_refused_and_named_and_other_apps_go_on(
    fleet: Repo,
    app: str,
    begin: Begin,
    cluster: Cluster,
    say: Callable[[str], None],
    allow: Allow,
    kind: str,
    what: str,
) -> None:
    other = other_app(fleet, app, kind)
    allow(app, "edit")
    allow(other, "view")
    say(ACCOUNT)
    running = begin("--interval", "1")
    why = running.wait_for("refused", app=f"prod/{other}")["why"]
    lacks = f'User "system:serviceaccount:{SYSTEM}:app-{other}" cannot patch resource "{what}"'
    assert lacks in why
    eventually(lambda: ready(shown(cluster, other)), ("False", "Refused"))
    assert lacks in shown(cluster, other)["failing"][0]["reason"]
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))
    assert value_of(cluster) == "1"


def test_an_account_that_nobody_lets_it_act_as_is_named(
    fleet: Repo, app: str, begin: Begin, say: Callable[[str], None], allow: Allow
) -> None:
    allow(app, "edit", impersonated=False)
    say(ACCOUNT)
    told = begin("--interval", "1").wait_for("refused", app=f"prod/{app}")
    assert f'User "{ITSELF}" cannot impersonate' in told["why"]
    account = f"system:serviceaccount:reconciler-system:app-{app}"
    assert told["hint"] == f"give it the right to impersonate {account}"


def test_without_an_account_it_may_write_nothing(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster
) -> None:
    why = begin("--interval", "1").wait_for("refused", app=f"prod/{app}")["why"]
    assert f'User "{ITSELF}" cannot patch resource "configmaps"' in why
    assert "one" not in cluster.kubectl("get", "configmaps", "-n", app, "-o", "name")


def test_a_kind_that_it_may_not_list_stops_the_apps_that_have_it_and_no_others(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None], allow: Allow
) -> None:
    other = other_app(fleet, app, "Secret")
    for name in (app, other):
        allow(name, "edit")
    say(ACCOUNT)
    running = begin("--interval", "1")
    why = running.wait_for("not applied", app=f"prod/{other}")["why"]
    assert f'User "{ITSELF}" cannot list resource "secrets"' in why
    eventually(lambda: ready(shown(cluster, other)), ("False", "NotApplied"))
    eventually(lambda: ready(shown(cluster, app)), ("True", "Ready"))


def names(cluster: Cluster) -> set[str]:
    return {item["metadata"]["name"] for item in cluster.get("configmaps")["items"]}


def test_two_replicas_share_the_apps_and_one_that_dies_leaves_its_own_to_the_other(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, say: Callable[[str], None], allow: Allow
) -> None:
    """With no more rights than the Deployment has."""
    other = other_app(fleet, app)
    for name in (app, other):
        allow(name, "edit")
    say(ACCOUNT)
    first, second = begin("--interval", "1"), begin("--interval", "1")
    both = [("True", "Ready")] * 2
    eventually(lambda: [ready(shown(cluster, name)) for name in (app, other)], both)
    first.process.kill()
    first.process.wait()
    newest = fleet.commit(files(app, "2"))
    second.wait_for("applied", app=f"prod/{app}", commit=newest)
    cluster.kubectl("-n", app, "delete", "configmap/b")
    eventually(lambda: "b" in names(cluster), True)
    assert value_of(cluster) == "2"


def test_somebody_with_more_rights_applies_what_the_account_may_not(
    fleet: Repo,
    app: str,
    cluster: Cluster,
    say: Callable[[str], None],
    typed: Run,
) -> None:
    """The account is not even there; so begins an environment in an empty cluster."""
    say(ACCOUNT)
    admin = ["--kubeconfig", str(cluster.kubeconfig)]
    admin += ["--context", cluster.kubectl("config", "current-context").strip()]
    refused = typed("apply", f"prod/{app}", *admin, cwd=fleet.path)
    assert (refused.returncode, b"2 refused" in refused.stdout) == (1, True)
    done = typed("apply", f"prod/{app}", "--own-rights", *admin, cwd=fleet.path)
    assert (done.returncode, b"2 created" in done.stdout) == (0, True)
    gone = typed("uninstall", f"prod/{app}", "--yes", "--own-rights", *admin, cwd=fleet.path)
    assert b"2 deleted" in gone.stdout


ALLOWED = """
list deployments.apps --all-namespaces
watch pods --all-namespaces
list networkpolicies.networking.k8s.io --all-namespaces
get namespaces/kube-system
create events.events.k8s.io -n default
create leases.coordination.k8s.io -n reconciler-system
patch configmaps -n reconciler-system
patch reconciledapps.reconciler.dev --subresource=status -n reconciler-system
impersonate serviceaccounts/app-web -n reconciler-system
"""
FORBIDDEN = """
create clusterrolebindings.rbac.authorization.k8s.io
patch clusterroles.rbac.authorization.k8s.io
escalate clusterroles.rbac.authorization.k8s.io
bind clusterroles.rbac.authorization.k8s.io
get secrets -n kube-system
list secrets -n kube-system
list secrets -n reconciler-system
create secrets -n reconciler-system
get namespaces/default
create namespaces
create deployments.apps -n web
patch configmaps -n web
delete pods -n web
create pods -n reconciler-system
create pods --subresource=exec -n reconciler-system
patch deployments.apps -n reconciler-system
delete configmaps -n reconciler-system
patch leases.coordination.k8s.io -n kube-system
delete reconciledapps.reconciler.dev -n reconciler-system
create serviceaccounts --subresource=token -n reconciler-system
impersonate serviceaccounts/default -n reconciler-system
impersonate serviceaccounts/app-web -n kube-system
impersonate users
impersonate groups
"""


def may(cluster: Cluster, account: str, question: str) -> bool:
    said = cluster.kubectl_says("auth", "can-i", *question.split(), f"--as={account}")
    return said.split()[0] == "yes"  # what it warns of comes after


def test_its_rights_are_these_and_no_others(cluster: Cluster) -> None:
    found = {q: may(cluster, ITSELF, q) for q in (ALLOWED + FORBIDDEN).strip().splitlines() if q}
    assert [q for q, yes in found.items() if yes] == ALLOWED.strip().splitlines()


def test_it_upgrades_itself_and_gives_itself_no_rights(cluster: Cluster) -> None:
    account = f"system:serviceaccount:{SYSTEM}:app-reconciler"
    assert may(cluster, account, f"patch deployments.apps/reconciler -n {SYSTEM}")
    for question in (
        f"patch roles.rbac.authorization.k8s.io -n {SYSTEM}",
        f"patch rolebindings.rbac.authorization.k8s.io -n {SYSTEM}",
        "patch clusterroles.rbac.authorization.k8s.io",
        "patch customresourcedefinitions.apiextensions.k8s.io",
        f"patch serviceaccounts -n {SYSTEM}",
        f"impersonate serviceaccounts/app-web -n {SYSTEM}",
        f"get secrets -n {SYSTEM}",
    ):
        assert not may(cluster, account, question), question


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_a_pod_would_start_and_be_ready_with_the_arguments_of_the_deployment(
    fleet: Repo,
    app: str,
    cluster: Cluster,
    config: dict[str, Any],
    say: Callable[[str], None],
    allow: Allow,
    rendered: Callable[[str], Objects],
    tmp_path: Path,
) -> None:
    allow(app, "edit")
    say(ACCOUNT)
    public, own = free_port(), free_port()
    server = config["clusters"][0]["cluster"]
    account = {
        "token": config["users"][0]["user"]["token"],
        "ca": base64.b64decode(server["certificate-authority-data"]).decode(),
        "namespace": SYSTEM,
    }
    address = urlsplit(server["server"])
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "reconciler.testbed.in_cluster"),
                *(sys.executable, "-m", "reconciler"),
                *arguments(rendered, fleet, tmp_path / "repository", public, own),
            ],
            stdin=subprocess.PIPE,
            stderr=file,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "KUBERNETES_SERVICE_HOST": str(address.hostname),
                "KUBERNETES_SERVICE_PORT": str(address.port),
            },
        )
    try:
        assert process.stdin
        process.stdin.write(json.dumps(account).encode())
        process.stdin.close()
        Running(process, log).wait_for("well", app=f"prod/{app}")
        assert text_of(own, "/readyz") == "ok\n"
        assert f'app_ready{{app="{app}"' in text_of(own, "/metrics")
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def arguments(
    rendered: Callable[[str], Objects], fleet: Repo, folder: Path, public: int, own: int
) -> list[str]:
    """Those of the Deployment, with the places of this machine."""
    [deployment] = [o for o in rendered("overlays/reconciler/dev") if o["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    here = {
        "$(ENVIRONMENT)": "prod",
        "$(REPOSITORY)": str(fleet.path),
        "/data/repository": str(folder),
        "0.0.0.0:8080": f"127.0.0.1:{public}",
        "0.0.0.0:9090": f"127.0.0.1:{own}",
    }
    found = []
    for argument in container["args"]:
        for there, place in here.items():
            argument = argument.replace(there, place)
        found.append(argument)
    return found
