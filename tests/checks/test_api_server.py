"""What is found in manifests is what a real API server says of them."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import Testbed, down, up
from tests.checks.conftest import JudgeOne
from tests.checks.test_types import ACCEPTED, BROKEN

POLICIES = Path(__file__).parents[2] / "policies"
CASES = sorted(POLICIES.glob("*/cases/*.yaml"))
GUARDS = sorted(POLICIES.glob("*/policy.yaml"))
WARNING = re.compile(
    r"^Warning: Validation failed for ValidatingAdmissionPolicy '(\S+)' with binding '\S+': (.*)$",
    re.MULTILINE,
)
LAST_POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: last}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations: [{expression: "object.metadata.name != 'last'", message: is in force}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: last}
spec: {policyName: last, validationActions: [Warn]}
"""
Kubectl = Callable[..., "subprocess.CompletedProcess[str]"]
Says = Callable[[Mapping[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, control_plane: dict[str, Path]
) -> Iterator[Testbed]:
    """A cluster of its own, because policies are for all of a cluster."""
    folder = TestbedFolder(tmp_path_factory.mktemp("server"), "checks")
    with up(folder, TestbedOptions(), control_plane) as running:
        yield running
    down(folder)


@pytest.fixture(scope="module")
def kubectl(server: Testbed) -> Kubectl:
    program: list[str | Path] = [
        server.folder.bin / "kubectl",
        "--kubeconfig",
        server.folder.kubeconfig,
    ]

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*program, *arguments], capture_output=True, text=True)

    return run


@pytest.fixture(scope="module")
def says(
    kubectl: Kubectl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Says:
    """What it says against each of these manifests, and nothing of those that it takes."""

    def run(manifests: Mapping[str, str]) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("manifests")
        for name, manifest in manifests.items():
            (folder / f"{name}.yaml").write_text(manifest)
        done = kubectl("create", "--dry-run=server", "--validate=strict", "-f", folder)
        # Each message comes after the name of its file; some share a line.
        _, *found = re.split(rf'{folder}/(\S+)\.yaml"', done.stderr)
        return dict(zip(found[::2], found[1::2], strict=True))

    return run


@pytest.fixture(scope="module")
def refusals(says: Says) -> dict[str, str]:
    return says({str(number): manifest for number, manifest in enumerate(BROKEN)})


# kubectl takes a list apart before it asks the server about it.
SENT = [number for number, manifest in enumerate(BROKEN) if "kind: PodList" not in manifest]


@pytest.mark.parametrize("number", SENT)
def test_a_broken_object_is_refused_in_the_words_of_the_table(
    number: int, refusals: dict[str, str]
) -> None:
    (words,) = re.findall(r"^# says: (.+)$", BROKEN[number], re.MULTILINE)
    assert words in refusals[str(number)]


def test_the_objects_in_which_nothing_is_found_are_taken(says: Says) -> None:
    assert says({str(number): manifest for number, manifest in enumerate(ACCEPTED)}) == {}


@pytest.fixture(scope="module")
def guards(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The policies of this repository, in force. They warn, for a warning names each that fails."""
    files = {guard.parent.name: guard.read_text() for guard in GUARDS}
    for name, text in files.items():
        file = tmp_path_factory.mktemp("guards") / name
        file.write_text(text.replace("validationActions: [Deny]", "validationActions: [Warn]"))
        kubectl("create", "-f", file)
    for name, text in files.items():
        ask = ("get", "validatingadmissionpolicy", name, "-o", "jsonpath={.status}")
        kubectl("wait", "--for=jsonpath={.status.typeChecking}", ask[1], name)
        assert "expressionWarnings" not in kubectl(*ask).stdout, text
    # The server takes up policies in the order in which they came, so with the last it has all.
    last = tmp_path_factory.mktemp("guards") / "last"
    last.write_text(LAST_POLICY)
    kubectl("create", "-f", last)
    for _ in range(600):
        if "is in force" in kubectl("create", "configmap", "last", "--dry-run=server").stderr:
            return files
        time.sleep(0.05)
    raise AssertionError("the policies are not in force after 30 seconds")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parents[1].name}/{c.stem}")
def test_policies_say_of_their_cases_what_they_say_in_a_cluster(
    case: Path, guards: dict[str, str], kubectl: Kubectl, judge_one: JudgeOne, tmp_path: Path
) -> None:
    # A namespace for this case alone, with the labels that it has there.
    number = CASES.index(case)
    manifest = re.sub(
        r"^(  namespace: |kind: Namespace\nmetadata:\n  name: )(\S+)",
        rf"\1\2-{number}",
        case.read_text(),
        flags=re.MULTILINE,
    )
    expected: set[tuple[str, str, str]] = set()
    for document in re.split(r"^---\n", manifest, flags=re.MULTILINE):
        (tmp_path / "object.yaml").write_text(document)
        rehearse = () if "kind: Namespace" in document else ("--dry-run=server",)
        done = kubectl("create", *rehearse, "-f", tmp_path / "object.yaml", "-o", "name")
        assert done.returncode == 0, done.stderr
        name = done.stdout.strip().partition("/")[2]
        if not rehearse:  # no pod is taken before the account that it runs as
            kubectl("wait", "--for=create", "serviceaccount/default", "-n", name)
        expected.update((name, policy, words) for policy, words in WARNING.findall(done.stderr))
    found = judge_one(manifest, {f"policies/{name}.yaml": text for name, text in guards.items()})
    assert {
        (f.object.name, f.rule.removeprefix("policy/"), f.what)
        for f in found
        if f.object and f.rule.startswith("policy/")
    } == expected
    assert bool(expected) or case.stem.startswith("passes-")
