"""A fleet in the real Gitea."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reconciler.render.binary import CHECKING
from reconciler.render.process import Kernel
from tests.conftest import Repo
from tests.forges.conftest import Site
from tests.forges.conftest import site as site
from tests.promotion.conduct.yard import Yard


@pytest.fixture(scope="session")
def checking() -> Iterator[Kernel]:
    with Kernel(CHECKING) as kernel:
        yield kernel


@pytest.fixture
def build(site: Site, repo: Repo, checking: Kernel) -> Callable[..., Yard]:
    """With more lines in the description of some environments."""
    return lambda **more: Yard.build(site, repo, checking, more)


@pytest.fixture
def yard(build: Callable[..., Yard]) -> Yard:
    return build()
