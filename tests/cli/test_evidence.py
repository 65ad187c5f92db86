"""What gates ask on the web is asked with the passwords of the user's netrc file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from reconciler.cli.variables import SETTINGS
from reconciler.health.evidence import Evidence, HealthQuestion
from reconciler.model.environment import Destination, Environment
from reconciler.model.health_sources import Probe, Prometheus
from reconciler.session.health import _logins, _signed_in, open_sources
from tests.entries import entry_at_home
from tests.health.questions import unasked
from tests.promotion.gates.fake_facts import NOW
from tests.promotion.gates.web import prometheus, serving

PASSWORD = "hunter2-is-not-told"


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(file))
    return file


def look(url: str) -> list[Evidence]:
    health = (Probe(url=url), Prometheus(url=url, query="up"))
    there = Destination(cluster="stage")
    stage = Environment(name="stage", places={}, destination=there, health=health)
    asked = HealthQuestion(
        entry_at_home("stage", "paw"), NOW - timedelta(hours=1), NOW, lambda _: True, unasked
    )
    with open_sources(SETTINGS) as sources:
        (found,) = sources.look(stage, [asked])
    return found


def test_a_password_goes_to_the_host_that_it_is_for(netrc: Path) -> None:
    answers = prometheus(lambda _: ["1"])
    with serving(lambda p, f: answers(p, f) if f else (200, b""), PASSWORD) as url:
        assert [e.healthy for e in look(url)] == [False, None]
        netrc.write_text(f"machine elsewhere login bot password {PASSWORD}\n")
        assert [e.healthy for e in look(url)] == [False, None]
        netrc.write_text(f"machine 127.0.0.1 login bot password {PASSWORD}\n")
        assert [e.healthy for e in look(url)] == [True, True]


@pytest.mark.parametrize("content", [f"{PASSWORD} x".encode(), f"machine a {PASSWORD}".encode()])
def test_a_broken_file_of_passwords_is_named_and_not_shown(content: bytes, netrc: Path) -> None:
    netrc.write_bytes(content)
    probed, _ = look("http://127.0.0.1:1")
    assert probed.healthy is None
    assert probed.said == f"{netrc} is not a netrc file"
    assert PASSWORD not in f"{probed.said}{probed.hint}"


def test_a_file_of_passwords_that_may_not_be_read_is_named(netrc: Path) -> None:
    netrc.mkdir()
    assert look("http://127.0.0.1:1")[0].said == f"{netrc} cannot be read"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://prometheus.example/", True),
        ("https://PROMETHEUS.example:9090/", True),
        ("http://prometheus.example/", False),
        ("https://prometheus.example.attacker.example/", False),
        ("https://elsewhere.example/", False),
        ("https://default/", False),
    ],
)
def test_a_password_is_for_one_host_over_https(url: str, sent: bool, netrc: Path) -> None:
    netrc.write_text(
        f"machine Prometheus.example login bot password {PASSWORD}\n"
        f"default login bot password {PASSWORD}\n"
    )
    found = _signed_in(_logins(str(netrc)), httpx.Request("GET", url))
    assert ("Authorization" in found.headers) is sent
