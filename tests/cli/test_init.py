"""reconciler init, and what a newcomer does next."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.program import run
from reconciler.model.ci_files import CI_FILES, CiSystem
from reconciler.model.fleet import load_fleet
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo

Shown = pytest.CaptureFixture[str]
Kustomize = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): p.read_text()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".git" not in p.parts
    }


def test_an_empty_folder_becomes_a_fleet(folder: Path, capsys: Shown) -> None:
    assert run(["init"]) == 0
    shown = capsys.readouterr()
    assert sorted(files(folder)) == sorted(
        line.removeprefix("created  ") for line in shown.out.splitlines()
    )
    assert shown.err == (
        "\nNext:\n  git init\n  reconciler list\n  reconciler render dev/hello\n"
        "  git add --all && git commit\n"
        "\nTo have each pull request checked:\n  reconciler init --ci github|gitlab\n"
        "\nOnce this is pushed, let stage and prod change by promotions alone:\n"
        "  reconciler pin stage prod\n"
    )
    fleet = load_fleet(WorkTree(str(folder)))
    assert [e.name for e in fleet.environments] == ["dev", "stage", "prod"]
    assert [e.promotes_from for e in fleet.environments] == [(), ("dev",), ("stage",)]
    assert fleet.apps == ["hello"]


# Names and tags that some YAML readers take for something else, and one plain app.
APPS = [("hello", None), ("no", "host:5000/a/b:1.30"), ("1e3", "a:0x1f"), ("n", "a:1_000")]


@pytest.mark.parametrize(("app", "image"), APPS)
def test_what_it_makes_renders_as_kustomize_builds_it(
    folder: Path, kernel: Kernel, kustomize: Kustomize, app: str, image: str | None
) -> None:
    assert run(["init", *(["--app", app, "--image", image] if image else [])]) == 0
    for entry in load_fleet(WorkTree(str(folder))).entries:
        manifest = kernel.render(WorkTree(str(folder)), entry.folder, DEFAULTS).result().manifest
        built = kustomize(folder / entry.folder)
        assert (manifest, built.stderr) == (built.stdout, b"")
        objects = {o["kind"]: o for o in json.loads(kernel.objects(manifest))}
        assert set(objects) == {"Namespace", "Deployment", "Service"}
        assert {o["metadata"]["name"] for o in objects.values()} == {app}
        if image:
            pod = objects["Deployment"]["spec"]["template"]["spec"]
            assert pod["containers"][0]["image"] == image


def test_pods_keep_to_the_restricted_profile(folder: Path, kernel: Kernel) -> None:
    run(["init"])
    tree = WorkTree(str(folder))
    manifest = kernel.render(tree, "environments/prod/hello", DEFAULTS).result().manifest
    objects = {o["kind"]: o for o in json.loads(kernel.objects(manifest))}
    labels = objects["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    deployment = objects["Deployment"]["spec"]
    pod, (container,) = deployment["template"]["spec"], deployment["template"]["spec"]["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    selector = objects["Service"]["spec"]["selector"]
    assert selector == deployment["selector"]["matchLabels"]
    assert selector.items() <= deployment["template"]["metadata"]["labels"].items()
    assert deployment["replicas"] == 2


def test_a_second_run_changes_nothing_and_says_what_is_there(folder: Path, capsys: Shown) -> None:
    run(["init"])
    (folder / "environments/dev/environment.yaml").write_text("destination: {cluster: kind}\n")
    before = files(folder)
    capsys.readouterr()
    assert run(["init"]) == 0
    shown = capsys.readouterr()
    assert files(folder) == before
    assert shown.out.splitlines() == [
        "kept     .gitignore",
        "kept     .pre-commit-config.yaml",
        "kept     environments/dev/environment.yaml",
        "kept     environments/stage/environment.yaml",
        "kept     environments/prod/environment.yaml",
        "nothing is missing: dev → stage → prod with hello",
    ]
    assert "reconciler init --app NAME --image IMAGE:TAG" in shown.err


def test_environments_and_the_app_can_be_named(folder: Path, capsys: Shown) -> None:
    arguments = ["--env", "test", "--env", "live", "--app", "shop", "--image", "a/shop:1"]
    assert run(["init", *arguments, "--port", "3000"]) == 0
    shown = capsys.readouterr()
    fleet = load_fleet(WorkTree(str(folder)))
    assert list(map(str, fleet.entries)) == ["test/shop", "live/shop"]
    assert fleet.environment("live").promotes_from == ("test",)
    assert shown.err.endswith("  reconciler pin live\n")
    assert "containerPort: 3000" in files(folder)["overlays/shop/base/deployment.yaml"]


@pytest.mark.parametrize("system", CiSystem)
def test_a_job_for_pull_requests_is_written_where_it_is_asked_for(
    folder: Path, capsys: Shown, system: CiSystem
) -> None:
    path, text = CI_FILES[system]
    run(["init"])
    assert f"created  {path}" not in capsys.readouterr().out
    assert run(["init", "--ci", system]) == 0
    shown = capsys.readouterr()
    assert [line for line in shown.out.splitlines() if "kept" not in line] == [f"created  {path}"]
    assert "--ci" not in shown.err
    assert files(folder)[path] == text
    (folder / path).write_text("mine\n")
    assert run(["init", "--ci", system]) == 0
    assert f"kept     {path}" in capsys.readouterr().out
    assert files(folder)[path] == "mine\n"


def test_a_single_environment_has_nothing_to_pin(folder: Path, capsys: Shown) -> None:
    assert run(["init", "--env", "live"]) == 0
    assert "reconciler pin" not in capsys.readouterr().err


def test_an_app_more_goes_into_the_environments_that_are_there(folder: Path) -> None:
    run(["init", "--env", "one", "--env", "two"])
    before = files(folder)
    assert run(["init", "--app", "shop", "--image", "a/shop@sha256:" + "a" * 64]) == 0
    after = files(folder)
    assert before.items() <= after.items()
    assert load_fleet(WorkTree(str(folder))).apps == ["hello", "shop"]
    assert "digest: " in after["environments/one/shop/kustomization.yaml"]
    assert "newTag" not in after["environments/one/shop/kustomization.yaml"]


def test_folders_of_plain_kustomize_become_environments(folder: Path) -> None:
    for name in ("qa", "live"):
        (folder / f"environments/{name}/paw").mkdir(parents=True)
        (folder / f"environments/{name}/paw/kustomization.yaml").touch()
    assert run(["init"]) == 2  # their order is not known
    assert run(["init", "--env", "qa", "--env", "live"]) == 0
    fleet = load_fleet(WorkTree(str(folder)))
    assert list(map(str, fleet.entries)) == ["qa/paw", "live/paw"]


def test_apps_that_are_there_already_stay_where_they_are(folder: Path, capsys: Shown) -> None:
    for path in ("shop/base", "shop/overlays/prod", "shop/overlays/qa"):
        (folder / path).mkdir(parents=True)
        (folder / path / "kustomization.yaml").write_text("resources: []\n")
    before = files(folder)
    assert run(["init"]) == 2
    said = capsys.readouterr().err
    typed = "init --env qa --env prod --apps '*/overlays/{env}'"
    assert f"to do: reconciler {typed}, if they run there; or name a new app" in said
    assert files(folder) == before
    assert run([word.strip("'") for word in typed.split()]) == 0
    fleet = load_fleet(WorkTree(str(folder)))
    assert {str(entry): entry.folder for entry in fleet.entries} == {
        "qa/shop": "shop/overlays/qa",
        "prod/shop": "shop/overlays/prod",
    }
    assert {e.destination.namespace for e in fleet.environments} == {"own"}
    assert "hello" not in "".join(files(folder))


@pytest.mark.parametrize(
    ("apps", "says"),
    [
        ("deploi/{env}/*", "no folder with a kustomization is deploi/qa/*"),
        ("odd/{env}/*", "odd/qa/節点 gives no name that an app can have"),
    ],
)
def test_globs_that_lead_nowhere_write_nothing(
    folder: Path, capsys: Shown, apps: str, says: str
) -> None:
    for path in ("deploy/qa/Shop_Api", "odd/qa/節点"):
        (folder / path).mkdir(parents=True)
        (folder / path / "kustomization.yaml").write_text("resources: []\n")
    before = files(folder)
    assert run(["init", "--env", "qa", "--apps", apps]) == 2
    assert says in capsys.readouterr().err
    assert files(folder) == before
    assert run(["init", "--env", "qa", "--apps", "deploy/{env}/*"]) == 0
    assert load_fleet(WorkTree(str(folder))).apps == ["shop-api"]


def test_a_new_app_comes_beside_what_is_there_if_it_is_named(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old/kustomization.yaml").write_text("resources: []\n")
    assert run(["init", "--app", "shop", "--image", "shop:1"]) == 0
    assert load_fleet(WorkTree(str(folder))).apps == ["shop"]


def test_in_a_repository_it_goes_to_the_root(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo.path / "some/where").mkdir(parents=True)
    monkeypatch.chdir(repo.path / "some/where")
    assert run(["init"]) == 0
    assert (repo.path / "environments/dev/environment.yaml").exists()


def test_a_folder_is_made(folder: Path, capsys: Shown) -> None:
    assert run(["init", "my fleet"]) == 0
    assert (folder / "my fleet/environments").is_dir()
    assert "  cd 'my fleet'\n  git init\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--app", "shop"], "--app and --image belong together"),
        (["--image", "a:1"], "--app and --image belong together"),
        (
            ["--app", "web", "--image", "nginx:1.27", "--app", "api", "--image", "x:1"],
            "one app is made at a time\n  to do: reconciler init --app web --image nginx:1.27 && "
            "reconciler init --app api --image x:1\n",
        ),
        (["--app", "web", "--image", "a:1", "--image", "b:1"], "name one --app and one --image"),
        (["--app", "web", "--app", "api"], "--app and --image belong together"),
        (["--app", "shop", "--image", "a/shop"], "a/shop is not an image with a tag or a digest"),
        (["--app", "shop", "--image", "A B:1"], "A B:1 is not an image with a tag or a digest"),
        (["--app", "Shop", "--image", "a:1"], "Shop cannot name an environment or an app"),
        (["--app", "../x", "--image", "a:1"], "../x cannot name an environment or an app"),
        (["--env", "eu.dev"], "eu.dev cannot name an environment or an app"),
        (["file"], "file cannot be made"),
    ],
)
def test_a_mistake_writes_nothing(
    folder: Path, capsys: Shown, arguments: list[str], message: str
) -> None:
    (folder / "file").touch()
    assert run(["init", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(files(folder)) == ["file"]


def test_a_folder_inside_of_a_repository_is_not_its_root(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    monkeypatch.chdir(repo.path)
    assert run(["init", "sub"]) == 2
    assert "to do: reconciler init .\n" in capsys.readouterr().err
    assert not (repo.path / "sub").exists()


def test_a_bare_repository_has_no_place_for_files(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Shown
) -> None:
    repo.git("init", "--bare", "--quiet", str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path / "bare.git")
    assert run(["init"]) == 2
    assert "is a bare repository" in capsys.readouterr().err


def test_nothing_is_written_through_a_link(folder: Path, tmp_path: Path, capsys: Shown) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "overlays").symlink_to(tmp_path / "elsewhere")
    run(["init"])
    assert not list((tmp_path / "elsewhere").iterdir())
    assert "kept     overlays/hello/base/deployment.yaml" in capsys.readouterr().out
