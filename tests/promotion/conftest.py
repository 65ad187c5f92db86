"""The fleet that promotions are tried on."""

from __future__ import annotations

import pytest

from tests.conftest import Repo
from tests.promotion.fleet import Fleet


@pytest.fixture
def fleet(repo: Repo) -> Fleet:
    return Fleet(repo)
