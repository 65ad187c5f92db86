"""Generations as Argo CD's repo-server has them made: from a Git revision to parsed manifests.

Each request is a hard refresh, so the repo-server keeps nothing of an earlier one.
"""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import grpc

from benchmarks.fleet import commit, entry, write_fleet
from benchmarks.plugin import AT_ONCE, SAMPLE, Compared, compared, timed, write_small_files
from benchmarks.plugin_servers import ours, started, stock
from reconciler.testbed.addons.argocd import OURS, redis_server
from reconciler.testbed.loopback import accepts, free_port
from tests.peers import compiled

METHOD = "/repository.RepoServerService/GenerateManifest"
NAMES = {"ours": OURS, "stock": "stock"}
SPENT = re.compile(r"^reconciler_plugin_answer_seconds_sum\{.*\} (\S+)$", re.MULTILINE)


def field(number: int, value: str | bytes | int) -> bytes:
    """A field of a message: a text, a message or a truth."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def request(root: Path, revision: str, path: str, plugin: str) -> bytes:
    url = f"file://{root}"
    source = field(1, url) + field(2, path) + field(4, revision) + field(11, field(1, plugin))
    return b"".join(
        (
            field(1, field(1, url)),
            field(2, revision),
            field(3, True),  # no cache
            field(4, "app.kubernetes.io/instance"),
            field(5, path.replace("/", "-")),
            field(8, "default"),
            field(10, source),
            field(14, "1.36.0"),
            field(19, "annotation"),
            field(25, "default"),
        )
    )


@contextmanager
def repo_server(place: Path, plugins: Path) -> Iterator[str]:
    """Its address."""
    work = place / "repo-server"
    (work / "tmp").mkdir(parents=True)
    redis, port, metrics = free_port(), free_port(), free_port()
    wrapper = work / "git-verify-wrapper.sh"
    wrapper.write_text("#!/bin/sh\n")
    wrapper.chmod(0o755)
    environment = {
        "ARGOCD_BINARY_NAME": "argocd-repo-server",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_PLUGINSOCKFILEPATH": str(plugins),
        "ARGOCD_REPO_SERVER_PLUGIN_TAR_EXCLUSIONS": ".git",
        "TMPDIR": str(work / "tmp"),
        "PATH": f"{work}:/usr/local/bin:/usr/bin:/bin",
    }
    flags = [
        f"--redis=127.0.0.1:{redis}", "--address=127.0.0.1", f"--port={port}",
        "--metrics-address=127.0.0.1", f"--metrics-port={metrics}", "--disable-tls",
        "--client-ca-path=",
    ]  # fmt: skip
    cache = [redis_server(), "--port", str(redis), "--save", "", "--bind", "127.0.0.1"]
    with ExitStack() as stack:
        stack.enter_context(started(cache, work, "*.log"))
        stack.enter_context(started([str(compiled("argocd")), *flags], work, "*.log", environment))
        while not accepts(port):
            pass
        yield f"127.0.0.1:{port}"


def plugin_chain(place: Path, kustomize: Path) -> Iterator[str]:
    """Generations through Argo CD's own repo-server, with our plugin server and with its own."""
    plugins = place / "plugins"
    status = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        stack.enter_context(ours(plugins, "--http", status))
        stack.enter_context(stock(plugins, kustomize))
        address = stack.enter_context(repo_server(place, plugins))
        channel = stack.enter_context(grpc.insecure_channel(address))
        for count in (1, 50, 500):
            root = place / f"fleet-{count}"
            folders = write_fleet(root, count)[:SAMPLE]
            yield f"{count} apps"
            yield from _beside(channel, status, root, folders)
        root = place / "files"
        write_small_files(root, 5000)
        yield "5,000 small files"
        yield from _beside(channel, status, root, [entry(0)])


def _beside(channel: grpc.Channel, status: str, root: Path, folders: list[str]) -> Iterator[str]:
    ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
    first = _edited(root, folders, "first")
    for plugin in NAMES.values():
        for path in folders[:1]:
            ask(request(root, first, path, plugin), timeout=300)
    times = 8 if len(folders) == 1 else 1
    for at_once in AT_ONCE:
        cold: Compared = {}
        warm: Compared = {}
        shares: list[float] = []
        for name, plugin in NAMES.items():
            revision = _edited(root, folders, f"{at_once}{name}")
            wanted = [request(root, revision, path, plugin) for path in folders]
            cold[name] = timed([partial(ask, one, timeout=600) for one in wanted], at_once)
            before = _spent(status)
            warm[name] = timed([partial(ask, one, timeout=600) for one in wanted * times], at_once)
            if name == "ours":
                number = len(wanted) * times
                shares.append((_spent(status) - before) / number)
        yield f"  {at_once} at a time, after a commit: {compared(cold)}"
        yield (
            f"  {at_once} at a time, again: {compared(warm)};"
            f" of ours, {shares[0] * 1000:,.1f} ms are the plugin's, the rest is Argo CD's own"
        )


def _edited(root: Path, folders: list[str], text: str) -> str:
    """A commit that changes each of these apps."""
    for folder in folders:
        patch = root / folder / "patch.yaml"
        patch.write_text(f"{patch.read_text()}# {text}\n")
    commit(root)
    named = ["git", "-C", str(root), "rev-parse", "HEAD"]
    return subprocess.run(named, capture_output=True, text=True, check=True).stdout.strip()


def _spent(status: str) -> float:
    """How long the plugin worked on all requests so far, without their way to it."""
    with urllib.request.urlopen(f"http://{status}/metrics") as answer:
        return sum(float(value) for value in SPENT.findall(answer.read().decode()))
