"""Where the kernels are, and which ones they are."""

from __future__ import annotations

import os

from reconciler.errors import KernelError

BINARY = os.path.join(os.path.dirname(__file__), "bin", "reconciler-kernel")

# The one that checks as well as it renders. It takes twice as long to start.
CHECKING = f"{BINARY}-checks"


def kernel_id(binary: str = BINARY) -> str:
    """A name for the kernel's sources and compiler: renders of another one are not reused."""
    try:
        with open(f"{binary}.id", encoding="ascii") as file:
            return file.read().strip()
    except OSError as e:
        raise KernelError(
            f"the kernel {binary} is not installed",
            why=e.strerror or str(e),
            hint="install the package again; in a checkout, run make kernel",
        ) from e
