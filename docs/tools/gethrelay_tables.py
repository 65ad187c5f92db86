"""Writes the tables of a page again, from what gethrelay renders to in the environments."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.cli.variables import SETTINGS
from reconciler.render.renderer import Renderer
from reconciler.session.trees import open_tree

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "stage", "prod")
MODES = ("default", "prefer-tor", "only-onion")
SIZES = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
UNITS = {"": 1000, "m": 1, "Mi": 1000 << 20, "Gi": 1000 << 30}

Amounts = Counter[str]


class Fleet:
    """What an environment runs."""

    def __init__(self, objects: list[Any]) -> None:
        self.relays = [o for o in objects if o["kind"] == "Deployment"]
        self.services = {o["metadata"]["name"]: o for o in objects if o["kind"] == "Service"}
        [quota] = [o["spec"]["hard"] for o in objects if o["kind"] == "ResourceQuota"]
        self.quota = amounts(quota.get)
        self.containers = [containers(relay) for relay in self.relays]
        self.pod = sum(self.containers[0].values(), Amounts())
        self.total = sum((c for each in self.containers for c in each.values()), Amounts())

    def room(self) -> int:
        """How many more pods the quota takes."""
        return min((self.quota[s] - self.total[s]) // self.pod[s] for s in SIZES)


def amounts(quantity: Callable[[str], str]) -> Amounts:
    """Thousandths of each size."""
    found = Amounts()
    for size in SIZES:
        number, unit = re.findall(r"(\d+)(\D*)", quantity(size))[0]
        found[size] = int(number) * UNITS[unit]
    return found


def containers(relay: Any) -> dict[str, Amounts]:
    """The size of each container."""
    found = {}
    for container in relay["spec"]["template"]["spec"]["containers"]:
        given = container["resources"]
        flat = {f"{k}.{resource}": v for k in given for resource, v in given[k].items()}
        found[container["name"]] = amounts(flat.__getitem__)
    return found


def written(size: str, amount: int) -> str:
    """As people write it: 300m or 3, 384Mi or 15Gi."""
    if size.endswith("cpu"):
        return f"{amount}m" if amount % 1000 else f"{amount // 1000}"
    mebibytes = amount // UNITS["Mi"]
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"


def named(size: str) -> str:
    kind, resource = size.split(".")
    return f"{resource.replace('cpu', 'CPU')} {kind}"


def table(rows: list[list[str]], head: tuple[str, ...] = ("", *ENVIRONMENTS)) -> str:
    lines = [f"| {' | '.join(row)} |".replace("  ", " ") for row in (head, *rows)]
    lines.insert(1, "|" + "---|" * len(head))
    return "".join(f"{line}\n" for line in lines)


def topology(fleets: list[Fleet]) -> str:
    def count(fleet: Fleet, mode: str) -> str:
        return str(sum(r["metadata"]["labels"]["gethrelay/mode"] == mode for r in fleet.relays))

    rows = [[f"`gethrelay-{mode}-N`", *(count(f, mode) for f in fleets)] for mode in MODES]
    return table([*rows, ["instances", *(str(len(f.relays)) for f in fleets)]])


def sizes(fleets: list[Fleet]) -> str:
    def span(fleet: Fleet, name: str, resource: str) -> str:
        asked, allowed = f"requests.{resource}", f"limits.{resource}"
        [found] = {(c[name][asked], c[name][allowed]) for c in fleet.containers}
        return f"{written(asked, found[0])}-{written(allowed, found[1])}"

    rows = [
        [f"{name} {resource.replace('cpu', 'CPU')}", *(span(f, name, resource) for f in fleets)]
        for name in fleets[0].containers[0]
        for resource in ("cpu", "memory")
    ]
    return table(rows)


def totals(fleets: list[Fleet]) -> str:
    rows = [["instances", *(str(len(f.relays)) for f in fleets)]]
    rows += [[named(s), *(written(s, f.total[s]) for f in fleets)] for s in SIZES]
    rows += [["room in the quota, in pods", *(str(f.room()) for f in fleets)]]
    return table(rows)


def node_ports(fleets: list[Fleet]) -> str:
    rows = []
    for relay in fleets[-1].relays:
        name = relay["metadata"]["name"]
        given = fleets[-1].services[name]["spec"]["ports"]
        ports = {p["protocol"]: str(p["nodePort"]) for p in given}
        rows.append([f"`{name}`", ports["TCP"], ports.get("UDP", "")])
    return table(sorted(rows, key=lambda row: row[1]), ("instance", "TCP", "UDP"))


TABLES = {"topology": topology, "sizes": sizes, "totals": totals, "node ports": node_ports}
MARKED = re.compile(r"(<!-- table: (.*) -->\n)[^<]*(<!-- end -->\n)")


def main(page: Path) -> None:
    tree = open_tree(SETTINGS, str(ROOT), None)
    with Renderer() as renderer:
        renders = [renderer.render(tree, f"environments/{e}/gethrelay") for e in ENVIRONMENTS]
        fleets = [Fleet(json.loads(renderer.kernel.objects(r.manifest))) for r in renders]
    text, count = MARKED.subn(lambda m: f"{m[1]}\n{TABLES[m[2]](fleets)}\n{m[3]}", page.read_text())
    assert count == len(TABLES), f"{count} of {len(TABLES)} tables are in {page}"
    page.write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
