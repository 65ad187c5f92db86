"""Exit codes that no error of ours has; those are in reconciler.errors."""

from __future__ import annotations

INTERRUPTED = 130  # what a shell reports for a command that was interrupted
