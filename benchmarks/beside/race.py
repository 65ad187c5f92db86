"""How fast each of the three is, one after the other: python -m benchmarks.beside.race.

On one API server, with nothing else at work: a thousand objects in one app from nothing, looking
at them once more, and a thousand apps of four objects from nothing. Beside them kubectl, and the
bare requests over as many connections as we use. It takes about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from benchmarks.beside.repository import ENVIRONMENT, SharedRepository
from benchmarks.beside.sets import BrokenSet, Release, config_map
from benchmarks.beside.tools import ArgoCd, Flux, Kubectl, Ours, Tool
from benchmarks.measure import resident_mib, seconds
from reconciler.api import apps_of
from reconciler.api import connect as reconciled
from reconciler.cluster.api_access import access_of
from reconciler.cluster.api_errors import CONFLICT, accepting
from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import Context, read_kubeconfig
from reconciler.cluster.trust import tls_context
from reconciler.testbed.assembly import programs_of
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import down, up
from tests.peers import compiled

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "overlays/reconciler/base/definitions.yaml"
OBJECTS, APPS, IN_EACH = 1_000, 1_000, 4
CONNECTIONS = 8
SETTLING_SECONDS = 10.0
PATIENCE_SECONDS = 420.0
MORE = "x" * 800
PROGRAMS = {
    "argocd": ("argocd-",),
    "flux": ("source-controller", "kustomize-controller"),
    "ours": ("reconciler-kernel", "reconciler\0run"),
}
OURS = "/apis/reconciler.dev/v1alpha1/namespaces/reconciler-system/reconciledapps"
ASKED = {
    "ours": (
        f"{OURS}/{ENVIRONMENT}.many",
        "reconciler.dev/requested-at",
    ),
    "flux": (
        "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/many",
        "reconcile.fluxcd.io/requestedAt",
    ),
    "argocd": (
        "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/many",
        "argocd.argoproj.io/refresh",
    ),
}
MANY = BrokenSet(
    "many", "", (Release(tuple(config_map(f"c{i}", more=MORE) for i in range(OBJECTS))),)
)
SMALL = [
    BrokenSet(
        f"a{n}",
        "",
        (Release(tuple(config_map(f"a{n}-{i}", more=MORE) for i in range(IN_EACH))),),
        shares="small",
    )
    for n in range(APPS)
]


class Race:
    def __init__(self, place: Path, folder: TestbedFolder) -> None:
        state = folder.state()
        assert state
        self._place, self._folder = place, folder
        self._kubectl = Kubectl(folder)
        self._context = read_kubeconfig([str(folder.kubeconfig)]).context()
        self._client: BlockingApiClient = connect(self._context, os.environ)
        self._repository = SharedRepository(place / "repository", state.variables)

    def run(self, *, once: bool) -> Iterator[str]:
        self._kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
        bare = self._timed("bare-many", OBJECTS, lambda: asyncio.run(self._bare("bare-many")))
        yield f"{OBJECTS:,} objects: {bare:.2f} s for the requests alone"
        kubectl = self._timed("kubectl-many", OBJECTS, lambda: self._by_kubectl("kubectl-many"))
        yield f"{OBJECTS:,} objects: {kubectl:.2f} s kubectl apply --server-side"
        self._repository.commit_alone("ours", [MANY])
        ours = self._timed("ours-many", OBJECTS, lambda: self._ours("apply", "--no-check"))
        yield (
            f"{OBJECTS:,} objects: {ours:.2f} s reconciler apply ="
            f" {ours / bare:.1f} of the requests alone, {kubectl / ours:.1f} x of kubectl"
        )
        again = seconds(lambda: self._ours("apply", "--no-check"))
        diff = seconds(lambda: self._by_kubectl("kubectl-many", "diff"))
        yield f"nothing to do: {again:.2f} s, kubectl diff {diff:.2f} s = {diff / again:.1f} x"
        self._ours("uninstall", "--yes")
        began: list[float] = []
        self._timed("ours-many", OBJECTS, lambda: asyncio.run(self._by_library(began)))
        library = time.perf_counter() - began[0]
        yield (
            f"{OBJECTS:,} objects: {library:.2f} s reconciler.api, plan and apply ="
            f" {library / bare:.1f} of the requests alone"
        )
        self._ours("uninstall", "--yes")
        tools = () if once else (self._begin_ours, self._begin_flux, self._begin_argocd)
        for begin in tools:
            yield from self._kept(begin())

    def _kept(self, tool: Tool) -> Iterator[str]:
        name = tool.name
        self._repository.commit_alone(name, [MANY])
        many = self._timed(f"{name}-many", OBJECTS, lambda: tool.keep([MANY]))
        yield f"{name}: {OBJECTS:,} objects from nothing {many:.2f} s"
        time.sleep(SETTLING_SECONDS)
        looks = sorted(seconds(lambda: self._look_again(name)) for _ in range(5))
        yield f"{name}: asked to look at them once more {looks[2]:.2f} s (median of 5)"
        before = cpu_seconds(name)

        def begin() -> None:
            self._repository.commit_alone(name, [MANY, *SMALL])
            if name != "ours":
                tool.keep(SMALL)
            tool.wake(SMALL)

        try:
            small = self._timed(f"{name}-small", APPS * IN_EACH, begin)
            yield f"{name}: {APPS:,} apps of {IN_EACH} from nothing {small:.1f} s"
        except TimeoutError as e:
            yield f"{name}: {APPS:,} apps of {IN_EACH} from nothing: {e}"
        time.sleep(SETTLING_SECONDS)
        memory = sum(map(resident_mib, processes(name)))
        yield f"{name}: {memory:,.0f} MiB, {cpu_seconds(name) - before:.1f} s of a core"
        self._stop(name)

    def _begin_ours(self) -> Tool:
        return Ours(self._repository, self._folder, self._place)

    def _begin_flux(self) -> Tool:
        tool = Flux(self._kubectl, self._repository, self._folder, self._place)
        time.sleep(SETTLING_SECONDS)
        return tool

    def _begin_argocd(self) -> Tool:
        return ArgoCd(self._kubectl, self._repository)

    def _stop(self, name: str) -> None:
        for pid in processes(name) if name != "argocd" else ():
            os.kill(pid, 9)

    def _timed(self, namespace: str, objects: int, work: Callable[[], object]) -> float:
        """Until so many objects are there."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        with accepting(CONFLICT):
            self._client.create("/api/v1/namespaces", body)
        time.sleep(1)
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        began = time.perf_counter()
        work()
        while (there := self._count(path)) < objects:
            if time.perf_counter() > began + PATIENCE_SECONDS:
                raise TimeoutError(f"{there:,} objects after {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.02)
        return time.perf_counter() - began

    def _count(self, path: str) -> int:
        """But for the certificates that every namespace has."""
        found = json.loads(self._client.ask("GET", f"{path}?limit=1").content)
        there = len(found["items"]) + int(found["metadata"].get("remainingItemCount") or 0)
        return there - 1

    def _look_again(self, name: str) -> None:
        """Each is asked in its own way, until it says that it has."""
        path, annotation = ASKED[name]
        mark = "normal" if name == "argocd" else str(time.time_ns())
        self._client.merge_patch(path, {"metadata": {"annotations": {annotation: mark}}})
        while True:
            found = self._client.get(path) or {}
            if name == "argocd":
                if annotation not in found["metadata"].get("annotations", {}):
                    return
            elif found["status"].get("lastHandledReconcileAt") == mark:
                return
            time.sleep(0.005)

    def _by_kubectl(self, namespace: str, verb: str = "apply") -> None:
        many = {"apiVersion": "v1", "kind": "List", "items": [*self._bodies(namespace)]}
        subprocess.run(
            [
                *(str(self._folder.bin / "kubectl"), "--kubeconfig", str(self._folder.kubeconfig)),
                *(verb, "--server-side", "-f", "-"),
            ],
            input=json.dumps(many).encode(),
            capture_output=True,
        )

    async def _bare(self, namespace: str) -> None:
        context: Context = self._context
        access = access_of(context, os.environ)
        tls = tls_context(access, await access.source.fetch())
        left = iter([*self._bodies(namespace)])
        async with aiohttp.ClientSession(access.address) as session:

            async def work() -> None:
                for body in left:
                    name = body["metadata"]["name"]
                    async with session.patch(
                        f"/api/v1/namespaces/{namespace}/configmaps/{name}?fieldManager=bare",
                        data=json.dumps(body),
                        headers={"Content-Type": "application/apply-patch+yaml"},
                        ssl=tls,
                    ) as answer:
                        await answer.read()

            await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    async def _by_library(self, began: list[float]) -> None:
        """In a process that has rendered it already, as one that stays has."""
        [app] = apps_of(str(self._place / "repository"), [f"{ENVIRONMENT}/many"])
        kubeconfig = str(self._folder.kubeconfig)
        async with reconciled(app.environment, kubeconfig, self._context.name) as cluster:
            await cluster.plan(app)
            began.append(time.perf_counter())
            await cluster.apply(await cluster.plan(app))

    def _bodies(self, namespace: str) -> Iterator[dict[str, dict[str, str]]]:
        for o in MANY.release(1).objects:
            yield {**o, "metadata": {**o["metadata"], "namespace": namespace}}

    def _ours(self, verb: str, *options: str) -> None:
        subprocess.run(
            [
                *(sys.executable, "-m", "reconciler", verb, f"{ENVIRONMENT}/many", *options),
                *("--kubeconfig", str(self._folder.kubeconfig), "--context", self._context.name),
            ],
            cwd=self._place / "repository",
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )


def processes(name: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = f"{os.readlink(folder / 'exe')}\0{(folder / 'cmdline').read_text()}"
        except OSError:
            continue
        if any(word in said for word in PROGRAMS[name]):
            found.append(int(folder.name))
    return found


def cpu_seconds(name: str) -> float:
    ticks = 0
    for pid in processes(name):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def race(place: Path) -> Iterator[Race]:
    parts = TestbedOptions(gitea=True, argocd=True)
    folder = TestbedFolder(place, "race")
    with up(folder, parts, {name: compiled(name) for name in programs_of(parts)}):
        try:
            yield Race(place, folder)
        finally:
            down(folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beside.race", description=__doc__)
    parser.add_argument("--once", action="store_true", help="only what applies once, and ends")
    once = parser.parse_args().once
    with tempfile.TemporaryDirectory(prefix="race-") as place, race(Path(place)) as running:
        for line in running.run(once=once):
            print(line, flush=True)


if __name__ == "__main__":
    main()
