"""What the Git that we start is told by variables: hooks, scripts and other programs leave some."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# They point Git at the repository that a hook or a script runs in.
LOCAL = re.compile(
    "GIT_(DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|NAMESPACE|PREFIX|SHALLOW_FILE|GRAFT_FILE"
    "|QUARANTINE_PATH|(ALTERNATE_)?OBJECT_DIRECTOR(Y|IES))"
)
# They change what a path means: Magit sets the first for each Git that it starts.
PATHSPECS = re.compile("GIT_(LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS")

# A push sends objects as they are, not as refs/replace and info/grafts have them shown here.
TRUE_OBJECTS = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}


def of_any_repository(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what means another repository than the one that Git is started in."""
    return {k: v for k, v in of_this_hook(environment).items() if not LOCAL.fullmatch(k)}


def of_this_hook(environment: Mapping[str, str]) -> dict[str, str]:
    """With the repository and the index that a hook was called for."""
    return {k: v for k, v in environment.items() if not PATHSPECS.fullmatch(k)}
