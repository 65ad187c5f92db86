"""reconciler explain, as it is typed."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.explain.conftest import FILES


@pytest.fixture
def app(repo: Repo) -> Repo:
    files = {
        f"environments/prod/web/{p}" if p.startswith("entry/") else p: t for p, t in FILES.items()
    }
    moved = {
        p.replace("web/entry/", "web/"): t.replace("- ../", "- ../../../") if "entry" in p else t
        for p, t in files.items()
    }
    repo.commit(moved)
    return repo


TOP = "environments/prod/web/kustomization.yaml"
PLACE = {"file": TOP, "commit": None, "line": 20, "column": 5}


def test_an_app_is_explained_by_its_objects_and_files(app: Repo, typed: Run) -> None:
    done = typed("explain", "prod/web", cwd=app.path)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert text.startswith("environments/prod/web: 12 objects\n")
    assert "  Deployment shop/web-one  written: base/deployment.yaml:1:1\n" in text
    assert f"\n  {TOP}  configMapGenerator, patches, namespace, replicas, images\n" in text


def test_kinds_have_the_short_names_of_kubectl(app: Repo, typed: Run) -> None:
    whole = typed("explain", "prod/web", "Deployment/web-two", cwd=app.path)
    assert typed("explain", "prod/web", "deploy/web-two", cwd=app.path).stdout == whole.stdout
    done = typed("explain", "prod/web", "deploy/web-tow", cwd=app.path)
    assert b"did you mean Deployment/web-two?" in done.stderr


def test_an_object_is_explained_by_its_steps(app: Repo, typed: Run) -> None:
    done = typed("explain", "prod/web", "deployment/web-two", cwd=app.path)
    assert done.stdout.decode().splitlines()[:5] == [
        "Deployment shop/web-two",
        "",
        "  written: base/deployment.yaml:1:1",
        "  base/kustomization.yaml:12:5 labels[0]",
        '      metadata.labels: {"tier": "front"}',
    ]


def test_a_field_is_explained_by_who_set_it(app: Repo, typed: Run) -> None:
    arguments = ("explain", "environments/prod/web", "Deployment/web-two", "spec.replicas")
    done = typed(*arguments, cwd=app.path)
    assert done.stdout.decode() == (
        "Deployment shop/web-two\n"
        "spec.replicas: 4\n"
        "\n"
        "  base/deployment.yaml:6:13 written: 1\n"
        f"  environments/prod/web/patches.yaml:13:13 patches[0], from {TOP}:7:5: 3\n"
        f"  {TOP}:20:5 replicas[0]: 4\n"
    )
    found = json.loads(typed(*arguments, "-o", "json", cwd=app.path).stdout)
    assert found["settings"][-1] == {
        "place": PLACE,
        "steps": [{"field": "replicas[0]", "place": PLACE}],
        "value": 4,
    }


def test_a_revision_is_explained_without_a_checkout(app: Repo, typed: Run) -> None:
    app.write({"base/deployment.yaml": "broken: ["})
    arguments = ("prod/web", "Deployment/web-one", "spec.replicas", "--ref", "HEAD")
    assert b"spec.replicas: 2\n" in typed("explain", *arguments, cwd=app.path).stdout


def test_a_pinned_release_is_explained_in_its_commit(repo: Repo, typed: Run) -> None:
    """What the branch has become since then says nothing of it."""
    repo.git("remote", "add", "origin", "https://git.example.org/o/r")
    base = {p: t for p, t in FILES.items() if p.startswith(("base/", "part/", "one/"))}
    commit = repo.commit(base)
    url = f"https://git.example.org/o/r//one?ref={commit}"
    top = FILES["entry/kustomization.yaml"].partition("resources")[0]
    repo.commit(
        {
            "base/deployment.yaml": "gone: wild",
            "environments/prod/web/kustomization.yaml": f"{top}resources: ['{url}']\n",
        }
    )

    def explained(*arguments: str) -> str:
        return typed("explain", "prod/web", *arguments, cwd=repo.path).stdout.decode()

    name = f"{commit[:12]}"
    text = explained()
    assert f"  {name}:base/kustomization.yaml  labels\n" in text
    assert f"  Deployment shop/web-one  written: {name}:base/deployment.yaml:1:1\n" in text
    assert f"made by configMapGenerator: {name}:base/kustomization.yaml:5:5\n" in text
    assert f"\n  {name}  {url}\n" in text
    assert explained("Deployment/web-one", "metadata.name").splitlines()[3:] == [
        f"  {name}:base/deployment.yaml:4:9 written: web",
        f"  {name}:one/kustomization.yaml:3:13 nameSuffix: web-one",
    ]
    found = json.loads(explained("Deployment/web-one", "spec.replicas", "-o", "json"))
    place = {"file": "base/deployment.yaml", "commit": commit, "line": 6, "column": 13}
    assert found["settings"] == [{"place": place, "steps": [], "value": 1}]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["prod/wbe"], "did you mean prod/web?"),
        (["**"], "is 5 apps"),
        (["prod/web", "Nothing/x"], "renders no object Nothing/x"),
        (["prod/web", "Deployment/web-one", "spec.nothing"], "spec has no nothing"),
        (["prod/web", "Deployment/web-one", "a..b"], "is not a path to a field"),
        (["prod/web", "--ref", "nowhere"], "there is no commit 'nowhere'"),
    ],
)
def test_a_mistake_is_the_users_and_says_so(
    app: Repo, typed: Run, arguments: list[str], complaint: str
) -> None:
    done = typed("explain", *arguments, cwd=app.path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert complaint in done.stderr.decode()


def test_an_app_that_does_not_render_says_why(app: Repo, typed: Run) -> None:
    app.write({"base/deployment.yaml": "broken: ["})
    done = typed("explain", "prod/web", cwd=app.path)
    assert done.returncode == 2
    assert b"base/deployment.yaml" in done.stderr
