"""What a testbed is made of, in the order in which it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.testbed import control_plane
from reconciler.testbed.peers import CONTROL_PLANE

if TYPE_CHECKING:
    from reconciler.testbed.order import Options
    from reconciler.testbed.supervisor import Supervisor


def programs_of(options: Options) -> tuple[str, ...]:
    """The peers that a testbed of this kind runs."""
    return CONTROL_PLANE


def assemble(supervisor: Supervisor) -> None:
    control_plane.start(supervisor)
