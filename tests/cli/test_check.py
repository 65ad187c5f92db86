"""reconciler check, as it is typed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.github_annotations import commands
from reconciler.errors import Place
from tests.checks.test_guard_cases import GUARD, pod
from tests.cli.conftest import Run, on_a_terminal
from tests.conftest import Repo

FOLLOWS = "releases: {policy: follow}\n"
ENVIRONMENT = "destination: {cluster: prod, namespace: '{app}'}\n"
WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        ports:
        - {name: http, containerPort: 80}
"""
MISTYPED = WORKLOAD.replace("image: web", "image: web\n        tyy: true")
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - name: http
    port: 80
    targetPort: http
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2hunter2}\n"


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    """Two apps in prod and one in stage, which share what they are."""
    repo.write(
        {
            "environments/prod/environment.yaml": f"promotesFrom: stage\n{FOLLOWS}{ENVIRONMENT}",
            "environments/stage/environment.yaml": ENVIRONMENT.replace("prod", "stage"),
            "overlays/web/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
            "overlays/web/deployment.yaml": WORKLOAD,
            "overlays/web/service.yaml": SERVICE,
        }
    )
    for entry in ("prod/web", "prod/shop", "stage/web"):
        text = f"namespace: {entry.rpartition('/')[2]}\nresources: [../../../overlays/web]\n"
        repo.write({f"environments/{entry}/kustomization.yaml": text})
    repo.commit()
    return repo


def break_port(repo: Repo) -> None:
    repo.write(
        {"overlays/web/service.yaml": SERVICE.replace("targetPort: http", "targetPort: htp")}
    )


def break_type(repo: Repo) -> None:
    repo.write(
        {
            "overlays/web/deployment.yaml": WORKLOAD.replace(
                "image: web", "image: web\n        tyy: true"
            )
        }
    )


def test_a_clean_repository_is_said_to_be_clean(fleet: Repo, typed: Run) -> None:
    done = typed("check", cwd=fleet.path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == "3 apps, 6 objects: nothing found\n"


def test_a_finding_comes_with_its_place_its_object_and_what_to_do(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    done = typed("check", "prod/web", cwd=fleet.path)
    assert done.returncode == 1
    assert done.stdout.decode() == (
        "overlays/web/service.yaml:10:17: error: no container of the selected pods has a port"
        " named htp [services/port-name]\n"
        "  environments/prod/web: Service web/web, spec.ports[0].targetPort\n"
        "  to do: did you mean http?\n"
    )
    assert done.stderr.decode() == "1 app, 2 objects: 1 error\n"


def test_what_many_objects_have_from_one_line_is_said_once(fleet: Repo, typed: Run) -> None:
    break_type(fleet)
    out = typed("check", cwd=fleet.path).stdout.decode()
    assert out.count("there is no field tyy") == 1
    assert out.count("overlays/web/deployment.yaml:13:14: error") == 1
    assert out.count("  environments/") == 3


def test_a_finding_in_a_patch_is_shown_in_the_patch(fleet: Repo, typed: Run) -> None:
    patch = (
        "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n"
        "      path: /spec/template/spec/restartpolicy\n      value: Always\n"
        "- path: more.yaml\n"
    )
    more = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    spec:\n      containers:\n      - name: web\n        tyy: true\n"
    )
    file = fleet.path / "environments/prod/web/kustomization.yaml"
    file.write_text(file.read_text() + patch)
    fleet.write({"environments/prod/web/more.yaml": more})
    out = typed("check", "prod/web", cwd=fleet.path).stdout.decode()
    places = re.findall(r"^(\S+): error: there is no field (\w+)", out, re.MULTILINE)
    assert sorted(places) == [
        ("environments/prod/web/kustomization.yaml:6:7", "restartpolicy"),
        ("environments/prod/web/more.yaml:9:14", "tyy"),
    ]


def test_apps_beside_the_one_that_is_checked_count_but_are_not_reported(
    fleet: Repo, typed: Run
) -> None:
    taken = SERVICE.replace("  ports:", "  type: NodePort\n  ports:")
    fleet.write({"overlays/web/service.yaml": taken + "    nodePort: 30080\n"})
    out = typed("check", "prod/web", "-o", "json", cwd=fleet.path).stdout
    (found,) = json.loads(out)["findings"]
    assert (found["rule"], found["app"]) == ("services/node-port", "environments/prod/web")
    assert "environments/prod/shop" in found["what"]
    assert typed("check", "stage", cwd=fleet.path).returncode == 0


def test_a_revision_is_checked_whatever_is_on_disk(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    assert typed("check", "--ref", "HEAD", cwd=fleet.path).returncode == 0


def test_rules_are_chosen_and_left_out_by_pattern(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    assert typed("check", "--rule", "services/*", cwd=fleet.path).returncode == 1
    assert typed("check", "--rule", "references/*", cwd=fleet.path).returncode == 0
    assert typed("check", "--ignore", "services/port-*", cwd=fleet.path).returncode == 0


def test_a_rule_that_does_not_exist_is_a_mistake(fleet: Repo, typed: Run) -> None:
    done = typed("check", "--rule", "servises/*", cwd=fleet.path)
    assert done.returncode == 2
    assert b"no rule is called servises/*" in done.stderr


def test_findings_that_the_environment_accepts_are_counted_and_not_shown(
    fleet: Repo, typed: Run
) -> None:
    break_port(fleet)
    accepted = (
        ENVIRONMENT.replace("prod", "stage")
        + "checks:\n  ignore:\n  - {check: services/*, object: Service/web, reason: for a test}\n"
    )
    fleet.write({"environments/stage/environment.yaml": accepted})
    done = typed("check", "stage", cwd=fleet.path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"1 app, 2 objects: nothing found, 1 ignored\n"


def test_warnings_stop_where_the_environment_says_so(fleet: Repo, typed: Run) -> None:
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n"
        "  storageClassName: fast\n  accessModes: [ReadWriteOnce]\n"
        "  resources: {requests: {storage: 1Gi}}\n"
    )
    fleet.write(
        {
            "overlays/web/claim.yaml": claim,
            "overlays/web/kustomization.yaml": "resources: [deployment.yaml, claim.yaml]\n",
        }
    )
    assert typed("check", "stage", cwd=fleet.path).returncode == 0
    strict = ENVIRONMENT.replace("prod", "stage") + "checks: {failOn: warning}\n"
    fleet.write({"environments/stage/environment.yaml": strict})
    assert typed("check", "stage", cwd=fleet.path).returncode == 1
    assert typed("check", "stage", "--level", "error", cwd=fleet.path).returncode == 0
    known = strict + "externals: [{kind: StorageClass, name: fast}]\n"
    fleet.write({"environments/stage/environment.yaml": known})
    assert typed("check", "stage", cwd=fleet.path).stderr.endswith(b"nothing found\n")


def test_the_environment_says_which_kubernetes_and_where_policies_are(
    fleet: Repo, typed: Run
) -> None:
    rules = "kubernetes: '1.18'\nchecks: {policies: [guards]}\n"
    fleet.write(
        {"environments/stage/environment.yaml": ENVIRONMENT.replace("prod", "stage") + rules}
    )
    fleet.write({"guards/a.yaml": "apiVersion: v1\nkind: [\n", "policies/b.yaml": "a: ["})
    fleet.write(
        {
            "overlays/web/deployment.yaml": WORKLOAD
            + "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"
            + "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n"
        }
    )
    found = json.loads(typed("check", "stage", "-o", "json", cwd=fleet.path).stdout)["findings"]
    assert [(f["rule"], f["file"]) for f in found] == [
        ("types/not-yaml", "guards/a.yaml"),
        ("types/version-not-served", "overlays/web/deployment.yaml"),
    ]


def test_an_app_that_does_not_render_is_an_error_and_the_others_are_checked(
    fleet: Repo, typed: Run
) -> None:
    fleet.write({"environments/prod/shop/kustomization.yaml": "resources: [gone.yaml]\n"})
    break_port(fleet)
    done = typed("check", "prod", cwd=fleet.path)
    assert done.returncode == 2
    assert b"services/port-name" in done.stdout
    assert b"gone.yaml" in done.stderr
    assert b"; 1 app could not be checked" in done.stderr
    document = json.loads(typed("check", "prod", "-o", "json", cwd=fleet.path).stdout)
    assert [e["path"] for e in document["errors"]] == ["environments/prod/shop"]
    assert len(document["findings"]) == 1


def test_the_sum_has_no_gap_where_nothing_could_be_checked(fleet: Repo, typed: Run) -> None:
    fleet.write({"environments/prod/shop/kustomization.yaml": "resources: [gone.yaml]\n"})
    done = typed("check", "prod/shop", cwd=fleet.path)
    assert done.stderr.startswith(b"1 app: nothing found; 1 app could not be checked\n")


def test_json_has_everything_in_fields(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    done = typed("check", "prod/web", "-o", "json", cwd=fleet.path)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "version": 1,
        "apps": 1,
        "objects": 2,
        "ignored": 0,
        "findings": [
            {
                "rule": "services/port-name",
                "severity": "error",
                "what": "no container of the selected pods has a port named htp",
                "hint": "did you mean http?",
                "app": "environments/prod/web",
                "object": {"group": "", "kind": "Service", "namespace": "web", "name": "web"},
                "path": "spec.ports[0].targetPort",
                "file": "overlays/web/service.yaml",
                "line": 10,
                "column": 17,
            }
        ],
        "errors": [],
    }


def test_annotations_are_commands_of_a_github_workflow(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    out = typed("check", "prod/web", "-o", "github", cwd=fleet.path).stdout.decode()
    assert out == (
        "::error file=overlays/web/service.yaml,line=10,col=17,title=services/port-name"
        "::no container of the selected pods has a port named htp%0A"
        "environments/prod/web: Service web/web, spec.ports[0].targetPort%0A"
        "To do: did you mean http?\n"
    )


def test_odd_names_cannot_break_out_of_an_annotation(fleet: Repo, typed: Run) -> None:
    odd = "100%, a:b.yaml"
    fleet.write({"overlays/web/kustomization.yaml": json.dumps({"resources": [odd]})})
    (fleet.path / "overlays/web" / odd).write_text(MISTYPED)
    out = typed("check", "prod/web", "-o", "github", cwd=fleet.path).stdout.decode()
    assert "file=overlays/web/100%25%2C a%3Ab.yaml,line=13" in out


def test_odd_text_cannot_break_out_of_an_annotation() -> None:
    said = "100%\r\n::error::gotcha\x1b[31m"
    finding = Finding("policy/a", Severity.note, said, where=Place("a,b:c\n.yaml", 3))
    assert [*commands([finding])] == [
        "::notice file=a%2Cb%3Ac%0A.yaml,line=3,title=policy/a"
        "::100%25\\r\\n::error::gotcha\\x1b[31m"
    ]


def test_sarif_is_what_the_standard_asks_for(
    fleet: Repo, typed: Run, sarif_schema: Mapping[str, Any]
) -> None:
    break_port(fleet)
    break_type(fleet)
    fleet.write({"policies/a.yaml": "a: ["})
    fleet.write({"environments/prod/shop/kustomization.yaml": "resources: [gone.yaml]\n"})
    done = typed("check", "-o", "sarif", cwd=fleet.path)
    document = json.loads(done.stdout)
    jsonschema.Draft4Validator(sarif_schema).validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    assert set(rules) == {
        "render/failed",
        "services/port-name",
        "types/not-yaml",
        "types/unknown-field",
    }
    files = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
    }
    assert files == {
        "environments/prod/shop/kustomization.yaml",
        "overlays/web/deployment.yaml",
        "overlays/web/service.yaml",
        "policies/a.yaml",
    }
    prints = [r["partialFingerprints"]["finding/v1"] for r in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_stays_when_lines_move(fleet: Repo, typed: Run) -> None:
    def prints() -> list[str]:
        run = json.loads(typed("check", "-o", "sarif", cwd=fleet.path).stdout)["runs"][0]
        return [r["partialFingerprints"]["finding/v1"] for r in run["results"]]

    break_port(fleet)
    before = prints()
    file = fleet.path / "overlays/web/service.yaml"
    file.write_text("# moved\n\n" + file.read_text())
    assert prints() == before


def test_what_a_secret_holds_is_in_no_output_and_in_no_cache(
    fleet: Repo, typed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("RECONCILER_CACHE", str(cache))
    fleet.write(
        {
            "overlays/web/secret.yaml": SECRET.replace(
                "{name: s}", "{name: s, labels: {a: hunter2hunter2/}}"
            ),
            "overlays/web/kustomization.yaml": "resources: [deployment.yaml, secret.yaml]\n",
        }
    )
    for form in ("text", "json", "sarif", "github"):
        done = typed("check", "prod/web", "-o", form, cwd=fleet.path)
        assert done.returncode == 1
        assert b"hunter2" not in done.stdout + done.stderr
    kept = [row for row in _rows(cache) if b"hunter2" in row]
    assert not kept


def _rows(cache: Path) -> list[bytes]:
    (file,) = cache.glob("*.sqlite")
    with sqlite3.connect(file) as db:
        return [bytes(row[0]) for row in db.execute("SELECT manifest FROM renders")]


def test_what_was_judged_once_is_not_judged_again(
    fleet: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reconciler.render.kernel_process import Kernel

    asked: list[str] = []
    ask = Kernel.check

    def counted(self: Kernel, *arguments: Any) -> Any:
        asked.append(arguments[3])
        return ask(self, *arguments)

    monkeypatch.setattr(Kernel, "check", counted)
    assert typed("check", "prod", cwd=fleet.path).returncode == 0
    assert sorted(asked) == ["environments/prod/shop", "environments/prod/web"]
    asked.clear()
    assert typed("check", "prod", cwd=fleet.path).returncode == 0
    assert asked == []
    file = fleet.path / "environments/prod/shop/kustomization.yaml"
    file.write_text(file.read_text() + "namePrefix: a-\n")
    typed("check", "prod", cwd=fleet.path)
    assert asked == ["environments/prod/shop"]
    asked.clear()
    fleet.write({"policies/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    typed("check", "prod", cwd=fleet.path)
    assert len(asked) == 2


def test_a_terminal_sees_colours(fleet: Repo) -> None:
    break_port(fleet)
    seen = on_a_terminal(fleet.path, "check", "prod/web")
    assert b"\x1b[1;31merror: " in seen
    assert b"\x1b[" not in on_a_terminal(fleet.path, "check", "prod/web", NO_COLOR="1")


def test_a_folder_that_is_in_no_environment_is_checked_by_itself(fleet: Repo, typed: Run) -> None:
    break_port(fleet)
    done = typed("check", "overlays/web", cwd=fleet.path)
    assert done.returncode == 1
    assert done.stderr == b"1 app, 2 objects: 1 error\n"


def test_a_version_of_kubernetes_that_is_not_known_is_a_mistake(fleet: Repo, typed: Run) -> None:
    text = ENVIRONMENT.replace("prod", "stage") + "kubernetes: '1.99'\n"
    fleet.write({"environments/stage/environment.yaml": text})
    done = typed("check", "stage", cwd=fleet.path)
    assert done.returncode == 2
    assert b"Kubernetes 1.99 is not known here" in done.stderr


def test_the_cases_of_a_guard_are_tried(repo: Repo, typed: Run) -> None:
    folder = "policies/no-latest"
    assert typed("check", "--cases", cwd=repo.path).returncode == 2  # nothing was tried
    good = {f"{folder}/cases/fails-latest.yaml": pod("latest")}
    repo.write({f"{folder}/policy.yaml": GUARD, **good})
    done = typed("check", "--cases", cwd=repo.path)
    assert (done.returncode, done.stdout) == (
        0,
        f"ok      {folder}/cases/fails-latest.yaml\n".encode(),
    )
    assert done.stderr == b"1 guard, 1 case: all as they say\n"
    repo.write({f"{folder}/cases/passes-latest.yaml": pod("latest")})
    done = typed("check", "--cases", "no-*", cwd=repo.path)
    assert done.returncode == 1
    assert b"passes-latest.yaml: it must pass, and the guard says: do not run" in done.stdout
    assert done.stderr == b"1 guard, 2 cases: 1 not as it says\n"
    done = typed("check", "--cases", "no-last", cwd=repo.path)
    assert (done.returncode, b"did you mean no-latest?" in done.stderr) == (2, True)


def test_what_a_guard_refuses_is_at_the_line_that_brought_it(repo: Repo, typed: Run) -> None:
    repo.write(
        {
            "policies/no-latest/policy.yaml": GUARD,
            "a/kustomization.yaml": "resources: [pod.yaml]\nimages:\n"
            "- name: example/a\n  newTag: latest\n",
            "a/pod.yaml": pod("v1"),
        }
    )
    done = typed("check", "a", cwd=repo.path)
    assert done.returncode == 1
    assert done.stdout.startswith(b"a/kustomization.yaml:3:3: error: "), done.stdout


def test_a_guard_without_cases_is_not_said_to_be_right(repo: Repo, typed: Run) -> None:
    repo.write({"policies/no-latest/policy.yaml": GUARD, "policies/no-latest/cases/.keep": ""})
    done = typed("check", "--cases", cwd=repo.path)
    assert done.stderr == b"1 guard has no cases\n"


STAGED = ("check", "--staged", "--level", "error")


def stage(repo: Repo, files: Mapping[str, str]) -> None:
    repo.write(files)
    repo.git("add", "--all")


def test_what_head_has_already_in_apps_that_stay_as_they_are_stops_no_commit(
    fleet: Repo, typed: Run
) -> None:
    break_port(fleet)
    fleet.commit()
    stage(fleet, {"README.md": "Words.\n"})
    done = typed(*STAGED, cwd=fleet.path)
    assert done.returncode == 0
    assert b"services/port-name" in done.stdout
    assert done.stderr.endswith(
        b"note: 3 findings of 3 apps do not stop the commit: HEAD has them already, "
        b"and what is staged leaves what they are about as it is\n"
    )
    assert typed("check", cwd=fleet.path).returncode == 1


NO_DEPLOYMENT = (
    GUARD.replace("['']", "[apps]")
    .replace("pods", "deployments")
    .replace("object.spec.containers.all(c, !c.image.endsWith(':latest'))", "1 > 2")
    .replace("object.spec.containers[0].image", "object.metadata.name")
)
BROKEN = SERVICE.replace("targetPort: http", "targetPort: htp")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"overlays/web/deployment.yaml": MISTYPED}, 1),
        ({"overlays/web/deployment.yaml": WORKLOAD.replace("image: web", "image: other")}, 1),
        ({"overlays/web/service.yaml": BROKEN + "  - {name: b, port: 81}\n"}, 1),
        ({"environments/prod/shop/kustomization.yaml": "resources: [gone.yaml]\n"}, 2),
        ({"policies/no-latest/policy.yaml": NO_DEPLOYMENT}, 1),
    ],
)
def test_what_a_commit_breaks_stops_it_beside_what_was_broken(
    files: Mapping[str, str], code: int, fleet: Repo, typed: Run
) -> None:
    fleet.write({"overlays/web/service.yaml": BROKEN})
    fleet.commit()
    stage(fleet, files)
    assert typed(*STAGED, cwd=fleet.path).returncode == code


def test_an_app_that_did_not_render_stops_a_commit_that_touches_it_and_no_other(
    fleet: Repo, typed: Run
) -> None:
    file = "environments/prod/shop/kustomization.yaml"
    fleet.write({file: "resources: [gone.yaml]\n"})
    fleet.commit()
    stage(fleet, {"README.md": "Words.\n"})
    done = typed(*STAGED, cwd=fleet.path)
    assert done.returncode == 0
    assert b"note: 1 finding of 1 app does not stop the commit: HEAD has it already" in done.stderr
    stage(fleet, {file: "resources: [gone.yaml]\n# touched\n"})
    assert typed(*STAGED, cwd=fleet.path).returncode == 2


def test_a_guard_that_is_wrong_stops_the_commit_that_touches_it_and_no_other(
    fleet: Repo, typed: Run
) -> None:
    file, wrong = "policies/no-latest/policy.yaml", GUARD.replace("endsWith", "endWith")
    fleet.write({file: wrong})
    fleet.commit()
    stage(fleet, {"README.md": "Words.\n"})
    done = typed(*STAGED, cwd=fleet.path)
    assert done.returncode == 0
    assert b"note: 1 finding does not stop the commit: HEAD has it already" in done.stderr
    stage(fleet, {file: f"# touched\n{wrong}"})
    assert typed(*STAGED, cwd=fleet.path).returncode == 1


def test_the_first_commit_is_checked_whole(repo: Repo, typed: Run) -> None:
    stage(
        repo,
        {
            "environments/prod/environment.yaml": ENVIRONMENT,
            "environments/prod/web/kustomization.yaml": "resources: [a.yaml]\n",
            "environments/prod/web/a.yaml": MISTYPED,
        },
    )
    assert typed(*STAGED, cwd=repo.path).returncode == 1
