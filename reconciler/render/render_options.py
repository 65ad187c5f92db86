"""What a user can choose about a render."""

from __future__ import annotations

REORDERS = ("", "none", "legacy")


class RenderOptions:
    """kustomize build's own flags, and the bounds of one render."""

    __slots__ = ("max_output", "reorder", "timeout", "unbounded")

    def __init__(
        self,
        *,
        reorder: str = "",
        unbounded: bool = False,
        timeout: float = 60.0,
        max_output: int = 256 << 20,
    ) -> None:
        self.reorder = reorder
        self.unbounded = unbounded
        self.timeout = timeout
        self.max_output = max_output

    def identity(self) -> str:
        """The part that changes what is rendered."""
        return f"{self.reorder},{self.unbounded:d}"


DEFAULTS = RenderOptions()
