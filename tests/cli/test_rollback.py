"""reconciler rollback: an earlier commit at once, which run then leaves as it is."""

from __future__ import annotations

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.cli.test_apply import fleet as fleet
from tests.cli.test_run import Begin, value_of
from tests.cli.test_run import begin as begin
from tests.conftest import Repo
from tests.testbed.plugin import Cluster


def test_it_goes_back_to_what_was_last_well(
    fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    entry = f"prod/{app}"
    unknown = typed("rollback", entry, *there, cwd=fleet.path)
    assert (unknown.returncode, b"applied" in unknown.stderr) == (2, True)
    typed("apply", entry, *there, cwd=fleet.path)
    never = typed("rollback", entry, *there, cwd=fleet.path)
    assert (never.returncode, b"when" in never.stderr) == (2, True)
    typed("apply", entry, "--wait", *there, cwd=fleet.path)
    well = fleet.git("rev-parse", "HEAD")
    runs = typed("rollback", entry, *there, cwd=fleet.path)
    assert (runs.returncode, b"is what runs" in runs.stderr) == (2, True)
    newest = fleet.commit(files(app, "2"))
    typed("apply", entry, *there, cwd=fleet.path)
    done = typed("rollback", entry, *there, cwd=fleet.path)
    assert done.returncode == 0, done
    said = f"{entry}: {well[:10]} instead of {fleet.git('rev-parse', 'HEAD')[:10]}: 2 changed"
    assert said in done.stdout.decode(), newest
    assert value_of(cluster) == "1"


def test_run_leaves_it_so_until_git_has_something_else(
    fleet: Repo, app: str, begin: Begin, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    first = fleet.git("rev-parse", "HEAD")
    fleet.commit(files(app, "2"))
    running = begin("--interval", "1")
    running.wait_for("well", app=f"prod/{app}")
    assert value_of(cluster) == "2"
    done = typed("rollback", f"prod/{app}", "--to", first[:12], *there, cwd=fleet.path)
    assert done.returncode == 0, done
    fleet.commit({"unrelated": "x"})
    running.process.kill()
    running.process.wait()
    running = begin("--interval", "1")
    running.wait_for("well", app=f"prod/{app}")
    assert value_of(cluster) == "1"
    fleet.commit(files(app, "3"))
    running.wait_for("applied", app=f"prod/{app}", changed=2)
    assert value_of(cluster) == "3"
