"""The real programs that tests run, compiled when first needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.settings import peers_folder
from reconciler.errors import CannotBuild
from reconciler.testbed import builder

# A test that skips for want of a peer says so with this; CI takes that as a failure.
PEER_MISSING = "peer missing: "


def program(name: str) -> Path:
    """The path of this peer."""
    try:
        return builder.build([name], Path(peers_folder()))[name]
    except CannotBuild as e:
        pytest.skip(f"{PEER_MISSING}{name}: {e}")
