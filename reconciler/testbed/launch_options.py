"""What somebody wants of a testbed, and how up tells the supervisor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class TestbedOptions:
    """What a testbed consists of beside the control plane."""

    sealed_secrets: bool = False
    gitea: bool = False
    argocd: bool = False
    crds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()

    def __or__(self, other: TestbedOptions) -> TestbedOptions:
        """The parts of both."""
        return TestbedOptions(
            self.sealed_secrets or other.sealed_secrets,
            self.gitea or other.gitea,
            self.argocd or other.argocd,
            tuple(sorted({*self.crds, *other.crds})),
            tuple(sorted({*self.nodes, *other.nodes})),
        )

    def includes(self, other: TestbedOptions) -> bool:
        """Whether a testbed of this kind has all that the other one would have."""
        return self | other == self | TestbedOptions()

    @classmethod
    def load(cls, raw: dict[str, Any]) -> TestbedOptions:
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in raw.items()}
        return cls(**values)


def write_order(file: Path, options: TestbedOptions, programs: dict[str, Path]) -> None:
    paths = {name: str(path) for name, path in programs.items()}
    file.write_text(json.dumps({"options": asdict(options), "programs": paths}))


def read_order(file: Path) -> tuple[TestbedOptions, dict[str, Path]]:
    raw = json.loads(file.read_text())
    return TestbedOptions.load(raw["options"]), {n: Path(p) for n, p in raw["programs"].items()}
