"""What commits and branches are called; text that is neither does not pass for one."""

from __future__ import annotations

from typing import NewType

CommitId = NewType("CommitId", str)  # all 40 digits
BranchName = NewType("BranchName", str)  # without refs/heads/
