"""A fleet whose pull requests are kept in the repository itself, or in a real Gitea."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from tests.conftest import Repo
from tests.forges.conftest import Site
from tests.forges.conftest import site as site
from tests.promotion.pull_request.forge_setup import PromotionFleet, in_gitea, in_the_repository

Build = Callable[..., PromotionFleet]


@pytest.fixture(scope="session")
def checking() -> Iterator[Kernel]:
    with Kernel(CHECKING) as kernel:
        yield kernel


@pytest.fixture
def build(repo: Repo, checking: Kernel) -> Build:
    """With more lines in the description of some environments."""
    return lambda **more: PromotionFleet.build(in_the_repository, repo, checking, more)


@pytest.fixture
def promotion_fleet(build: Build) -> PromotionFleet:
    return build()


@pytest.fixture
def build_in_gitea(site: Site, repo: Repo, checking: Kernel) -> Build:
    return lambda **more: PromotionFleet.build(partial(in_gitea, site), repo, checking, more)
