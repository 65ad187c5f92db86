"""Plans in files, as `plan --save` writes and `apply --plan` reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from reconciler.controller.sync.saved_plan import SavedPlan, plans_document, read_plans
from reconciler.errors import UsageError
from reconciler.git.whole_files import write_whole

MODE = 0o600  # it names all objects of a cluster


def save_plans(file: str, plans: Sequence[SavedPlan]) -> None:
    content = json.dumps(plans_document(plans), indent=1).encode()
    try:
        write_whole(os.path.abspath(file), content + b"\n", MODE)
    except OSError as e:
        raise UsageError(f"{file} cannot be written", why=e.strerror or "") from e


def load_plans(file: str) -> list[SavedPlan]:
    """All of one commit, since a plan is made of one."""
    try:
        with open(file, "rb") as opened:
            found = json.load(opened)
    except OSError as e:
        raise UsageError(f"{file} cannot be read", why=e.strerror or "") from e
    except (ValueError, RecursionError):
        found = None
    plans = read_plans(found, file)
    if not plans:
        raise UsageError(f"{file} plans nothing", hint="reconciler plan --save makes one")
    return plans
