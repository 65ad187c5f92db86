"""Repositories that keep their apps elsewhere: every command finds them where they stand."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.sealing.material import certificate_pem

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example/web:0}]}
"""
FOLLOWS = "releases: {policy: follow}\n"


@dataclass(frozen=True)
class Layout:
    """Where somebody keeps what; `{env}` is the environment."""

    apps: str  # as environment.yaml names them
    folder: str  # of the one app
    base: str
    app: str

    def files(self, tags: dict[str, str]) -> dict[str, str]:
        up = "../" * len(self.folder.split("/"))
        found = {
            f"{self.base}/kustomization.yaml": "resources: [deployment.yaml]\n",
            f"{self.base}/deployment.yaml": DEPLOYMENT,
        }
        for before, (env, tag) in zip((None, *tags), tags.items(), strict=False):
            chain = f"promotesFrom: {before}\n" if before else ""
            found |= {
                f"environments/{env}/environment.yaml": "destination:\n"
                f"  cluster: {env}\napps: {self.apps.format(env=env)}\n{chain}{FOLLOWS}",
                f"{self.folder.format(env=env)}/kustomization.yaml": f"namespace: web\nresources:\n"
                f"  - {up}{self.base}\nimages:\n  - name: example/web\n    newTag: '{tag}'\n",
            }
        return found


LAYOUTS = {
    "flux": Layout("apps/{env}", "apps/{env}", "apps/base/web", "apps"),
    "clusters": Layout(
        "clusters/{env}/apps/*", "clusters/{env}/apps/web", "clusters/base/web", "web"
    ),
    "overlays": Layout(
        "parts/*/overlays/{env}", "parts/web/overlays/{env}", "parts/web/base", "web"
    ),
    "namespaces": Layout("k8s/{env}/*/*/app", "k8s/{env}/team/web/app", "k8s/base", "team-web"),
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return LAYOUTS[request.param]


@pytest.fixture
def there(layout: Layout, repo: Repo) -> Repo:
    repo.commit(layout.files({"stage": "1", "prod": "1"}))
    return repo


def test_apps_are_listed_rendered_checked_and_named(
    layout: Layout, there: Repo, typed: Run
) -> None:
    listed = json.loads(typed("list", "-o", "json", cwd=there.path).stdout)
    assert [(e["environment"], e["app"]) for e in listed["entries"]] == [
        ("stage", layout.app),
        ("prod", layout.app),
    ]
    by_path = typed("render", layout.folder.format(env="prod"), cwd=there.path)
    assert (by_path.returncode, b"example/web:1" in by_path.stdout) == (0, True)
    for name in (f"prod/{layout.app}", "prod", f"pro*/{layout.app}"):
        assert typed("render", name, cwd=there.path).stdout == by_path.stdout, name
    for named in ([], ["prod"], [f"prod/{layout.app}"]):
        done = typed("check", *named, cwd=there.path)
        assert (done.returncode, done.stdout) == (0, b""), named
    shown = typed("explain", f"prod/{layout.app}", cwd=there.path)
    assert shown.returncode == 0
    assert f"{layout.folder.format(env='prod')}/kustomization.yaml" in shown.stdout.decode()
    wrong = typed("render", f"prod/{layout.app}x", cwd=there.path)
    assert (wrong.returncode, f"did you mean prod/{layout.app}?" in wrong.stderr.decode()) == (
        2,
        True,
    )


def test_a_change_is_told_of_its_environment(layout: Layout, there: Repo, typed: Run) -> None:
    file = f"{layout.folder.format(env='prod')}/kustomization.yaml"
    there.write({file: (there.path / file).read_text().replace("'1'", "'2'")})
    for named in ([], ["prod"], [f"prod/{layout.app}"], [f"*/{layout.app}"]):
        done = typed("diff", *named, cwd=there.path)
        assert (
            done.returncode,
            done.stdout.count(b"example/web:1 \xe2\x86\x92 example/web:2"),
        ) == (
            1,
            1,
        )
    assert typed("diff", "stage", cwd=there.path).returncode == 0
    between = typed("diff", "stage", "prod", cwd=there.path)
    assert (between.returncode, b"example/web:2" in between.stdout) == (1, True)
    comment = typed("diff", "-o", "comment", cwd=there.path).stdout.decode()
    assert "| <code>prod</code> | 1 |" in comment
    (hit,) = json.loads(
        typed("affected", "HEAD", "--only", "prod", "-o", "json", cwd=there.path).stdout
    )["affected"]
    assert (hit["environment"], hit["app"]) == ("prod", layout.app)


def test_what_is_in_no_environment_is_looked_at_too(
    layout: Layout, there: Repo, typed: Run
) -> None:
    part = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    spec = "spec: {containers: [{name: p, image: x:1}]}\n"
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\n{spec}"
    there.commit(
        {
            "shared/infra/kustomization.yaml": "resources: [pod.yaml]\n",
            "shared/infra/pod.yaml": pod,
            "shared/part/kustomization.yaml": part + "nameSuffix: -x\n",
        }
    )
    assert typed("check", cwd=there.path).stderr.startswith(b"3 apps, 3 objects")
    there.write({"shared/infra/pod.yaml": pod.replace("x:1", "x:2").replace("image", "imgae")})
    broken = typed("check", cwd=there.path)
    assert (broken.returncode, b"there is no field imgae" in broken.stdout) == (1, True)
    assert b"shared/infra" in typed("diff", "--stat", cwd=there.path).stdout


def test_a_release_goes_on_and_back_where_the_entries_stand(
    layout: Layout, there: Repo, typed: Run
) -> None:
    there.commit(layout.files({"stage": "2", "prod": "1"}))
    for who, words in (
        ("pat", ["promote", "stage", "prod", layout.app]),
        ("pat", ["promote", "merge", "1"]),
        ("pat", ["promote", "rollback", "prod", layout.app, "--reason", "crashes"]),
        ("pat", ["promote", "merge", "2"]),
    ):
        there.git("config", "user.name", who)
        there.git("config", "user.email", "pat@fleet.example")
        done = typed(*words, cwd=there.path)
        assert done.returncode == 0, done.stdout + done.stderr
    there.git("reset", "--hard", "--quiet", "main")
    known = json.loads(typed("promote", "history", "prod", "-o", "json", cwd=there.path).stdout)
    assert [(r["app"], r["kind"], r["pull"]) for r in known["releases"]] == [
        (layout.app, "rollback", 2),
        (layout.app, "promotion", 1),
        (layout.app, None, None),
    ]
    assert b"example/web:1" in typed("render", f"prod/{layout.app}", cwd=there.path).stdout
    held = typed("promote", "stage", "prod", layout.app, "--dry-run", cwd=there.path)
    assert b"crashes" in held.stdout


def test_secrets_are_sealed_beside_the_entry(layout: Layout, there: Repo, typed: Run) -> None:
    folder = layout.folder.format(env="prod")
    there.write({"environments/prod/sealing-cert.pem": certificate_pem(), "value": "hunter2"})
    named = f"prod/{layout.app}"
    done = typed("seal", named, "db", "--from-file", "password=value", cwd=there.path)
    assert done.returncode == 0, done.stderr
    assert (there.path / folder / "db.sealed.yaml").exists()
    assert "db.sealed.yaml" in (there.path / folder / "kustomization.yaml").read_text()
    assert typed("seal", "verify", "prod", cwd=there.path).returncode == 0
