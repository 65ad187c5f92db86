"""One thing has one name: no public class and, but for a reason, no module shares its own."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = [
    path.relative_to(ROOT)
    for path in sorted((ROOT / "reconciler").rglob("*.py"))
    if path.stem not in ("__init__", "__main__") and not path.stem.endswith("_pb2")
]

# Why a class may be called as another one is.
SHARED_CLASSES: Mapping[str, str] = {}

# Why a module may be called as those of two other packages are.
SHARED_MODULES: Mapping[str, str] = {
    "as_json": "The folder says of what, and each writes the documented JSON of its room.",
    "as_text": "The folder says of what, and each writes for a terminal what its room found.",
    "rollback": "The folder says whether Git or the cluster goes back, or what is planned for it.",
    "status": "The folder says whether it is the command of clusters, promotions or secrets.",
}


def classes_of(module: Path) -> Iterator[str]:
    for node in ast.parse((ROOT / module).read_text()).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def test_a_public_class_has_its_name_for_itself() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for name in classes_of(module):
            homes[name].append(str(module))
    shared = {name: where for name, where in homes.items() if len(where) > 1}
    assert shared.keys() == SHARED_CLASSES.keys(), shared


def test_a_module_shares_its_name_with_one_other_at_most() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        homes[module.stem].append(str(module))
    shared = {name: where for name, where in homes.items() if len(where) > 2}
    assert shared.keys() == SHARED_MODULES.keys(), shared


def test_each_reason_is_a_sentence() -> None:
    for reason in [*SHARED_CLASSES.values(), *SHARED_MODULES.values()]:
        assert reason[0].isupper(), reason
        assert reason.endswith("."), reason
        assert len(reason.split()) > 5, reason
