"""A password of the netrc file goes to the host that it is for, over HTTPS or not off this machine.

Which hosts are asked, environment.yaml says: whoever may merge to the main branch chooses them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry

PASSWORD = "hunter2-for-one-host-alone"


@contextmanager
def listening() -> Iterator[tuple[str, list[str | None]]]:
    """A host, or a proxy, and what each request proves itself with."""
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def status(repo: Repo, url: str, **variables: str) -> str:
    """What `promote status` prints of a fleet whose stage names this address."""
    fleet = Fleet(
        repo,
        {
            "stage": f"health: [{{type: http, url: '{url}'}}]\n",
            "prod": "promotion: {gates: [{type: health}]}\n",
        },
    )
    fleet.commit(entry("stage", fleet.first, "v2"))
    named = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if name.upper() not in named}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "promote", "status", "prod", "--why"],
        cwd=repo.path,
        env={**kept, **variables, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "content",
    [
        "default login alice password {password}\n",
        "machine elsewhere.example login bot password x\ndefault login alice password {password}\n",
    ],
)
def test_the_default_entry_goes_to_no_host(repo: Repo, tmp_path: Path, content: str) -> None:
    file = tmp_path / "netrc"
    file.write_text(content.format(password=PASSWORD))
    with listening() as (host, seen):
        assert "answers with 200" in status(repo, f"http://{host}/", NETRC=str(file))
    assert seen == [None]


def test_a_host_that_is_called_default_does_not_get_it_either(repo: Repo, tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text(f"default login alice password {PASSWORD}\n")
    with listening() as (proxy, seen):
        found = status(repo, "http://default/", NETRC=str(file), HTTP_PROXY=f"http://{proxy}")
        assert "answers with 200" in found
    assert seen == [None]


def test_a_password_is_not_sent_where_others_can_read_it(repo: Repo, tmp_path: Path) -> None:
    """The proxy stands for all who are on the way to a host that is asked over http."""
    file = tmp_path / "netrc"
    file.write_text(f"machine prometheus.example login bot password {PASSWORD}\n")
    with listening() as (proxy, seen):
        url = "http://prometheus.example/"
        found = status(repo, url, NETRC=str(file), HTTP_PROXY=f"http://{proxy}")
        assert "answers with 200" in found
    assert seen == [None]


def test_a_password_for_this_machine_is_not_shown_to_the_proxy(repo: Repo, tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text(f"machine 127.0.0.1 login bot password {PASSWORD}\n")
    with listening() as (host, seen), listening() as (proxy, on_the_way):
        found = status(repo, f"http://{host}/", NETRC=str(file), HTTP_PROXY=f"http://{proxy}")
        assert "answers with 200" in found
    assert len(seen) == 1
    assert seen[0]
    assert on_the_way == []
