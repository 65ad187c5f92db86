"""What commits and our own references are called; no other text passes for a commit."""

from __future__ import annotations

from typing import NewType

CommitId = NewType("CommitId", str)  # all 40 digits

OUR_REFS = "refs/reconciler"  # where all is that we keep in a repository beside its branches
