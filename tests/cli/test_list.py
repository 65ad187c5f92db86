"""reconciler list, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli.list import _fitted
from reconciler.cli.program import run
from tests.cli.conftest import on_a_terminal
from tests.conftest import Repo
from tests.model.fleets import entry, environment

IMAGES = "images:\n- {name: host/team/node, newTag: 1.2.3}\n"
FLEET = (
    environment("dev")
    | environment("prod", "promotesFrom: dev", "displayName: Production")
    | entry("dev", "paw", "resources: [../../../overlays/paw]\n" + IMAGES)
    | entry("prod", "paw", "resources: ['https://host/r//overlays/paw?ref=COMMIT']\n" + IMAGES)
    | entry("dev", "xai", "replicas: [{name: web, count: 2}]\n")
    | {"overlays/paw/kustomization.yaml": ""}
)


@pytest.fixture
def fleet(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """dev follows the branch, and prod pins its first commit."""
    monkeypatch.chdir(repo.path)
    repo.commit({"overlays/paw/kustomization.yaml": ""})
    with monkeypatch.context() as then:
        then.setenv("GIT_COMMITTER_DATE", "2026-11-20T12:00:00Z")
        repo.git("commit", "--amend", "--quiet", "--message", "Add paw")
    first = repo.git("rev-parse", "HEAD")
    repo.commit({path: text.replace("COMMIT", first) for path, text in FLEET.items()})
    return repo


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["list", *arguments]) == 0
    return capsys.readouterr().out


def test_it_is_a_line_for_each_app_in_an_environment(
    fleet: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    first = fleet.git("rev-parse", "HEAD~1")
    today = fleet.git("log", "-1", "--format=%cd", "--date=format:%Y-%m-%d")
    assert listed(capsys) == (
        f"dev/paw   main        {today}  host/team/node:1.2.3\n"
        f"dev/xai   main        {today}\n"
        f"prod/paw  {first[:10]}  2026-11-20  host/team/node:1.2.3\n"
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["prod"], ["prod/paw"]),
        (["paw"], ["dev/paw", "prod/paw"]),
        (["dev/xai", "prod"], ["dev/xai", "prod/paw"]),
        (["*/paw"], ["dev/paw", "prod/paw"]),
        (["environments/dev/*"], ["dev/paw", "dev/xai"]),
    ],
)
def test_names_choose(
    fleet: Repo, capsys: pytest.CaptureFixture[str], typed: list[str], expected: list[str]
) -> None:
    assert [line.split()[0] for line in listed(capsys, *typed).splitlines()] == expected


def test_json_holds_all_that_is_known(fleet: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    first = fleet.git("rev-parse", "HEAD~1")
    found = json.loads(listed(capsys, "-o", "json"))
    assert found["version"] == 1
    assert found["environments"][1] == {
        "name": "prod",
        "displayName": "Production",
        "promotesFrom": ["dev"],
        "cluster": "prod",
        "path": "environments/prod",
    }
    paw, xai, pinned = found["entries"]
    assert paw["release"]["branch"] == "main"
    assert paw["release"]["commit"]["id"] == fleet.git("rev-parse", "HEAD")
    assert xai["release"]["replicas"] == [{"name": "web", "count": 2}]
    assert pinned == {
        "environment": "prod",
        "app": "paw",
        "path": "environments/prod/paw",
        "release": {
            "branch": None,
            "commit": None,
            "pins": [
                {
                    "repository": "https://host/r",
                    "path": "overlays/paw",
                    "ref": first,
                    "commit": {
                        "id": first,
                        "date": "2026-11-20T12:00:00+00:00",
                        "subject": "Add paw",
                    },
                }
            ],
            "images": [
                {"name": "host/team/node", "newName": None, "newTag": "1.2.3", "digest": None}
            ],
            "replicas": [],
            "parameters": [],
        },
        "error": None,
    }
    assert found["notes"] == [{"what": "xai runs in dev only", "file": "environments/dev/xai"}]


def test_a_commit_that_is_not_at_hand_has_no_date(
    fleet: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.write(entry("prod", "paw", f"resources: ['https://host/r//a?ref={'0' * 40}']\n"))
    assert listed(capsys, "prod") == "prod/paw  0000000000  -\n"


def test_an_older_revision_is_listed_without_a_checkout(
    fleet: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.git("rm", "-rq", "environments/dev/xai")
    fleet.commit()
    assert "xai" not in listed(capsys)
    assert "dev/xai   HEAD~1" in listed(capsys, "--ref", "HEAD~1")


def test_without_git_there_are_no_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, text in FLEET.items():
        (tmp_path / "plain" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / path).write_text(text)
    monkeypatch.chdir(tmp_path / "plain/overlays")
    assert listed(capsys, "dev") == "dev/paw  -  -  host/team/node:1.2.3\ndev/xai  -  -\n"


def test_notes_are_for_people(fleet: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list"]) == 0
    assert capsys.readouterr().err == "note: environments/dev/xai: xai runs in dev only\n"
    assert run(["list", "dev"]) == 0
    assert capsys.readouterr().err == ""


def test_an_entry_that_cannot_be_read_hides_no_other(
    fleet: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.write(entry("dev", "xai", "images: ["))
    assert run(["list", "dev"]) == 2
    shown = capsys.readouterr()
    assert [line.split()[:2] for line in shown.out.splitlines()] == [
        ["dev/paw", "main"],
        ["dev/xai", "?"],
    ]
    assert "error: environments/dev/xai/kustomization.yaml:1:10: this is not YAML" in shown.err
    assert run(["list", "-o", "json"]) == 2
    found = json.loads(capsys.readouterr().out)["entries"][1]
    assert (found["release"], found["error"]["line"]) == (None, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stage"], "there is no folder, environment or app called stage"),
        (["pawn"], "did you mean dev/paw?"),
        (["--ref", "HEAD~1"], "there are no environments here"),
    ],
)
def test_what_is_not_there_is_said(
    fleet: Repo, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["list", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_terminal_shows_a_matrix(fleet: Repo) -> None:
    head, *rest = on_a_terminal(fleet.path, "list").decode().splitlines()
    assert [word for word in ("dev", "prod") if word in head] == ["dev", "prod"]
    text = "\n".join(rest)
    assert "node:1.2.3" in text
    assert "Add paw" in text
    assert "host/team" not in text


@pytest.mark.parametrize(
    ("image", "width", "expected"),
    [
        ("node:1.2.3", 10, "node:1.2.3"),
        ("sealed-secrets-controller:0.40.0", 20, "sealed-secre…:0.40.0"),
        ("node:a-very-long-tag-of-a-branch", 12, "node:a-very…"),
        (f"node@sha256:{'0' * 64}", 16, "node@sha256:000…"),
        ("a-name-without-a-tag", 12, "a-name-with…"),
    ],
)
def test_an_image_that_is_too_long_keeps_its_tag(image: str, width: int, expected: str) -> None:
    assert _fitted(image, width) == expected


def test_a_narrow_terminal_breaks_no_tag(fleet: Repo) -> None:
    for name in ("dev", "prod"):
        path = fleet.path / f"environments/{name}/paw/kustomization.yaml"
        text = path.read_text().replace("host/team/node", "host/a-rather-long-name-of-an-image")
        path.write_text(text.replace("1.2.3", "v20.30.40"))
    seen = on_a_terminal(fleet.path, "list", COLUMNS="60").decode()
    assert seen.count("…:v20.30.40") == 2
