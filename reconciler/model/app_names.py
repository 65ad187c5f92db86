"""ENV, ENV/APP and globs of these: what people call apps and environments."""

from __future__ import annotations

from reconciler.errors import UsageError
from reconciler.model.globs import compile_glob
from reconciler.model.layout import Layout
from reconciler.model.paths import ENVIRONMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.files import Files
    from reconciler.model.paths import AppName, Folder

    Apps = Mapping[str, Mapping[AppName, Folder]]


def apps_by_environment(files: Files) -> Apps:
    """What there is to name."""
    layout = Layout(files)
    return {name: layout.apps(name) for name in files.names(ENVIRONMENTS)}


def parts_of(typed: str) -> tuple[str, str] | None:
    """The environment and the app (or "" for all) that a name is made of, if it may be one."""
    parts = typed.removeprefix(f"{ENVIRONMENTS}/").rstrip("/").split("/")
    if not all(parts) or len(parts) > 2 or parts[0].startswith("."):
        return None
    return parts[0], "".join(parts[1:])


def named(typed: str, apps: Apps) -> list[tuple[str, AppName]]:
    """Each environment and app that a name or glob stands for."""
    parts = parts_of(typed)
    if parts is None:
        return []
    environment, app = compile_glob(parts[0]), compile_glob(parts[1] or "*")
    return [(e, a) for e in apps if environment.fullmatch(e) for a in apps[e] if app.fullmatch(a)]


def nothing_called(typed: str, apps: Apps) -> UsageError:
    """An error for a name that is none, with the one that was probably meant."""
    from reconciler.text.suggestions import did_you_mean, nearest

    environment, app = parts_of(typed) or ("", "")
    homes = [e for e in apps if environment in apps[e]]
    if homes and not app:
        return UsageError(
            f"{environment} is an app, and the environment is not named",
            hint=f"write {homes[0]}/{environment}, or '*/{environment}' for all of them",
        )
    where = nearest(environment, apps)
    what = nearest(app, apps[where]) if where and app else None
    if where is None and not app:
        what = nearest(environment, [a for e in apps for a in apps[e]])
        where = next((e for e in apps if what in apps[e]), None)
    if what:
        hint = f"did you mean {where}/{what}?"
    elif where and app:
        hint = did_you_mean(app, apps[where], f"{where} runs")
    elif where:
        hint = f"did you mean {where}?"
    else:
        hint = "check the path and the revision"
    return UsageError(f"there is no folder, environment or app called {typed}", hint=hint)
