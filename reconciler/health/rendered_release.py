"""A release as an entry renders it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.kubernetes.structure import Structure
from reconciler.text.json_object import JsonObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.render.kernel_process import Kernel


@dataclass(frozen=True, slots=True)
class RenderedRelease:
    """Its objects, the schema that says what their lists and amounts are, and who judges them."""

    objects: Sequence[JsonObject]
    structure: Structure
    kernel: Kernel
