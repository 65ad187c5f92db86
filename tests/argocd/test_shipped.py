"""The two ways to install the sidecar are the same, and the workflows run what there is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.compare.pull_request_comment import MARK
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.memory import MemoryTree

ROOT = Path(__file__).parents[2]
WORKFLOWS = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")]
PREVIEW = ROOT / ".github/actions/preview/action.yml"


def shipped(name: str) -> Any:
    return yaml.safe_load((ROOT / "argocd-plugin" / name).read_text())


def test_the_chart_s_values_say_what_the_component_says() -> None:
    values, sidecar = shipped("values.yaml"), shipped("sidecar.yaml")
    pod = sidecar["spec"]["template"]["spec"]
    assert values["repoServer"]["extraContainers"] == pod["containers"]
    assert values["repoServer"]["volumes"] == pod["volumes"]
    assert values["configs"]["params"] == shipped("settings.yaml")["data"]


def steps(file: Path) -> list[dict[str, Any]]:
    found = yaml.safe_load(file.read_text())
    jobs = found["jobs"].values() if "jobs" in found else [found["runs"]]
    return [step for job in jobs for step in job.get("steps", [])]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_an_action_of_others_is_pinned_and_no_script_holds_an_expression(file: Path) -> None:
    """An expression in a script is text that somebody else may have written, and would run."""
    for step in steps(file):
        if "uses" in step and not step["uses"].startswith("./"):
            assert re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", step["uses"])
        if file.stem in ("preview", "action", "release"):
            assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("there", [[], [7], [7, 8]])
def test_the_comment_is_made_once_and_then_updated(tmp_path: Path, there: list[int]) -> None:
    """The action's own script, with the command and the code host's client written down."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "reconciler").write_text(f"#!/bin/sh\nprintf '%s\\n' '{MARK}' text\nexit 1\n")
    found = " ".join(map(str, there))
    (programs / "gh").write_text(
        '#!/bin/sh\necho "$@" >> "$CALLS"\n'
        f'case "$*" in *--paginate*) for id in {found}; do echo "$id"; done;; esac\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    (tmp_path / "preview").mkdir()
    calls = tmp_path / "calls"
    calls.touch()
    [script] = [s["run"] for s in steps(PREVIEW) if s["name"] == "Comment"]
    variables = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_REPOSITORY": "fleet/apps",
        "NUMBER": "5",
        "BASE": "origin/main",
        "WHOLE": "https://git.example.org",
        "LIMIT": "60000",
        "CALLS": str(calls),
    }
    for may_write in ("false", "true"):
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            env={**variables, "MAY_WRITE": may_write},
            check=True,
        )
        if may_write == "false":
            assert not calls.read_text()
    last = calls.read_text().splitlines()[-1]
    issues = "repos/fleet/apps/issues"
    assert (f"PATCH {issues}/comments/7 " if there else f"POST {issues}/5/comments") in last
    assert MARK in (tmp_path / "summary").read_text()


PAGE = ROOT / "docs/how-to/argocd-plugin.md"


def on_the_page(about: str) -> str:
    """The block of the page in which this is said."""
    blocks = re.findall(r"```(?:yaml|text)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    [found] = [block for block in blocks if about in block]
    return str(found)


def rendered(kernel: Kernel, files: dict[str, bytes], folder: str) -> list[dict[str, Any]]:
    with Renderer(kernel=kernel) as renderer:
        manifest = renderer.render(MemoryTree(files), folder).manifest
    return list(yaml.safe_load_all(manifest))


REPO_SERVER = b"""apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec: {template: {spec: {containers: [{name: argocd-repo-server, image: argocd}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm}
"""


def test_the_sidecar_gets_the_credentials_that_the_page_gives_it(kernel: Kernel) -> None:
    files = {f"plugin/{p.name}": p.read_bytes() for p in (ROOT / "argocd-plugin").glob("*.yaml")}
    patches = on_the_page("GIT_CONFIG_GLOBAL").encode()
    files |= {
        "argocd/kustomization.yaml": b"resources: [a.yaml]\ncomponents: [../plugin]\n" + patches,
        "argocd/a.yaml": REPO_SERVER,
    }
    [pod] = [
        o["spec"]["template"]["spec"]
        for o in rendered(kernel, files, "argocd")
        if o["kind"] == "Deployment"
    ]
    [sidecar] = [c for c in pod["containers"] if c["name"] == "reconciler"]
    [shipped_one] = shipped("sidecar.yaml")["spec"]["template"]["spec"]["containers"]
    assert {m["name"] for m in sidecar["volumeMounts"]} == {
        "reconciler-git",
        *(m["name"] for m in shipped_one["volumeMounts"]),
    }
    assert " ".join(shipped_one["args"]).replace(" 0", "=0") in " ".join(sidecar["args"])
    assert {v["name"] for v in pod["volumes"]} >= {"reconciler-git", "reconciler-tmp"}


def test_git_takes_the_credentials_that_the_page_gives_it(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(on_the_page("password=TOKEN"))
    config = on_the_page("[credential").replace("/etc/reconciler-git", str(tmp_path))
    (tmp_path / "gitconfig").write_text(config)
    done = subprocess.run(
        ["git", "credential", "fill"],
        input="protocol=https\nhost=HOST\npath=OWNER/REPO\n\n",
        env={**os.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "username=reconciler\npassword=TOKEN\n" in done.stdout


def test_automated_sync_can_be_left_out_as_the_page_says(kernel: Kernel) -> None:
    folder = "environments/argocd"
    files = {f"{folder}/{p.name}": p.read_bytes() for p in (ROOT / folder).glob("*.yaml")}
    files["argocd/kustomization.yaml"] = on_the_page("syncPolicy/automated").encode()
    automated = {
        o["metadata"]["name"]: "automated" in o["spec"]["template"]["spec"]["syncPolicy"]
        for o in rendered(kernel, files, "argocd")
        if o["kind"] == "ApplicationSet"
    }
    assert automated == {"dev": True, "stage": True, "prod": False}
