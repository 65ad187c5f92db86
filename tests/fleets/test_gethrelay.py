"""What docs/apps/gethrelay.md promises of the fleet is what it renders to."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleets.conftest import ROOT, Objects

PAGE = ROOT / "docs/apps/gethrelay.md"
ENVIRONMENTS = ("dev", "stage", "prod")
Fleet = Callable[[str], Objects]


@pytest.fixture(scope="session")
def fleet(rendered: Callable[[str], Objects]) -> Fleet:
    return lambda environment: rendered(f"environments/{environment}/gethrelay")


def of_kind(objects: Objects, kind: str) -> list[Any]:
    return [o for o in objects if o["kind"] == kind]


def test_the_tables_of_the_page_are_current(tmp_path: Path) -> None:
    copy = tmp_path / "page.md"
    shutil.copy(PAGE, copy)
    tool = ROOT / "docs/tools/gethrelay_tables.py"
    subprocess.run(
        [sys.executable, tool, copy], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True
    )
    assert copy.read_text() == PAGE.read_text(), "run make docs"


@pytest.mark.parametrize(
    "row",
    [
        "| instances | 3 | 10 | 10 |",
        "| CPU requests | 315m | 1500m | 3 |",
        "| memory requests | 396Mi | 1920Mi | 3840Mi |",
        "| CPU limits | 1530m | 7500m | 15 |",
        "| memory limits | 1548Mi | 7680Mi | 15Gi |",
        "| room in the quota, in pods | 1 | 1 | 1 |",
    ],
)
def test_the_fleet_has_the_size_that_was_agreed(row: str) -> None:
    assert f"{row}\n" in PAGE.read_text()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_quota_counts_every_node_port(environment: str, fleet: Fleet) -> None:
    objects = fleet(environment)
    services = [s["spec"] for s in of_kind(objects, "Service") if s["spec"].get("type")]
    [quota] = [q["spec"]["hard"] for q in of_kind(objects, "ResourceQuota")]
    assert quota["services.nodeports"] == str(sum(len(s["ports"]) for s in services))
    assert quota["pods"] == str(len(services) + 1)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_relays_read_the_parameters_of_their_environment(environment: str, fleet: Fleet) -> None:
    entry = (ROOT / f"environments/{environment}/gethrelay/kustomization.yaml").read_text()
    objects = fleet(environment)
    [config] = [
        c for c in of_kind(objects, "ConfigMap") if c["metadata"]["name"].startswith("gethrelay-c")
    ]
    assert set(re.findall(r"- ([A-Z0-9_]+=\S*)", entry)) == {
        f"{key}={value}" for key, value in config["data"].items() if key != "STATIC_NODES"
    }
    for relay in of_kind(objects, "Deployment"):
        [gethrelay, _] = relay["spec"]["template"]["spec"]["containers"]
        [source] = gethrelay["envFrom"]
        assert source["configMapRef"]["name"] == config["metadata"]["name"]
        used = set(re.findall(r"\$\((\w+)\)", " ".join(gethrelay["args"])))
        assert used <= set(config["data"])


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()) and all(
        labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", [])
    )


def rules(objects: Objects, mode: str, direction: str) -> Iterator[dict[str, Any]]:
    """What the policies let through for a relay of this mode."""
    relay = next(
        d
        for d in of_kind(objects, "Deployment")
        if d["metadata"]["labels"]["gethrelay/mode"] == mode
    )
    labels = relay["spec"]["template"]["metadata"]["labels"]
    for policy in of_kind(objects, "NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], labels):
            yield from policy["spec"].get(direction, [])


def ports(rule: dict[str, Any]) -> set[str]:
    return {
        "-".join(str(p[k]) for k in ("protocol", "port", "endPort") if k in p)
        for p in rule["ports"]
    }


OPEN = {"TCP-1024-65535", "UDP-1024-65535", "TCP-53", "UDP-53"}
TOR = {"TCP-80", "TCP-443"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("mode", "into", "out"),
    [
        ("default", {"TCP-30303", "UDP-30303", "TCP-6060"}, OPEN | TOR),
        ("prefer-tor", {"TCP-30303", "UDP-30303", "TCP-6060"}, OPEN | TOR),
        ("only-onion", {"TCP-30303", "TCP-6060"}, TOR),
    ],
)
def test_a_relay_is_open_by_the_ports_of_its_mode_alone(
    environment: str, mode: str, into: set[str], out: set[str], fleet: Fleet
) -> None:
    objects = fleet(environment)
    assert {p for rule in rules(objects, mode, "ingress") for p in ports(rule)} == into
    assert {p for rule in rules(objects, mode, "egress") for p in ports(rule)} == out
    [everything] = [p for p in of_kind(objects, "NetworkPolicy") if not p["spec"]["podSelector"]]
    assert everything["spec"]["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize("mode", ["default", "prefer-tor", "only-onion"])
def test_metrics_are_for_prometheus_and_nothing_leaves_for_the_cluster_but_dns(
    mode: str, fleet: Fleet
) -> None:
    objects = fleet("prod")
    for rule in rules(objects, mode, "ingress"):
        if "TCP-6060" in ports(rule):
            [source] = rule["from"]
            assert "monitoring" in source["namespaceSelector"]["matchLabels"].values()
            assert source["podSelector"]
    for rule in rules(objects, mode, "egress"):
        for target in rule["to"]:
            if block := target.get("ipBlock"):
                private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
                assert block["cidr"] == "2000::/3" or private <= set(block["except"])
            else:
                assert ports(rule) == {"TCP-53", "UDP-53"}


def test_tor_keeps_to_the_ports_that_are_open_for_it(fleet: Fleet) -> None:
    torrc = (ROOT / "overlays/gethrelay/base/torrc").read_text()
    [reachable] = re.findall(r"^ReachableAddresses (.*)$", torrc, re.MULTILINE)
    assert {f"TCP-{part.removeprefix('*:')}" for part in reachable.split(",")} == TOR


ENTRY = ROOT / "environments/dev/gethrelay/kustomization.yaml"


def set_image(entry: Path, image: str, tag: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / ".github/set-image.sh"
    return subprocess.run([program, entry, image, tag], capture_output=True, text=True)


def test_a_new_image_changes_the_line_of_its_tag_alone(tmp_path: Path) -> None:
    entry = tmp_path / "kustomization.yaml"
    shutil.copy(ENTRY, entry)
    assert set_image(entry, "gethrelay", "1.10").returncode == 0
    before, after = ENTRY.read_text().splitlines(), entry.read_text().splitlines()
    changed = [(b, a) for b, a in zip(before, after, strict=True) if a != b]
    assert changed == [("    newTag: 1.0.0", '    newTag: "1.10"')]


@pytest.mark.parametrize(
    ("image", "tag"),
    [("gethrelay", "latest"), ("gethrelay", 'a"\nb'), ("gethrelay", ""), ("relay", "1.0.1")],
)
def test_no_image_is_set_that_is_not_there_or_says_nothing(
    image: str, tag: str, tmp_path: Path
) -> None:
    entry = tmp_path / "kustomization.yaml"
    shutil.copy(ENTRY, entry)
    refused = set_image(entry, image, tag)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: ")
    assert entry.read_text() == ENTRY.read_text()
