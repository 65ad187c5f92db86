"""What is measured. Each case yields lines of a report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hatch_build
from benchmarks.cluster import cluster
from benchmarks.fleet import (
    APPS_PER_BASE,
    DEPLOYMENT,
    commit,
    entry,
    write,
    write_fleet,
    write_pinned,
)
from benchmarks.guards import policies
from benchmarks.measure import in_turn, parallel_builds, process, resident_mib, seconds
from benchmarks.plugin import plugin, plugin_memory
from benchmarks.repo_server import plugin_chain
from benchmarks.running import running
from benchmarks.schemas import write_schemas
from benchmarks.secrets import (
    certificate_of_a_controller,
    rsa_and_aes,
    sealed_stream,
    secrets,
)
from reconciler.checks.check import check as check_apps
from reconciler.compare.app_differences import differences, same_folders
from reconciler.git.repository import Repository
from reconciler.git.snapshots import Snapshots
from reconciler.model.plaintext import PlaintextRules
from reconciler.render.binary import CHECKING
from reconciler.render.folders import kustomizations
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from reconciler.render.renderer import Renderer
from reconciler.render.stores.disk import DiskStore
from reconciler.sealing.certificate import read_certificate
from reconciler.sealing.plaintext.rendered import Rendering
from reconciler.sealing.plaintext.scan import Scanner
from reconciler.trees.commit import commit_tree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo
from tests.peers import compiled
from tests.promotion.fleet import entry as promoted_entry
from tests.promotion.fleet import environments, overlay

Lines = Iterator[str]
STAGED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\ndata: {{a: b}}\n",
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: c{i}}}\n"
    f"# A Secret\nspec: {{{{encryptedData: {{{{a: {'Ag' * 400}}}}}}}}}\n",
    DEPLOYMENT,
    "apiVersion: v1\nkind: Secret\nmetadata: {{name: c{i}}}\n"
    "stringData:\n  password: '{{{{ .password }}}}'\n  user: ''\n",
)
CORES = os.cpu_count() or 1
APPS = 1000


def app(place: Path, kustomize: Path) -> Lines:
    """One app of 19 objects, one render at a time, nothing cached."""
    write_fleet(place, 1)
    with Kernel() as kernel:
        # A tree of its own each time: the files are read and sent again, as for a new revision.
        def render() -> None:
            kernel.render(WorkTree(str(place)), entry(0), DEFAULTS).result()

        times = in_turn(
            {"kernel": render, "kustomize": process(kustomize, "build", place / entry(0))}, 40
        )
    yield compared(times, "kernel", "kustomize")


def fleet(place: Path, kustomize: Path) -> Lines:
    """A thousand apps from cold; then after one overlay and after one base changed."""
    folders = write_fleet(place, APPS)
    builds = parallel_builds(kustomize, place, folders, CORES)
    spent = {"kustomize": seconds(builds)}
    with Renderer(DiskStore(str(place / ".git" / "cache"))) as renderer:
        renderer.kernel.start()
        git = Repository(str(place))
        spent["cold"] = seconds(lambda: renderer.render_all(commit_tree(git, "HEAD"), folders))
        yield f"{APPS} apps on {CORES} cores: {compared(spent, 'cold', 'kustomize')}"

        def again(label: str) -> str:
            counted: list[int] = []

            def update() -> None:
                renders = renderer.render_all(commit_tree(git, "HEAD"), folders)
                counted.append(sum(not r.cached for r in renders))

            spent[label] = seconds(update)
            return f"{label}: {compared(spent, label, 'kustomize')}, {counted[0]} rendered"

        yield again("nothing changed")
        for number in range(3):
            patch = place / entry(number) / "patch.yaml"
            patch.write_text(patch.read_text().replace("2Gi", "3Gi"))
            commit(place)
            yield again("one overlay changed")
        write(place, {"overlays/base1/deployment-0.yaml": DEPLOYMENT.format(i=0) + "# changed\n"})
        commit(place)
        yield again(f"one base of {APPS_PER_BASE} apps changed")


def diff(place: Path, _: Path) -> Lines:
    """What differs between two commits of a thousand apps of which three changed, all cached."""
    write_fleet(place, APPS)
    for number in (3, 333, 777):
        patch = place / entry(number) / "patch.yaml"
        patch.write_text(patch.read_text().replace("2Gi", "3Gi"))
    commit(place)
    reconciler = Path(sys.executable).with_name("reconciler")

    def command(*sides: str) -> str:
        return subprocess.run(
            [reconciler, "diff", "--stat", *sides], cwd=place, capture_output=True, text=True
        ).stdout

    sides = ("--from", "HEAD~1", "--to", "HEAD")
    cold = seconds(lambda: command(*sides))
    times = in_turn(
        {"commits": lambda: command(*sides), "disk": lambda: command("--from", "HEAD~1")}, 10
    )
    yield f"{command(*sides).splitlines()[-1]}; with an empty cache {cold:,.1f} s"
    for name, spent in times.items():
        yield f"as a process, {name}: {spent * 1000:,.0f} ms"
    with Renderer(DiskStore(os.environ["RECONCILER_CACHE"])) as renderer:
        git = Repository(str(place))
        pairs = same_folders(*[kustomizations(commit_tree(git, "HEAD"), ["environments/**"])] * 2)

        def compare() -> None:
            differences(renderer, commit_tree(git, "HEAD~1"), commit_tree(git, "HEAD"), pairs)

        spent = in_turn({"": compare}, 10)[""]
        yield f"the comparison alone: {spent * 1000:,.0f} ms, {renderer.kernel.renders} rendered"


def command(place: Path, kustomize: Path) -> Lines:
    """The command as a process, start to end; then a whole environment against a loop."""
    write_fleet(place, 16)
    reconciler = Path(sys.executable).with_name("reconciler")
    one = place / entry(0)
    times = in_turn(
        {
            "python -c pass": process(sys.executable, "-c", "pass"),
            "cached": process(reconciler, "render", one),
            "cached, pinned": process(reconciler, "render", place / write_pinned(place)),
            "kustomize": process(kustomize, "build", one),
        },
        30,
    )
    times["uncached"] = in_turn({"": lambda: uncached(reconciler, one)}, 20)[""]
    for name in ("cached", "cached, pinned", "uncached"):
        ratio = times[name] / times["python -c pass"]
        yield f"{name}: {compared(times, name, 'kustomize')}, {ratio:.1f} x python -c pass"
    for count in (1, 2, 4, 8, 16):
        folders = [str(place / entry(i)) for i in range(count)]

        def loop(folders: list[str] = folders) -> None:
            for folder in folders:
                process(kustomize, "build", folder)()

        both = in_turn(
            {"one process": process(reconciler, "render", "--no-cache", *folders), "loop": loop}, 5
        )
        yield f"{count} apps uncached: {compared(both, 'one process', 'loop')}"


def uncached(reconciler: Path, folder: Path) -> None:
    cache = Path(os.environ["RECONCILER_CACHE"])
    for file in cache.glob("renders*"):
        file.unlink()
    process(reconciler, "render", folder)()


def memory(place: Path, _: Path) -> Lines:
    """Ten thousand renders, one after another, in one process."""
    folders = write_fleet(place, 100)
    tree = WorkTree(str(place))
    with Kernel() as kernel:
        samples = []
        for number in range(10_000):
            if number % 10 == 0:
                tree = WorkTree(str(place))
            kernel.render(tree, folders[number % 100], DEFAULTS).result()
            if number % 1000 == 999:
                samples.append((resident_mib(os.getpid()), resident_mib(kernel.pid())))
    for label, sizes in zip(("this process", "kernel"), zip(*samples, strict=True), strict=True):
        later = sizes[len(sizes) // 2 :]
        slope = (later[-1] - later[0]) / (len(later) - 1)
        yield (
            f"{label}: {sizes[0]:.0f} MiB after 1,000, {sizes[-1]:.0f} after 10,000, "
            f"at most {max(sizes):.0f}; {slope:+.2f} MiB per 1,000 in the second half"
        )


def checkout(place: Path, _: Path) -> Lines:
    """A commit of 50,000 files: what one render reads of it."""
    folders = write_fleet(place, 100)
    write(place, {f"other/{i // 500}/{i}.txt": str(i) for i in range(50_000)})
    commit(place)
    before = listing(place)
    with Kernel() as kernel:
        tree = commit_tree(Repository(str(place)), "HEAD")
        spent = seconds(lambda: kernel.render(tree, folders[3], DEFAULTS).result())
        paths = kernel.render(tree, folders[3], DEFAULTS).result().paths
    files = sum(tree.look(path).kind == "file" for path in paths)
    written = len(listing(place) - before)
    yield (
        f"{tree.blobs_read} blobs read, {files} files in the closure, "
        f"{written} files written, {spent * 1000:.0f} ms with the kernel's start"
    )


def listing(place: Path) -> set[tuple[Path, int]]:
    return {(p, p.stat().st_mtime_ns) for p in place.rglob("*") if p.is_file()}


def check(place: Path, kustomize: Path) -> Lines:
    """A hundred apps with five policies, against kubeconform for types and kyverno for policies."""
    folders = write_fleet(place, 100)
    write(place, policies())
    commit(place)
    reconciler = Path(sys.executable).with_name("reconciler")
    out, deployments = place / ".git" / "out", place / ".git" / "deployments"
    out.mkdir()
    deployments.mkdir()
    with Renderer() as renderer:
        for i, render in enumerate(renderer.render_all(WorkTree(str(place)), folders)):
            (out / f"{i}.yaml").write_bytes(render.manifest)
            objects = render.manifest.split(b"---\n")
            # Kyverno takes an object that no policy is about for an error, and for more time.
            wanted = [o for o in objects if b"\nkind: Deployment\n" in o]
            (deployments / f"{i}.yaml").write_bytes(b"---\n".join(wanted))
    kinds = ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "ConfigMap")
    schemas = write_schemas(place / ".git" / "schemas", kinds)
    ours = process(reconciler, "check", "--level", "error", place / "environments/prod")

    def from_nothing() -> None:
        for file in Path(os.environ["RECONCILER_CACHE"]).glob("renders*"):
            file.unlink()
        ours()

    times = {"from nothing": seconds(from_nothing)}
    times |= in_turn(
        {
            "again": ours,
            "kustomize": parallel_builds(kustomize, place, folders, CORES),
            "kubeconform": process(
                compiled("kubeconform"), "-strict", "-schema-location", schemas, out
            ),
            "kyverno": process(
                compiled("kyverno"), "apply", place / "policies", "--resource", deployments
            ),
        },
        3,
    )
    patch = place / entry(7) / "patch.yaml"
    patch.write_text(patch.read_text().replace("2Gi", "3Gi"))
    times["one changed"] = seconds(ours)
    theirs = times["all theirs"] = sum(times[n] for n in ("kustomize", "kubeconform", "kyverno"))
    for name in ("from nothing", "one changed", "again"):
        yield f"{name}: {compared(times, name, 'all theirs')}"
    for name in ("kustomize", "kubeconform", "kyverno"):
        yield f"of theirs {name}: {times[name] * 1000:,.0f} ms, {times[name] / theirs:.0%}"
    with Kernel(CHECKING) as kernel, Renderer(kernel=kernel) as renderer:
        check_apps(renderer, WorkTree(str(place)), folders)
        yield f"kernel: {resident_mib(kernel.pid()):.0f} MiB after all of them"


def seal(place: Path, _: Path) -> Lines:
    """A thousand values in 200 documents, against kubeseal: a process a document, one a value."""
    kubeseal, reconciler = compiled("kubeseal"), Path(sys.executable).with_name("reconciler")
    pem, key = certificate_of_a_controller()
    (place / "cert.pem").write_bytes(pem)
    texts = secrets(documents=200, values=5)
    for i, text in enumerate(texts):
        (place / f"{i}.yaml").write_text(text)
    (place / "all.yaml").write_text("---\n".join(texts))
    theirs: list[str | Path] = [kubeseal, "--cert", place / "cert.pem", "--format", "yaml"]

    def loop(count: int, *more: str | Path) -> float:
        """The seconds of so many processes, of which some are run: each costs the same."""
        return seconds(lambda: [process(*theirs, *more)() for _ in range(40)]) / 40 * count

    one = ("--secret-file", place / "0.yaml")
    raw = ("--raw", "--name", "a", "--namespace", "b", "--from-file", place / "0.yaml")
    documents = (place / "all.yaml").read_bytes()
    mill = read_certificate(pem, "cert.pem")
    times = in_turn(
        {
            "in this process": lambda: sealed_stream(documents, mill),
            "as one process": process(
                reconciler, "seal", "--cert", place / "cert.pem", "-f", place / "all.yaml"
            ),
            "RSA and AES alone": lambda: rsa_and_aes(key.public_key(), 1000),
            "one kubeseal for all": process(*theirs, "--secret-file", place / "all.yaml"),
        },
        5,
    )
    times["200 kubeseals"], times["1,000 kubeseals"] = loop(200, *one), loop(1000, *raw)
    for name in ("in this process", "as one process"):
        for other in ("200 kubeseals", "1,000 kubeseals", "one kubeseal for all"):
            yield f"{name}: {compared(times, name, other)}"
    share = times["RSA and AES alone"] / times["in this process"]
    yield f"of the time in this process, {share:.0%} is RSA and AES"


def collector(place: Path, _: Path) -> Lines:
    """How much memory the kernel may fill with garbage: one app, warm, in Go alone."""
    write_fleet(place, 1)
    go = hatch_build.find_go()
    for mib in (32, 48, 64, 96, 128, 256):
        done = subprocess.run(
            [str(go), "test", "-run=^$", "-bench=Render", "-benchtime=3s", "./internal/render"],
            cwd=hatch_build.KERNEL,
            env={
                **os.environ,
                "GOGC": "off",
                "GOMEMLIMIT": f"{mib}MiB",
                "BENCH_ROOT": str(place),
                "BENCH_PATH": entry(0),
            },
            capture_output=True,
            text=True,
        )
        found = re.search(r"(\d+) ns/op", done.stdout)
        yield f"{mib:4} MiB: {int(found[1]) / 1e6:.1f} ms" if found else done.stdout


def hook(place: Path, _: Path) -> Lines:
    """2,000 staged files before a commit: a quarter each without secrets, sealed, and templated."""
    write(place, {f"apps/a{i // 20}/f{i}.yaml": STAGED[i % 4].format(i=i) for i in range(2000)})
    git = ["git", "-C", str(place)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    snapshots = Snapshots(str(place))
    blobs = list(snapshots.staged().changed.values())

    def alone() -> None:
        """What of it Git does: listing what is staged, and reading it."""
        snapshots.staged()
        snapshots.files("")
        for _ in snapshots.read(blobs):
            pass

    def nothing() -> Rendering:
        raise AssertionError("there is no kustomization to render")

    def scan() -> None:
        Scanner(snapshots, PlaintextRules(), nothing).scan(snapshots.staged())

    reconciler = Path(sys.executable).with_name("reconciler")
    command = process(reconciler, "secrets", "forbid", "--root", place)
    times = in_turn({"command": command, "scan": scan, "Git": alone}, 10)
    ms = {name: f"{spent * 1000:,.0f} ms" for name, spent in times.items()}
    own = (times["command"] - times["Git"]) * 1000
    yield f"reconciler secrets forbid: {ms['command']}, Git's part {ms['Git']}, ours {own:,.0f} ms"
    yield f"looking at what Git gives: {(times['scan'] - times['Git']) * 1000:,.0f} ms"


def compared(times: dict[str, float], ours: str, theirs: str) -> str:
    return (
        f"{times[ours] * 1000:,.1f} ms, {theirs} {times[theirs] * 1000:,.1f} ms "
        f"= {times[theirs] / times[ours]:,.1f} x"
    )


def promote(place: Path, kustomize: Path) -> Lines:
    """The plan of a promotion of 100 apps with its rendered differences, nothing cached."""
    repo = Repo(place / "repo")
    names = [f"app{i}" for i in range(100)]
    for name in names:
        repo.write(overlay(name, 1))
    first = repo.commit(environments())
    for name in names:
        for environment in ("stage", "prod"):
            repo.write(promoted_entry(environment, first, app=name))
    before = repo.commit()
    for name in names:
        repo.write(overlay(name, 2))
    second = repo.commit()
    for name in names:
        repo.write(promoted_entry("stage", second, "v2", app=name))
    after = repo.commit()
    work = ["-m", "reconciler", "promote", "stage", "prod", "--all", "--dry-run", "--offline"]
    plan = process(Path(sys.executable), *work, "--no-cache", "--root", repo.path)

    def builds() -> None:
        for commit_name in (before, after):
            tree = place / commit_name
            repo.git("worktree", "add", "--detach", str(tree), commit_name)
            folders = [f"overlays/{name}/prod" for name in names]
            parallel_builds(kustomize, tree, folders, CORES)()
            repo.git("worktree", "remove", str(tree))

    times = in_turn({"promote": plan, "builds": builds}, 3)
    yield f"promote --dry-run --offline        {times['promote']:6.2f} s"
    yield f"git worktree, 200 kustomize build {times['builds']:6.2f} s, {CORES} at a time"
    yield f"ratio                             {times['builds'] / times['promote']:6.1f}"


ALL: dict[str, Callable[[Path, Path], Lines]] = {
    "app": app,
    "fleet": fleet,
    "diff": diff,
    "command": command,
    "memory": memory,
    "checkout": checkout,
    "check": check,
    "seal": seal,
    "collector": collector,
    "plugin": plugin,
    "plugin-chain": plugin_chain,
    "plugin-memory": plugin_memory,
    "hook": hook,
    "promote": promote,
    "cluster": cluster,
    "running": running,
}
