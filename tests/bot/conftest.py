"""A clone of a fleet in the real Gitea, and the bot in it as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.bot.gitea_fleet import GiteaFleet
from tests.conftest import Repo
from tests.forges.conftest import Site
from tests.forges.conftest import site as site


@pytest.fixture
def build(site: Site, tmp_path: Path) -> Callable[[Mapping[str, str]], GiteaFleet]:
    """With these files on the main branch."""
    return lambda files: GiteaFleet.build(site, Repo(tmp_path / "people"), tmp_path, files)
