"""One run: the sets in a good state, the broken commit, what mends it, and what was seen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.beside.audit import AuditLog
from benchmarks.beside.judgement import Judge, Phase
from benchmarks.beside.repository import SharedRepository
from benchmarks.beside.sets import BrokenSet, Mending, Object, all_sets, definition
from benchmarks.beside.tools import ArgoCd, Flux, Kubectl, Ours, Tool
from benchmarks.beside.witness import Witness
from reconciler.cluster.blocking_client import connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.testbed.assembly import programs_of
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import down, up
from tests.peers import compiled

PATIENCE_SECONDS = 300.0
SETTLING_SECONDS = 30.0
BROKEN_SECONDS = 90.0
MENDED_SECONDS = 150.0
LAST_SECONDS = 240.0
PARTS = TestbedOptions(gitea=True, argocd=True)
Sets = Mapping[str, Sequence[BrokenSet]]
# By set: a cell for each tool, and what each said last while it was broken, and at the end.
Cells = dict[str, dict[str, str]]


class Comparison:
    def __init__(self, place: Path, folder: TestbedFolder, audit: AuditLog, names: Sequence[str]):
        self._audit = audit
        self._place = place
        self._kubectl = Kubectl(folder)
        state = folder.state()
        assert state
        self._repository = SharedRepository(place / "repository", state.variables)
        self.tools: tuple[Tool, ...] = (
            ArgoCd(self._kubectl, self._repository),
            Flux(self._kubectl, self._repository, folder, place),
            Ours(self._repository, folder, place),
        )
        self._sets: Sets = {
            tool.name: [s for s in all_sets(tool.name) if not names or s.name in names]
            for tool in self.tools
        }
        groups = [
            f"{which}.{tool}.example.org" for tool in self._sets for which in ("late", "together")
        ]
        context = read_kubeconfig([str(folder.kubeconfig)]).context()
        self._witness = Witness(connect(context, os.environ), groups)

    def run(self) -> tuple[Cells, Cells, Cells]:
        places = {
            s.namespace(tool, n) for tool, its in self._sets.items() for s in its for n in (1, 2)
        }
        self._kubectl.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": p}}
            for p in sorted(places)
        )
        self._repository.commit(self._sets, 1)
        for tool in self.tools:
            tool.keep(self._sets[tool.name])
        self._witness.start()
        began = time.monotonic()
        self._wait_good(began)
        time.sleep(SETTLING_SECONDS)
        since = datetime.now(UTC).isoformat()
        self._kubectl.apply([self._webhook()])
        broken = self._committed(2, BROKEN_SECONDS)
        said = self._said()
        from_outside = self._mended_from_outside()
        by_commit = self._committed(3, LAST_SECONDS)
        said_at_last = self._said()
        self._witness.end()
        writes = [w for w in self._audit.writes() if w.at >= since]
        cells: Cells = {}
        for name, its in self._sets.items():
            judge = Judge(self._witness.seen, writes, name)
            for one in its:
                outside = one.mending in (Mending.definition, Mending.webhook)
                mended = from_outside if outside else by_commit
                if len(one.releases) > 1:
                    cells.setdefault(one.what, {})[name] = judge.cell(one, broken, mended)
        return cells, said, said_at_last

    def _mended_from_outside(self) -> Phase:
        print("what stands around is mended", file=sys.stderr)
        self._kubectl("delete", "validatingwebhookconfiguration", "beside")
        self._kubectl.apply(definition(f"late.{tool}.example.org") for tool in self._sets)
        began = time.monotonic()
        time.sleep(MENDED_SECONDS)
        return Phase(3, began, time.monotonic())

    def _committed(self, number: int, seconds: float) -> Phase:
        print(f"commit {number}", file=sys.stderr)
        self._repository.commit(self._sets, number)
        began = time.monotonic()
        for tool in self.tools:
            tool.wake(self._sets[tool.name])
        time.sleep(seconds)
        return Phase(number, began, time.monotonic())

    def _wait_good(self, began: float) -> None:
        def missing() -> list[str]:
            return [
                f"{s.namespace(tool, 1)} {name}"
                for tool, its in self._sets.items()
                for s in its
                for name in s.release(1).names()
                if not self._witness.seen.get((s.namespace(tool, 1), name))
            ]

        while left := missing():
            if time.monotonic() > began + PATIENCE_SECONDS:
                raise RuntimeError(f"not there: {left[:5]}; {self._said()}")
            time.sleep(1)
        print(f"all is there after {time.monotonic() - began:.0f} s", file=sys.stderr)

    def _said(self) -> Cells:
        found: Cells = {}
        for tool in self.tools:
            for one in self._sets[tool.name]:
                found.setdefault(one.what, {})[tool.name] = tool.said(one)
        return found

    def _webhook(self) -> Object:
        namespaces = [f"{tool}-webhook" for tool in self._sets]
        key = "kubernetes.io/metadata.name"
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["services"]}
        hook = {
            "name": "down.example.org",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 2,
            "failurePolicy": "Fail",
            "clientConfig": {"url": "https://127.0.0.1:1/"},
            "rules": [{**rule, "operations": ["CREATE", "UPDATE"]}],
            "namespaceSelector": {
                "matchExpressions": [{"key": key, "operator": "In", "values": namespaces}]
            },
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "beside"},
            "webhooks": [hook],
        }


@contextmanager
def comparison(place: Path, names: Sequence[str]) -> Iterator[Comparison]:
    """All three tools at one API server that keeps a record."""
    programs = {name: compiled(name) for name in programs_of(PARTS)}
    audit = AuditLog(place, programs["kube-apiserver"])
    folder = TestbedFolder(place, "beside")
    with up(folder, PARTS, {**programs, "kube-apiserver": audit.program}):
        try:
            yield Comparison(place, folder, audit, names)
        finally:
            down(folder)
