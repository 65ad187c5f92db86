"""What a reviewer sees of a change, case by case."""

from __future__ import annotations

import pytest

from reconciler.kubernetes.structure import Structure
from reconciler.render.kernel_process import Kernel
from tests.compare.cases import CASES, FOLDER, difference, written


@pytest.mark.parametrize("name", CASES)
def test_a_change_reads_as_it_should(name: str, kernel: Kernel, structure: Structure) -> None:
    found = written(difference(name, kernel, structure))
    expected = {file: (FOLDER / name / file).read_text() for file in found}
    assert found == expected, "python -m tests.compare.cases writes them again"


def test_there_are_cases_enough() -> None:
    assert len(CASES) >= 40
