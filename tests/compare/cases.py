"""Hand-made comparisons; `python -m tests.compare.cases` writes what is expected of them again."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.compare.app_differences import AppDifference, FolderPair
from reconciler.compare.as_json import document
from reconciler.compare.as_text import difference_lines
from reconciler.compare.difference import Difference
from reconciler.compare.markdown_report import markdown
from reconciler.compare.object_lists import compare
from reconciler.compare.report import ComparisonReport, Side
from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.render.kernel_process import Kernel

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.name for path in FOLDER.iterdir())


def difference(name: str, kernel: Kernel, structure: Structure) -> Difference:
    before, after = (
        json.loads(kernel.objects((FOLDER / name / f"{side}.yaml").read_bytes()))
        for side in ("before", "after")
    )
    return compare(before, after, structure)


def report_of(found: Difference) -> ComparisonReport:
    """A report as if the case were an app."""
    apps = (AppDifference(FolderPair("shop", "shop"), found),) if found else ()
    return ComparisonReport(Side("main", "main"), Side("HEAD", "HEAD"), 1, apps)


def written(found: Difference) -> dict[str, str]:
    """The three outputs by the name of the file that holds what is expected."""
    report = report_of(found)
    return {
        "expected.txt": "".join(f"{line}\n" for line in difference_lines(found)),
        "expected.md": markdown(report),
        "expected.json": json.dumps(document(report), indent=2, ensure_ascii=False) + "\n",
    }


def main() -> None:
    with Kernel() as kernel:
        structure = read_structure(kernel.structure())
        for name in CASES:
            for file, text in written(difference(name, kernel, structure)).items():
                (FOLDER / name / file).write_text(text)


if __name__ == "__main__":
    main()
