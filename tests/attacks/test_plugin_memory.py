"""Whatever is sent, the server and its kernels keep within the memory that the sidecar has."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.argocd.client import DEPLOYMENT, FLEET, Plugin, archive
from tests.argocd.conftest import start as start
from tests.attacks.sidecar import MIB, User, beside, peak_of

pytestmark = pytest.mark.slow  # as much memory as a sidecar may have

SHIPPED = Path(__file__).parents[2] / "argocd-plugin"
SECONDS = 60


def shipped() -> int:
    """In MiB."""
    pod = yaml.safe_load((SHIPPED / "sidecar.yaml").read_text())["spec"]["template"]["spec"]
    text: str = pod["containers"][0]["resources"]["limits"]["memory"]
    return int(text.removesuffix("Gi")) * 1024


@pytest.fixture
def plugin(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    """With the limit that the sidecar has, and the allocator as its image sets it."""
    for name, value in re.findall(r"(MALLOC_\w+)=(\d+)", (SHIPPED / "Dockerfile").read_text()):
        monkeypatch.setenv(name, value)
    with start("--timeout", str(SECONDS), "--memory", str(shipped())) as found:
        yield found


def doubling(number: int, times: int = 24) -> bytes:
    """A patch that copies a value into itself."""
    copies = "".join(
        f"    - {{op: copy, from: /data, path: /data/{'ab'[n % 2]}{n}}}\n" for n in range(times)
    )
    return archive(
        {
            "top/kustomization.yaml": "resources: [c.yaml]\npatches:\n- target: {kind: ConfigMap}\n"
            f"  patch: |-\n{copies}",
            "top/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: '1'}\n",
            "number": str(number),
        }
    )


def plain(name: str, content: bytes) -> bytes:
    """An entry of an archive, and nothing after it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    whole = packed.getvalue()
    return whole[: 512 + len(content) + -len(content) % 512]


def swelling(count: int) -> list[bytes]:
    """Archives of some 120 KiB that hold 120 MiB each."""
    large = b"".join(plain(f"zeros{n}", bytes(15 * MIB)) for n in range(8))
    return [archive({**FLEET, "number": str(n)}, large) for n in range(count)]


def manifests(number: int) -> bytes:
    """What is read is small, and what is generated as large as it may be."""
    files = {f"top/f{n}": "x" * (10 * MIB) for n in range(7)}
    top = "configMapGenerator:\n- name: large\n  files: [f0, f1, f2, f3, f4, f5, f6]\n"
    return archive({**files, "top/kustomization.yaml": top, "number": str(number)})


def test_a_patch_that_copies_a_value_into_itself_is_stopped(plugin: Plugin) -> None:
    attacks = [(User(plugin, f"lab{n % 2}", f"a{n}"), doubling(n), "top") for n in range(8)]
    with peak_of(plugin) as peak:
        found = beside(User(plugin, "shop"), attacks)
    assert any("needed more memory than a render may use" in a for a in found.answers)
    assert not any(a.startswith("apiVersion") for a in found.answers)
    assert peak["all"] < shipped() * MIB
    assert found.worst < SECONDS / 2


def test_archives_that_unpack_to_a_thousand_times_their_size_wait_for_each_other(
    plugin: Plugin,
) -> None:
    users = [User(plugin, f"lab{n % 4}", f"a{n}") for n in range(16)]
    attacks = [(u, c, "environments/dev/web") for u, c in zip(users, swelling(16), strict=True)]
    with peak_of(plugin) as peak:
        found = beside(User(plugin, "shop"), attacks)
    assert DEPLOYMENT in found.answers
    assert all(a == DEPLOYMENT or a.startswith("DEADLINE_EXCEEDED") for a in found.answers)
    assert peak["server"] < shipped() * MIB / 4
    assert peak["all"] < shipped() * MIB
    assert found.worst < SECONDS / 2


def test_large_answers_are_kept_within_it_too(plugin: Plugin) -> None:
    users = [User(plugin, f"lab{n % 4}", f"a{n}") for n in range(8)]
    attacks = [(u, manifests(n), "top") for n, u in enumerate(users)]
    with peak_of(plugin) as peak:
        found = beside(User(plugin, "shop"), attacks)
    assert peak["all"] < shipped() * MIB
    assert found.worst < SECONDS / 2


def test_all_of_it_at_once(plugin: Plugin) -> None:
    archives = [(c, "environments/dev/web") for c in swelling(6)]
    contents = archives + [(doubling(n), "top") for n in range(6)]
    contents += [(manifests(n), "top") for n in range(4)]
    attacks = [
        (User(plugin, f"lab{n % 4}", f"a{n}"), content, path)
        for n, (content, path) in enumerate(contents)
    ]
    with peak_of(plugin) as peak:
        found = beside(User(plugin, "shop"), attacks)
    assert peak["all"] < shipped() * MIB
    assert found.worst < SECONDS / 2
