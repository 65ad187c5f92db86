"""reconciler diff, as it is typed."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.sample import CONFIG

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"


def entry(value: str, more: str = "") -> dict[str, str]:
    return {"kustomization.yaml": f"resources: [config.yaml]\n{more}", "config.yaml": config(value)}


def config(value: str) -> str:
    return CONFIG.replace("a: b", f"a: {value}")


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """Two environments with two apps each, and something that is no app."""
    for environment in ("stage", "prod"):
        for app in ("paw", "relay"):
            repo.write(below(f"environments/{environment}/{app}", entry(f"{environment}-{app}")))
    repo.commit({"overlays/paw/kustomization.yaml": "namePrefix: x-\n"})
    return repo


def edit(repo: Repo, app: str = "prod/paw", value: str = "new") -> None:
    repo.write({f"environments/{app}/config.yaml": config(value)})


def test_without_a_difference_there_is_nothing_to_read(fleet: Repo, typed: Run) -> None:
    done = typed("diff", cwd=fleet.path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_edits_on_disk_are_compared_with_the_last_commit(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    done = typed("diff", cwd=fleet.path)
    assert done.stdout.decode() == (
        "environments/prod/paw  +0 ~1 -0\n~ ConfigMap config\n~   data.a: prod-paw → new\n"
    )
    assert (done.returncode, done.stderr) == (1, b"")


def test_two_revisions_are_compared_whatever_is_on_disk(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    fleet.commit()
    edit(fleet, value="newer")
    done = typed("diff", "--from", "HEAD~1", "--to", "HEAD", cwd=fleet.path)
    assert "prod-paw → new\n" in done.stdout.decode()


@pytest.mark.parametrize(
    "typed_as",
    [["HEAD~1", "HEAD"], ["HEAD~1..HEAD"], ["HEAD~1.."], ["HEAD~1...HEAD"]],
    ids=" ".join,
)
def test_revisions_are_named_as_for_git_diff(fleet: Repo, typed: Run, typed_as: list[str]) -> None:
    edit(fleet)
    fleet.commit()
    edit(fleet, "stage/relay")
    for arguments in ([*typed_as, "--stat"], ["prod", *typed_as, "--stat"]):
        done = typed("diff", *arguments, cwd=fleet.path)
        assert done.stdout == b"environments/prod/paw  +0 ~1 -0\n"
    assert typed("affected", *typed_as, cwd=fleet.path).stdout == b"environments/prod/paw\n"


def test_one_revision_is_compared_with_the_files_on_disk(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    fleet.commit()
    edit(fleet, "stage/relay")
    done = typed("diff", "HEAD~1", "--stat", cwd=fleet.path)
    assert done.stdout.count(b"environments/") == 2


def test_a_branch_called_as_an_environment_is_not_meant(fleet: Repo, typed: Run) -> None:
    fleet.git("branch", "prod")
    edit(fleet, "stage/paw")
    assert typed("diff", "prod", cwd=fleet.path).stdout == b""


def test_a_branch_is_compared_with_where_it_began(fleet: Repo, typed: Run) -> None:
    fleet.git("checkout", "--quiet", "-b", "change")
    edit(fleet)
    fleet.commit()
    fleet.git("checkout", "--quiet", "main")
    edit(fleet, "stage/relay", "later")
    fleet.commit()
    sides = ("--from", "main", "--to", "change")
    assert b"stage/relay" in typed("diff", *sides, cwd=fleet.path).stdout
    done = typed("diff", *sides, "--merge-base", cwd=fleet.path)
    assert b"stage/relay" not in done.stdout
    assert b"prod/paw" in done.stdout


@pytest.mark.parametrize(
    "name", ["prod", "prod/paw", "environments/prod", "environments/prod/paw", "environments/*/paw"]
)
def test_apps_go_by_many_names(fleet: Repo, typed: Run, name: str) -> None:
    edit(fleet)
    edit(fleet, "stage/relay")
    done = typed("diff", name, "--stat", cwd=fleet.path)
    assert done.stdout == b"environments/prod/paw  +0 ~1 -0\n"


def test_a_name_is_read_from_the_current_folder_too(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    done = typed("diff", "paw", "--stat", cwd=fleet.path / "environments/prod")
    assert done.stdout == b"environments/prod/paw  +0 ~1 -0\n"


def test_two_environments_are_compared_app_by_app(fleet: Repo, typed: Run) -> None:
    done = typed("diff", "stage", "prod", "paw", cwd=fleet.path)
    assert "data.a: stage-paw → prod-paw\n" in done.stdout.decode()
    assert b"relay" not in done.stdout


def test_an_app_in_one_environment_only_is_an_addition(fleet: Repo, typed: Run) -> None:
    fleet.write(below("environments/prod/extra", entry("x")))
    done = typed("diff", "stage", "prod", "--stat", cwd=fleet.path)
    assert b"environments/prod/extra  added +1 ~0 -0\n" in done.stdout


def test_the_count_has_a_line_for_each_app_and_one_for_all(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    edit(fleet, "stage/relay")
    done = typed("diff", "--stat", cwd=fleet.path)
    assert done.stdout.decode().splitlines() == [
        "environments/prod/paw  +0 ~1 -0",
        "environments/stage/relay  +0 ~1 -0",
        "2 of 4 apps differ: +0 ~2 -0 objects",
    ]


def test_an_app_that_does_not_render_is_said_so_and_the_rest_goes_on(
    fleet: Repo, typed: Run
) -> None:
    edit(fleet)
    fleet.write({"environments/stage/paw/kustomization.yaml": "resources: [gone.yaml]\n"})
    done = typed("diff", cwd=fleet.path)
    assert done.returncode == 2
    text = done.stdout.decode()
    assert "environments/stage/paw  does not render\n" in text
    assert "does not render in the files on disk: environments/stage/paw/kustomization.yaml" in text
    assert "data.a: prod-paw → new\n" in text


def test_an_app_that_renders_again_is_an_ordinary_difference(fleet: Repo, typed: Run) -> None:
    fleet.commit({"environments/stage/paw/kustomization.yaml": "resources: [gone.yaml]\n"})
    fleet.write(below("environments/stage/paw", entry("x")))
    done = typed("diff", "-o", "json", cwd=fleet.path)
    assert done.returncode == 1
    (app,) = json.loads(done.stdout)["apps"]
    assert (app["change"], app["to_error"]) == ("failed", None)
    assert "gone.yaml" in app["from_error"]["what"]


def test_json_says_what_was_compared(fleet: Repo, typed: Run) -> None:
    commit = fleet.git("rev-parse", "HEAD")
    edit(fleet)
    found = json.loads(typed("diff", "-o", "json", cwd=fleet.path).stdout)
    assert found["version"] == 1
    assert found["from"] == {"revision": "HEAD", "commit": commit, "environment": None}
    assert found["to"] == {"revision": None, "commit": None, "environment": None}
    assert found["compared"] == 4
    (app,) = found["apps"]
    assert app["files"] == ["environments/prod/paw/config.yaml"]
    (changed,) = app["objects"]
    (field,) = changed["fields"]
    assert (field["path"], field["from"], field["to"]) == ("data.a", "prod-paw", "new")


def test_markdown_keeps_to_its_limit(fleet: Repo, typed: Run) -> None:
    edit(fleet, value="x" * 5000 + "\\n" * 50)
    done = typed("diff", "-o", "markdown", "--limit", "1000", cwd=fleet.path)
    assert len(done.stdout.decode()) <= 1000
    assert done.returncode == 1


@pytest.mark.parametrize("output", ["text", "markdown", "json"])
def test_a_secret_is_in_no_output(fleet: Repo, typed: Run, output: str) -> None:
    app = {"kustomization.yaml": "resources: [secret.yaml]\n", "secret.yaml": SECRET}
    fleet.commit(below("environments/prod/paw", app))
    fleet.write(below("environments/prod/paw", {"secret.yaml": SECRET.replace("r2", "r345")}))
    done = typed("diff", "-o", output, cwd=fleet.path)
    assert done.returncode == 1
    assert b"password" in done.stdout
    assert b"hunter" not in done.stdout + done.stderr


def test_a_new_pin_is_compared_by_what_it_leads_to(fleet: Repo, typed: Run) -> None:
    fleet.git("remote", "add", "origin", "https://git.example.org/o/r")
    entry_file = "environments/prod/paw/kustomization.yaml"
    folder = "https://git.example.org/o/r//overlays/web"
    first = fleet.commit(below("overlays/web", entry("one")))
    fleet.commit({entry_file: f"resources: ['{folder}?ref={first}']\n"})
    second = fleet.commit({"overlays/web/config.yaml": config("two")})
    assert typed("diff", "prod", "--from", "HEAD~1", "--to", "HEAD", cwd=fleet.path).stdout == b""
    fleet.write({entry_file: f"resources: ['{folder}?ref={second}']\n"})
    done = typed("diff", "prod", cwd=fleet.path)
    assert "data.a: one → two\n" in done.stdout.decode()


def test_without_a_terminal_there_are_no_colours(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    assert b"\x1b" not in typed("diff", cwd=fleet.path).stdout


def test_control_characters_do_not_reach_a_terminal(fleet: Repo, typed: Run) -> None:
    edit(fleet, value='"\\e[2J\\u202e"')
    done = typed("diff", cwd=fleet.path)
    assert re.search(rb"data.a: prod-paw \xe2\x86\x92 .*2J", done.stdout)
    assert b"\x1b" not in done.stdout
    assert "\u202e".encode() not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nothing"], "there is no folder, environment or app called nothing"),
        (["HEAD", "@", "main"], "more than two revisions are named: HEAD @ main"),
        (["main..HEAD", "main"], "more than two revisions are named: main..HEAD main"),
        (["main", "--from", "HEAD"], "revisions are named twice"),
        (["--from", "nowhere"], "there is no commit 'nowhere'"),
        (["stage", "pord"], "did you mean prod?"),
        (["stage", "prod", "pwa"], "there is no app pwa in stage or prod"),
        (["stage", "prod", "--merge-base"], "--merge-base begins at --from"),
        (["--limit", "10"], "Invalid value for '--limit'"),
    ],
)
def test_a_mistake_is_the_users_and_says_what_to_do(
    fleet: Repo, typed: Run, arguments: list[str], complaint: str
) -> None:
    done = typed("diff", *arguments, cwd=fleet.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()


def test_histories_without_a_common_commit_are_said_to_be_such(fleet: Repo, typed: Run) -> None:
    fleet.git("checkout", "--quiet", "--orphan", "other")
    edit(fleet)
    fleet.commit()
    done = typed("diff", "--from", "main", "--to", "other", "--merge-base", cwd=fleet.path)
    assert done.returncode == 2
    assert b"main and other have no commit in common" in done.stderr


def test_a_bare_repository_is_compared_by_its_revisions(fleet: Repo, typed: Run) -> None:
    edit(fleet)
    fleet.commit()
    bare = fleet.path.parent / "bare.git"
    fleet.git("clone", "--quiet", "--bare", ".", str(bare))
    done = typed("diff", "--from", "HEAD~1", "--to", "HEAD", "--stat", cwd=bare)
    assert done.stdout == b"environments/prod/paw  +0 ~1 -0\n"
    done = typed("diff", cwd=bare)
    assert done.returncode == 2
    assert b"name a revision with --to" in done.stderr


def test_where_there_are_no_environments_every_kustomization_is_compared(
    repo: Repo, typed: Run
) -> None:
    repo.commit(below("apps/one", entry("x")) | below("two", entry("y")))
    repo.write({"two/config.yaml": config("z")})
    assert typed("diff", "--stat", cwd=repo.path).stdout == b"two  +0 ~1 -0\n"
