"""What comes in may be anything, and what is needed may break: one request fails, the rest work."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest

from reconciler.argocd.plugin_pb2 import AppStreamRequest, EnvEntry, File
from reconciler.argocd.server.http2_frames import PREFACE
from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive, messages
from tests.argocd.conftest import running
from tests.trees.test_archive import member

pytestmark = pytest.mark.slow  # large archives, and servers that are killed

INVALID = grpc.StatusCode.INVALID_ARGUMENT
FAILED = grpc.StatusCode.FAILED_PRECONDITION
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
GOOD = archive(FLEET)


def memory(plugin: Plugin) -> float:
    """MiB of the server, without its kernels."""
    text = Path(f"/proc/{plugin.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def kernels(plugin: Plugin) -> list[int]:
    found = Path(f"/proc/{plugin.pid}/task/{plugin.pid}/children").read_text()
    return [int(pid) for pid in found.split()]


def of(*entries: bytes) -> bytes:
    """A repository whose archive begins with these."""
    return archive(FLEET, b"".join(entries))


def link(name: str, target: str) -> bytes:
    return member(name, kind=tarfile.SYMTYPE, link=target)


# Each is how a repo-server, a plugin or a chart was got to read another's files, or to die.
NEVER_READ = {
    "a path that climbs out": of(member("../../etc/x", b"x")),
    "a path that climbs out later": of(member("a/../../x", b"x")),
    "an absolute path": of(member("/etc/x", b"x")),
    "a bomb": gzip.compress(member("a", bytes(1 << 20)) * 200, 1),
    "no archive": b"this is no archive",
    "half an archive": GOOD[: len(GOOD) // 2],
    "nothing": b"",
}


@pytest.mark.parametrize("what", NEVER_READ)
def test_an_archive_that_is_none_is_refused_with_the_reason(plugin: Plugin, what: str) -> None:
    code, text = plugin.refusal(messages(NEVER_READ[what], WEB, chunk=1 << 16))
    assert code is INVALID
    assert text.startswith("the archive ")
    assert plugin.generate(GOOD) == DEPLOYMENT


def test_a_hundred_thousand_entries_are_too_many(plugin: Plugin) -> None:
    entry = member("a", form=tarfile.USTAR_FORMAT)
    code, text = plugin.refusal(messages(gzip.compress(entry * 100_001, 1), WEB, chunk=1 << 16))
    assert (code, text) == (INVALID, "the archive has more than 100,000 entries")


SECRET = "root:x:0:0"
ESCAPES = {
    "a link out": link("environments/dev/web/out.yaml", "/etc/passwd"),
    "a link that climbs out": link("environments/dev/web/out.yaml", "../../../../../etc/passwd"),
    "a link through a link": link("up", "..")
    + link("environments/dev/web/out.yaml", "../../../up/etc/passwd"),
    "a hard link": member(
        "environments/dev/web/out.yaml", kind=tarfile.LNKTYPE, link="/etc/passwd"
    ),
    "a device": member("environments/dev/web/out.yaml", kind=tarfile.CHRTYPE),
    "a pipe": member("environments/dev/web/out.yaml", kind=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("what", ESCAPES)
def test_what_leads_out_of_the_archive_is_refused_where_it_is_named(
    plugin: Plugin, what: str
) -> None:
    files = {**FLEET, f"{WEB}/kustomization.yaml": "resources:\n- out.yaml\n"}
    code, text = plugin.refusal(messages(archive(files, ESCAPES[what]), WEB))
    assert code is FAILED
    assert text.startswith(f"{WEB}/kustomization.yaml:2:3: ")
    assert SECRET not in text


@pytest.mark.parametrize(
    "resource", ["/etc/passwd", "../../../../etc/passwd", "https://localhost/x.yaml", "file:///etc"]
)
def test_a_file_of_the_server_is_never_read(plugin: Plugin, resource: str) -> None:
    files = {f"{WEB}/kustomization.yaml": f"resources:\n- {resource}\n"}
    code, text = plugin.refusal(messages(archive(files), WEB))
    assert code is FAILED
    assert SECRET not in text


@pytest.mark.parametrize("path", ["..", "../..", "/etc", "environments/../..", "a/../../b"])
def test_a_path_outside_of_the_archive_is_refused(plugin: Plugin, path: str) -> None:
    code, _ = plugin.refusal(messages(GOOD, path))
    assert code in (INVALID, FAILED)


def test_an_endless_expansion_ends_with_its_time(plugin: Plugin) -> None:
    aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    files = {"a/kustomization.yaml": "resources: [b.yaml]\n", "a/b.yaml": aliases}
    code, text = plugin.refusal(messages(archive(files), "a"))
    assert code is FAILED
    assert "a/b.yaml" in text


# The stream


def test_metadata_comes_first_and_once(plugin: Plugin) -> None:
    first, *rest = messages(GOOD, WEB)
    for stream, words in (
        ([], "before it said what it is about"),
        (rest, "the first message must say"),
        ([AppStreamRequest()], "the first message must say"),
        ([first, first], "no part of the archive"),
        ([first, AppStreamRequest()], "no part of the archive"),
        ([first], "did not arrive whole"),
        ([first, *rest[:-1]], "did not arrive whole"),
        ([first, *rest, *rest], "did not arrive whole"),
        (messages(GOOD, WEB, checksum="0" * 64), "did not arrive whole"),
        (messages(GOOD, WEB, checksum="0"), "is not SHA-256"),
    ):
        code, text = plugin.refusal(iter(stream))
        assert code is INVALID
        assert words in text


def test_a_known_archive_must_still_arrive_whole(plugin: Plugin) -> None:
    """Its checksum alone opens nothing: who names it must have it."""
    assert plugin.generate(GOOD) == DEPLOYMENT
    other = archive({"a": "b"})
    checksum = hashlib.sha256(GOOD).hexdigest()
    code, text = plugin.refusal(messages(other, WEB, checksum=checksum))
    assert code is INVALID
    assert "did not arrive whole" in text


def test_a_repository_that_is_too_large_is_refused_when_it_says_so_or_when_it_is(
    start: Callable[..., Any],
) -> None:
    with start("--max-archive", "1") as plugin:
        large = bytes(random.Random(0).randbytes(2 << 20))
        code, text = plugin.refusal(messages(large, WEB))
        assert code is EXHAUSTED
        assert "manifest-generate-paths" in text
        first, *rest = messages(large, WEB)
        first.metadata.size = 10
        code, _ = plugin.refusal(iter([first, *rest]))
        assert code is EXHAUSTED
        assert plugin.generate(GOOD) == DEPLOYMENT


def slowly(stream: Iterator[AppStreamRequest], seconds: float) -> Iterator[AppStreamRequest]:
    """It begins, and then nothing comes."""
    yield next(stream)
    time.sleep(seconds)


def test_a_stream_that_never_ends_is_ended_and_holds_nobody_up(start: Callable[..., Any]) -> None:
    with start("--timeout", "4", "--workers", "1") as plugin, ThreadPoolExecutor(8) as pool:
        assert plugin.generate(archive({**FLEET, "n": ""})) == DEPLOYMENT  # the kernel is warm
        stuck = [
            pool.submit(plugin.refusal, slowly(messages(GOOD, WEB), 10), seconds=None)
            for _ in range(8)
        ]
        assert plugin.generate(GOOD) == DEPLOYMENT
        for found in stuck:
            assert found.result()[0] is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_client_s_deadline_is_kept(plugin: Plugin) -> None:
    code, _ = plugin.refusal(slowly(messages(GOOD, WEB), 3), seconds=0.5)
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert plugin.generate(GOOD) == DEPLOYMENT


def test_a_client_that_goes_away_leaves_nothing_behind(plugin: Plugin) -> None:
    for number in range(20):
        with grpc.insecure_channel(f"unix:{plugin.socket}") as channel:
            ask: Any = channel.stream_unary(
                "/plugin.ConfigManagementPluginService/GenerateManifest",
                request_serializer=AppStreamRequest.SerializeToString,
            )
            call = ask.future(messages(archive({**FLEET, "n": str(number)}), WEB))
            if number % 2:
                call.cancel()
    assert plugin.generate(GOOD) == DEPLOYMENT
    wait_for_open(plugin, 0)


def wait_for_open(plugin: Plugin, requests: int) -> None:
    for _ in range(600):
        page = urllib.request.urlopen(f"{plugin.http}/metrics").read().decode()
        if f"reconciler_plugin_open_requests {requests}.0" in page:
            return
        time.sleep(0.05)
    raise AssertionError(f"there are never {requests} open requests")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 1000,
        PREFACE[:10],
        PREFACE + b"\xff" * 100,
        PREFACE + b"\0\0\1\1\4\0\0\0\1\xff",
    ],
)
def test_another_protocol_is_turned_away(plugin: Plugin, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(plugin.socket))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(1 << 16):
            pass
    assert plugin.generate(GOOD) == DEPLOYMENT


def test_a_method_that_is_not_there_is_said_to_be_so(plugin: Plugin) -> None:
    channel = grpc.insecure_channel(f"unix:{plugin.socket}")
    ask: Any = channel.unary_unary("/version.VersionService/Version")
    with channel, pytest.raises(grpc.RpcError) as refused:
        ask(b"", timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


# The process


def test_200_requests_at_once_get_right_answers_beside_bad_ones(plugin: Plugin) -> None:
    def ask(number: int) -> str:
        if number % 10 == 3:
            return plugin.refusal(messages(NEVER_READ["a path that climbs out"], WEB))[1]
        image = f"web:{number}"
        files = {**FLEET, "overlays/web/deployment.yaml": DEPLOYMENT.replace("web:1", image)}
        return plugin.generate(archive(files))

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(ask, range(200)))
    for number, answer in enumerate(answers):
        if number % 10 == 3:
            assert "outside of itself" in answer
        else:
            assert f"image: web:{number}\n" in answer


def test_more_requests_than_are_taken_are_turned_away_at_once(start: Callable[..., Any]) -> None:
    with start("--max-requests", "4", "--timeout", "30") as plugin, ThreadPoolExecutor(4) as pool:
        go_on = Event()
        held = [
            pool.submit(plugin.call, "GenerateManifest", held_back(messages(GOOD, WEB), go_on))
            for _ in range(4)
        ]
        wait_for_open(plugin, 4)
        code, text = plugin.refusal(messages(GOOD, WEB))
        assert code is EXHAUSTED
        assert "try again" in text
        go_on.set()
        for found in held:
            assert found.result().manifests == [DEPLOYMENT]


def held_back(stream: Iterator[AppStreamRequest], go_on: Event) -> Iterator[AppStreamRequest]:
    yield next(stream)
    go_on.wait(60)
    yield from stream


def test_a_kernel_that_is_killed_costs_nobody_an_answer(plugin: Plugin) -> None:
    def ask(number: int) -> str:
        if number == 16:
            for pid in kernels(plugin):
                os.kill(pid, signal.SIGKILL)
        return plugin.generate(archive({**FLEET, "n": str(number)}), WEB, *overrides(number))

    def overrides(number: int) -> list[dict[str, Any]]:
        return [{"name": "images", "array": [f"web:{number}"]}]

    with ThreadPoolExecutor(8) as pool:
        for number, answer in enumerate(pool.map(ask, range(64))):
            assert f"image: web:{number}\n" in answer


def test_memory_comes_back_after_large_repositories(plugin: Plugin) -> None:
    assert plugin.generate(GOOD) == DEPLOYMENT

    def large(number: int) -> str:
        rest = random.Random(number).randbytes(8 << 20)
        content = archive(FLEET, member(f"large{number}", rest))
        (found,) = plugin.call("GenerateManifest", messages(content, WEB, chunk=1 << 16)).manifests
        return str(found)

    for number in range(4):
        assert large(number) == DEPLOYMENT
    settled = memory(plugin)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(large, range(4, 20))) == {DEPLOYMENT}
    assert memory(plugin) < settled + 40


def test_the_server_ends_on_a_signal_after_what_it_works_on(start: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with start() as plugin:
            go_on = Event()
            held = pool.submit(
                plugin.call, "GenerateManifest", held_back(messages(GOOD, WEB), go_on)
            )
            wait_for_open(plugin, 1)
            os.kill(plugin.pid, signal.SIGTERM)
            while plugin.socket.exists():
                time.sleep(0.05)
            go_on.set()
            assert held.result().manifests == [DEPLOYMENT]
        assert '"message": "stopping", "open": 1' in plugin.log.read_text()


def test_a_socket_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path / "p") as plugin:
        os.kill(plugin.pid, signal.SIGKILL)
        assert plugin.socket.exists()
    with running(tmp_path / "p") as plugin:
        assert plugin.generate(GOOD) == DEPLOYMENT


def serve(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", "cmp-server", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_two_plugins_do_not_share_a_socket(plugin: Plugin) -> None:
    done = serve("--socket-folder", str(plugin.socket.parent))
    assert done.returncode == 2
    assert "another plugin answers" in done.stderr
    assert plugin.generate(GOOD) == DEPLOYMENT


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--socket-folder", "/proc/nowhere"), "there can be no socket"),
        (("--socket-folder", "/tmp/" + "x" * 120), "too long for a socket"),
        (("--socket-folder", "/tmp", "--name", "a/b"), "cannot be the name of a plugin"),
        (("--socket-folder", "/tmp", "--http", "nowhere"), "is not an address"),
    ],
)
def test_a_server_that_cannot_be_says_why(flags: tuple[str, ...], words: str) -> None:
    done = serve(*flags)
    assert done.returncode == 2
    assert words in done.stderr


def test_secrets_are_in_no_log(plugin: Plugin) -> None:
    secret = "hunter2-" + "x" * 8
    files = {
        "a/kustomization.yaml": "resources: [s.yaml]\nsecretGenerator:\n"
        f"- name: s\n  literals: [password={secret}]\n",
        "a/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\n"
        f"stringData: {{p: {secret}}}\n",
    }
    stream = list(messages(archive(files), "a"))
    stream[0].metadata.env.append(EnvEntry(name="ARGOCD_ENV_TOKEN", value=secret))
    stream[0].metadata.env.append(
        EnvEntry(name="ARGOCD_APP_SOURCE_REPO_URL", value=f"https://me:{secret}@host/repo")
    )
    assert secret in plugin.call("GenerateManifest", iter(stream)).manifests[0]
    assert "https://host/repo" in plugin.log.read_text()
    assert secret not in plugin.log.read_text()
    cache = plugin.socket.parent / "cache"
    assert not any(secret.encode() in file.read_bytes() for file in cache.rglob("*.sqlite*"))


def test_metadata_may_be_enormous(plugin: Plugin) -> None:
    stream = messages(GOOD, WEB, {f"ARGOCD_ENV_{n}": "x" * 1000 for n in range(4000)})
    assert plugin.call("GenerateManifest", stream).manifests == [DEPLOYMENT]
    assert plugin.refusal(iter([AppStreamRequest(file=File(chunk=b"x"))]))[0] is INVALID
