"""A plugin server of one's own for one request: ours, or Argo CD's with our command."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from reconciler.argocd.server.process import PluginSettings
from reconciler.errors import InternalError, UsageError

START_SECONDS = 60
STOCK = "reconciler-stock"
PLUGIN_FILE = """apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {{name: {name}}}
spec:
  generate:
    command: {command}
"""


@contextmanager
def ours(folder: str, repositories: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The path of the socket on which our server answers."""
    command = [*_program(), "cmp-server", "--socket-folder", folder, "--log-format", "text"]
    with _running(folder, [*command, *_allowed(repositories)], environment):
        path = PluginSettings(folder).socket
        yield _answering(folder, path)


@contextmanager
def stock(
    binary: str, folder: str, repositories: Sequence[str], environment: Mapping[str, str]
) -> Iterator[str]:
    """The path of the socket on which Argo CD's server answers, which starts our command."""
    command = [*_program(), "generate", *_allowed(repositories)]
    with open(os.path.join(folder, "plugin.yaml"), "w") as file:
        file.write(PLUGIN_FILE.format(name=STOCK, command=json.dumps(command)))
    variables = {
        **environment,
        "ARGOCD_BINARY_NAME": "argocd-cmp-server",
        "ARGOCD_PLUGINSOCKFILEPATH": folder,
        "ARGOCD_CMP_WORKDIR": folder,
    }
    with _running(folder, [binary, "--config-dir-path", folder], variables):
        yield _answering(folder, os.path.join(folder, f"{STOCK}.sock"))


def with_clone(environment: Mapping[str, str], root: str, urls: Sequence[str]) -> dict[str, str]:
    """Git takes this clone for these addresses, so that what it has is not fetched."""
    count = int(environment.get("GIT_CONFIG_COUNT") or 0)
    found = dict(environment)
    for number, url in enumerate(urls, count):
        found[f"GIT_CONFIG_KEY_{number}"] = f"url.{root}.insteadOf"
        found[f"GIT_CONFIG_VALUE_{number}"] = url
    return {**found, "GIT_CONFIG_COUNT": str(count + len(urls))}


def _program() -> list[str]:
    return [sys.executable, "-m", "reconciler"]


def _allowed(repositories: Sequence[str]) -> list[str]:
    return [word for url in repositories for word in ("--allow-repository", url)]


@contextmanager
def _running(folder: str, command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    """Ended without farewell: Argo CD's server does not end when it is told to."""
    with open(os.path.join(folder, "log"), "w") as log:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        except OSError as e:
            raise UsageError(f"{command[0]} cannot be started", why=e.strerror or "") from e
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answering(folder: str, path: str) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            try:
                trial.connect(path)
            except OSError:
                time.sleep(0.02)
            else:
                return path
    with open(os.path.join(folder, "log"), errors="replace") as log:
        raise InternalError("the plugin server does not start", why=log.read()[-500:])
