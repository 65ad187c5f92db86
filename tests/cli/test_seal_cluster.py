"""New keys, lost clusters: what happens to sealed secrets, on real clusters."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyrage
import pytest

from reconciler.cli.settings import peers_folder
from reconciler.testbed.assembly import programs_of
from reconciler.testbed.builder import build
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import up
from tests.cli.conftest import Run
from tests.cli.sealed_fleet import SEALED, sealed_fleet
from tests.conftest import Repo
from tests.sealing.controllers import Controller, running
from tests.testbed.plugin import Cluster

VALUES = {"user": "admin", "password": "hunter2"}


@pytest.fixture
def controller(sealed_secrets: Cluster) -> Iterator[Controller]:
    with running(sealed_secrets) as found:
        yield found


@pytest.fixture
def fleet(repo: Repo, controller: Controller) -> Repo:
    """prod has just fetched the certificate of its controller, and sealed something."""
    return sealed_fleet(repo, controller.cluster.namespace)


def seal_api(typed: Run, fleet: Repo, controller: Controller) -> None:
    (fleet.path / "environments/prod/sealing-cert.pem").unlink()
    fetch = ["seal", "cert", "fetch", "prod", "--controller", controller.url]
    assert typed(*fetch, cwd=fleet.path).returncode == 0
    (fleet.path / ".git/v.env").write_text("".join(f"{k}={v}\n" for k, v in VALUES.items()))
    seal = ["seal", "prod/shop", "api", "--from-env-file", ".git/v.env", "--type", "example.com/x"]
    assert typed(*seal, cwd=fleet.path).returncode == 0


def opens(cluster: Cluster, fleet: Repo) -> None:
    """A cluster that has nothing of it yet makes the Secret of what is in the repository."""
    cluster.kubectl_says("delete", "-n", cluster.namespace, "sealedsecret,secret", "api")
    cluster.apply((fleet.path / SEALED).read_text())
    cluster.wait("create", "secret/api")
    found = cluster.get("secret/api")
    assert {k: base64.b64decode(v).decode() for k, v in found["data"].items()} == VALUES
    assert found["type"] == "example.com/x"


def test_all_is_sealed_for_a_new_key_and_opens_without_the_old_one(
    typed: Run, fleet: Repo, controller: Controller
) -> None:
    cluster = controller.cluster
    seal_api(typed, fleet, controller)
    file = fleet.path / SEALED
    file.write_text(
        file.read_text()
        .replace("spec:\n", "spec:\n  # Ask the shop's team.\n")
        .replace("  annotations:\n", "  annotations:\n    argocd.argoproj.io/sync-wave: '-1'\n")
        .replace("  template:\n", "  template:\n    metadata: {labels: {team: blue}}\n")
    )
    fleet.commit()
    before = file.read_text()
    opens(cluster, fleet)

    (old,) = controller.keys()
    controller.renew()
    done = typed("seal", "rotate", "prod", "--controller", controller.url, cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert f"{SEALED}: 2 sealed again" in done.stdout.decode()
    differing = [line for line in file.read_text().splitlines() if line not in before.splitlines()]
    assert [line.split()[0] for line in differing] == ["password", "user", "password:", "user:"]
    certificates = (fleet.path / "environments/prod/sealing-cert.pem").read_text()
    assert certificates == controller.certificate().pem
    again = typed("seal", "rotate", "prod", "--controller", controller.url, cwd=fleet.path)
    assert f"{SEALED}: nothing to do" in again.stdout.decode()

    cluster.kubectl("delete", "-n", cluster.namespace, "secret", old["metadata"]["name"])
    controller.restart()
    assert len(controller.keys()) == 1
    opens(cluster, fleet)
    verify = ["seal", "verify", "prod", "--online", "--controller", controller.url]
    done = typed(*verify, cwd=fleet.path)
    assert (done.returncode, done.stderr) == (0, b"1 can be opened, 0 cannot\n")


def test_one_secret_is_sealed_again_as_a_filter(
    typed: Run, fleet: Repo, controller: Controller
) -> None:
    """kubeseal --re-encrypt loses labels and comments here."""
    seal_api(typed, fleet, controller)
    file = fleet.path / SEALED
    before = file.read_text().replace("  template:\n", "  # Kept.\n  template:\n")
    controller.renew()
    command = [sys.executable, "-m", "reconciler", "seal", "rotate", "-"]
    file.write_text(
        subprocess.run(
            [*command, "--controller", controller.url],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            input=before,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    lines = [line for line in before.splitlines() if line not in file.read_text().splitlines()]
    assert [line.split()[0] for line in lines] == ["password", "user", "password:", "user:"]
    assert controller.certificate().fingerprint in file.read_text()
    opens(controller.cluster, fleet)


def test_what_cannot_be_opened_is_said_and_left_alone(
    typed: Run, fleet: Repo, controller: Controller
) -> None:
    seal_api(typed, fleet, controller)
    file = fleet.path / SEALED
    entry = fleet.path / "environments/prod/shop/kustomization.yaml"
    entry.write_text(entry.read_text() + "nameSuffix: -new\n")
    verify = ["seal", "verify", "prod", "--online", "--controller", controller.url]
    done = typed(*verify, cwd=fleet.path)
    assert done.returncode == 1
    assert b"environments/prod/shop: api-new: the controller cannot open it" in done.stdout
    controller.renew()
    before = file.read_text()
    done = typed("seal", "rotate", "prod", "--controller", controller.url, cwd=fleet.path)
    assert done.returncode == 2
    assert b"the controller cannot open api-new" in done.stderr
    assert file.read_text() == before


def test_a_new_cluster_with_the_keys_of_a_backup_opens_everything(
    typed: Run, fleet: Repo, controller: Controller, tmp_path: Path
) -> None:
    lost = controller.cluster
    seal_api(typed, fleet, controller)
    controller.renew()
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# ours\n{identity}\n")
    at = ["--controller", f"{lost.namespace}/sealed-secrets-controller"]
    for_us = ["--recipient", str(identity.to_public())]
    backup = ["seal", "keys", "backup", "prod", tmp_path / "keys.age", *at, *for_us]
    where = ["--kubeconfig", lost.kubeconfig, "--context", context_of(lost.kubeconfig)]
    done = typed(*backup, *where, cwd=fleet.path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == f"{tmp_path / 'keys.age'}: 2 keys\n"
    assert b"PRIVATE" not in (tmp_path / "keys.age").read_bytes()
    again = typed(*backup, *where, cwd=fleet.path)
    assert again.returncode == 2
    assert b"a backup is never overwritten" in again.stderr

    options = TestbedOptions(sealed_secrets=True)
    programs = build(programs_of(options), Path(peers_folder()))
    with up(TestbedFolder(tmp_path, "new"), options, programs) as testbed:
        new = Cluster(testbed.folder.kubeconfig, lost.namespace, testbed.folder.bin)
        new.kubectl("create", "namespace", new.namespace)
        config = ["--kubeconfig", new.kubeconfig, "--context", context_of(new.kubeconfig)]
        restore = ["seal", "keys", "restore", "prod", tmp_path / "keys.age", *at, *config]
        done = typed(*restore, "--identity", tmp_path / "identity", cwd=fleet.path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == b"2 restored, 0 there already\n"
        with running(new):
            opens(new, fleet)
        done = typed(*restore, "--identity", tmp_path / "identity", cwd=fleet.path)
        assert done.stdout == b"0 restored, 2 there already\n"

    unseal = ["seal", "unseal", "--keys", tmp_path / "keys.age", SEALED]
    done = typed(*unseal, "--identity", tmp_path / "identity", cwd=fleet.path)
    assert b"password: aHVudGVyMg==" in done.stdout


def context_of(kubeconfig: Path) -> str:
    return str(json.loads(kubeconfig.read_text())["current-context"])


@contextmanager
def api_proxy(controller: str, service: str) -> Iterator[str]:
    """What the API server's service proxy does, which takes no address on loopback itself."""
    namespace, _, name = service.partition("/")
    at = f"/api/v1/namespaces/{namespace}/services"

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == f"{at}/{name}":
                self._answer(200, json.dumps({"spec": {"ports": [{"name": "web"}]}}).encode())
            else:
                self._forward(None)

        def do_POST(self) -> None:
            self._forward(self.rfile.read(int(self.headers["Content-Length"])))

        def _forward(self, body: bytes | None) -> None:
            before = f"{at}/http:{name}:web/proxy"
            if not self.path.startswith(before):
                self._answer(404, b"")
                return
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(controller + self.path.removeprefix(before), body)
                ) as answer:
                    self._answer(answer.status, answer.read())
            except urllib.error.HTTPError as e:
                with e:
                    self._answer(e.code, e.read())

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def kubeconfig(folder: Path, name: str, server: str) -> Path:
    file = folder / "config"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}}],
        "current-context": name,
    }
    file.write_text(json.dumps(config))
    return file


def test_the_controller_is_reached_through_the_api_server(
    typed: Run, fleet: Repo, controller: Controller, tmp_path: Path
) -> None:
    seal_api(typed, fleet, controller)
    with api_proxy(controller.url, "kube-system/sealed-secrets-controller") as server:
        config = ["--kubeconfig", kubeconfig(tmp_path, "prod", server)]
        done = typed("seal", "cert", "fetch", "prod", *config, cwd=fleet.path)
        assert done.returncode == 0, done.stderr
        assert b"is there already" in done.stdout
        done = typed("seal", "verify", "prod", "--online", *config, cwd=fleet.path)
        assert done.stderr == b"1 can be opened, 0 cannot\n"
        done = typed("seal", "cert", "fetch", "dev", *config, cwd=fleet.path)
        assert done.returncode == 2
        assert b"no context of the kubeconfig is called dev" in done.stderr
        other = ["--controller", "kube-system/other"]
        done = typed("seal", "cert", "fetch", "prod", *config, *other, cwd=fleet.path)
        assert b"there is no controller" in done.stderr


def test_a_cluster_without_a_controller_is_told_from_one_that_is_down(
    typed: Run, repo: Repo, cluster: Cluster
) -> None:
    sealed_fleet(repo)
    config = ["--kubeconfig", cluster.kubeconfig, "--context", context_of(cluster.kubeconfig)]
    fetch = ["seal", "cert", "fetch", "prod", *config]
    fetch += ["--controller", f"{cluster.namespace}/sealed-secrets"]
    done = typed(*fetch, cwd=repo.path)
    assert (done.returncode, b"there is no controller" in done.stderr) == (2, True)
    service = ["create", "service", "clusterip", "sealed-secrets", "--tcp=8080"]
    cluster.kubectl(*service, "-n", cluster.namespace)
    for _ in range(20):  # what forwards to services hears of a new one a little later
        done = typed(*fetch, cwd=repo.path)
        if b"there is no controller" not in done.stderr:
            break
    assert (done.returncode, b"no pod that is ready" in done.stderr) == (2, True)
    done = typed(
        "seal", "cert", "fetch", "prod", "--controller", "http://127.0.0.1:1", cwd=repo.path
    )
    assert (done.returncode, b"does not answer at http://127.0.0.1:1" in done.stderr) == (2, True)
