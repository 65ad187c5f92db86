"""The kernel's life: many renders at once, and nobody suffers for another's fault."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from reconciler.errors import KernelError, RenderError, RenderTimeout
from reconciler.render.job import Job
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS, RenderOptions
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import Tree, TreeEntry
from reconciler.trees.worktree import WorkTree
from tests.attacks.sidecar import resident
from tests.sample import rendered, repository

APPS = 50


def sample(count: int = APPS) -> MemoryTree:
    return MemoryTree({path: text.encode() for path, text in repository(count).items()})


class SlowTree(Tree):
    """A tree whose answers take their time."""

    def __init__(self, base: Tree, delay: float) -> None:
        super().__init__()
        self.base = base
        self.delay = delay

    def _probe(self, path: str) -> TreeEntry:
        if path.endswith(".yaml"):
            time.sleep(self.delay)
        return self.base.look(path)

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        return self.base.fetch(path)


def gone(pid: int, within: float = 5.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


def test_versions_name_what_is_inside(kernel: Kernel) -> None:
    versions = kernel.versions()
    assert versions["kustomize"].startswith("v5.")
    assert versions["go"].startswith("go1.")


def test_an_objects_last_line_end_is_its_own_wherever_it_stands(kernel: Kernel) -> None:
    document = b"spec:\n  script: |\n    true\n"
    found = json.loads(kernel.objects(document + b"---\n" + document))
    assert found == [{"spec": {"script": "true\n"}}] * 2


def test_many_threads_share_one_kernel() -> None:
    tree = sample()
    wrong: list[int] = []

    def work(number: int) -> None:
        for i in range(number, number + 10):
            app = i % APPS
            found = kernel.render(tree, f"apps/app{app}", DEFAULTS).result()
            if found.manifest != rendered(app):
                wrong.append(app)

    with Kernel() as kernel:
        threads = [threading.Thread(target=work, args=(n * 7,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert kernel.starts == 1
    assert not wrong


def test_a_killed_kernel_is_replaced_and_nobody_notices() -> None:
    tree = SlowTree(sample(), 0.002)
    with Kernel() as kernel:
        kernel.start()
        jobs = [kernel.render(tree, f"apps/app{i}", DEFAULTS) for i in range(APPS)]
        os.kill(kernel.pid(), signal.SIGKILL)
        for i, job in enumerate(jobs):
            assert job.result().manifest == rendered(i)
        assert kernel.starts == 2  # and one for each that was under way


def test_a_kernel_that_died_idle_is_started_again() -> None:
    with Kernel() as kernel:
        assert kernel.render(sample(), "apps/app0", DEFAULTS).result().manifest == rendered(0)
        os.kill(kernel.pid(), signal.SIGKILL)
        time.sleep(0.05)
        assert kernel.render(sample(), "apps/app1", DEFAULTS).result().manifest == rendered(1)


def test_what_kills_the_kernel_twice_is_found_and_the_others_go_on(tmp_path: Path) -> None:
    """A kernel that ends itself when it is asked for one certain folder."""
    from reconciler.render.binary import BINARY

    deadly = tmp_path / "deadly"
    deadly.write_text(
        f"#!{sys.executable}\n"
        "import os, subprocess, sys, threading\n"
        f"child = subprocess.Popen(['{BINARY}'], stdin=subprocess.PIPE, stdout=1)\n"
        "while True:\n"
        "    data = os.read(0, 65536)\n"
        "    if not data or b'apps/app7\"' in data and b'\"render\"' in data:\n"
        "        child.kill()\n"
        "        sys.exit(9)\n"
        "    child.stdin.write(data)\n"
        "    child.stdin.flush()\n"
    )
    deadly.chmod(0o755)
    tree = sample()
    with Kernel(str(deadly)) as kernel:
        jobs = [kernel.render(tree, f"apps/app{i}", DEFAULTS) for i in range(20)]
        for i, job in enumerate(jobs):
            if i == 7:
                with pytest.raises(KernelError, match="app7"):
                    job.result()
            else:
                assert job.result().manifest == rendered(i)


PLAYS_THE_KERNEL = f"""#!{sys.executable}
import os, pathlib, select, sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from reconciler.render.wire import Decoder, head

here, decoder = pathlib.Path(__file__).parent, Decoder()

def hear():
    return [header for header, _ in decoder.feed(os.read(0, 65536))]

def hear_all(count):
    heard = []
    while len(heard) < count:
        heard += hear()
    return heard

def say(header, body=b""):
    os.write(1, head(header, body) + body)

starts = len(list(here.glob("start*"))) + 1
(here / f"start{{starts}}").touch()
"""


def player(folder: Path, part: str) -> Kernel:
    """A kernel that does what the part says, which knows how often it was started."""
    binary = folder / "player"
    binary.write_text(PLAYS_THE_KERNEL + part)
    binary.chmod(0o755)
    return Kernel(str(binary))


def starts(folder: Path) -> int:
    """Of processes, those for one job among them."""
    return len(list(folder.glob("start*")))


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)


def outcome(job: Job, within: float = 60.0) -> Any:
    """What came of it, where a mistake would have it waited for without end."""
    end = time.monotonic() + within
    while not job.done():
        assert time.monotonic() < end, "it is never answered"
        time.sleep(0.01)
    return job.result()


ASKS_AND_DIES_ONCE = """
(asked,) = hear()
if starts == 1:
    say({"op": "get", "call": 1, "tree": asked["tree"], "paths": ["https://h//x"]})
    while not (here / "die").exists():
        pass
    sys.exit(9)
heard = hear() if select.select([0], [], [], 1)[0] else []
say({"op": "rendered", "id": asked["id"]}, str(heard).encode())
hear()
"""


def test_a_late_answer_is_for_the_kernel_that_asked_alone(tmp_path: Path) -> None:
    """To a kernel that came after it, it would say of one path what is at another."""

    class Late(MemoryTree):
        def fetch(self, path: str) -> tuple[TreeEntry, bytes]:
            (tmp_path / "die").touch()
            wait_for(tmp_path / "start2")
            return super().fetch(path)

    with player(tmp_path, ASKS_AND_DIES_ONCE) as kernel:
        assert kernel.render(Late({}), "x", DEFAULTS).result().manifest == b"[]"
    assert starts(tmp_path) == 2


DOES_NOT_STOP = """
if starts == 1:
    hear_all(2)
    sys.exit(9)
(asked,) = hear_all(1)
if asked["path"] == "innocent":
    say({"op": "rendered", "id": asked["id"]}, b"fine")
elif asked["timeout"] <= 1:
    late = {"kind": "timeout", "what": "it is late"}
    say({"op": "failed", "id": asked["id"], "failure": late})
(here / asked["path"]).touch()
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_what_was_under_way_where_a_kernel_died_is_tried_in_processes_of_their_own(
    how: str, tmp_path: Path
) -> None:
    """One of them ends without stopping, and takes nobody with it."""
    with player(tmp_path, DOES_NOT_STOP) as kernel:
        limit = RenderOptions(timeout=1 if how == "late" else 60)
        endless = kernel.render(MemoryTree({}), "endless", limit)
        innocent = kernel.render(MemoryTree({}), "innocent", DEFAULTS)
        if how == "cancelled":
            wait_for(tmp_path / "endless")
            endless.cancel()
        with pytest.raises(RenderError, match=how):
            outcome(endless)
        assert outcome(innocent).manifest == b"fine"
    assert starts(tmp_path) == 3


DIES_SLOWLY = """
heard = hear_all(2 if starts == 1 else 1)
(here / "heard").touch()
if starts == 1:
    while not (here / "die").exists():
        time.sleep(0.01)
    sys.exit(9)
(here / ("second-" + heard[0]["path"])).write_text(str(heard[0]["timeout"]))
say({"op": "rendered", "id": heard[0]["id"]}, b"fine")
time.sleep(60)
"""


def test_a_second_try_has_what_the_first_left_over(tmp_path: Path) -> None:
    with player(tmp_path, DIES_SLOWLY) as kernel:
        long = kernel.render(MemoryTree({}), "long", DEFAULTS)
        over = kernel.render(MemoryTree({}), "over", RenderOptions(timeout=0.01))
        wait_for(tmp_path / "heard")
        time.sleep(0.1)  # the time that one of them has is over
        (tmp_path / "die").touch()
        assert outcome(long).manifest == b"fine"
        with pytest.raises(RenderTimeout, match=r"within 0\.01 s"):
            outcome(over)
    assert float((tmp_path / "second-long").read_text()) < DEFAULTS.timeout
    assert not (tmp_path / "second-over").exists()


def test_what_the_kernel_died_of_is_named_where_there_is_no_path(tmp_path: Path) -> None:
    with (
        player(tmp_path, "hear()\nsys.exit(9)\n") as kernel,
        pytest.raises(KernelError, match="reading of objects"),
    ):
        outcome(kernel.read_objects(b""))


def test_a_kernel_that_dies_before_it_is_asked_leaves_nobody_waiting(tmp_path: Path) -> None:
    with player(tmp_path, "sys.exit(9)\n") as kernel:
        jobs = [kernel.render(MemoryTree({}), name, DEFAULTS) for name in "abcd"]
        for job in jobs:
            with pytest.raises(KernelError, match="died twice"):
                outcome(job)


TALKS_NONSENSE_ONCE = """
heard = hear_all(2 if starts == 1 else 1)
if starts == 1:
    say({"op": "failed", "id": heard[0]["id"]})
else:
    say({"op": "rendered", "id": heard[0]["id"]}, b"fine")
hear()
"""


def test_an_answer_that_cannot_be_understood_leaves_nobody_waiting(tmp_path: Path) -> None:
    tree = MemoryTree({})
    with player(tmp_path, TALKS_NONSENSE_ONCE) as kernel:
        for job in [kernel.render(tree, name, DEFAULTS) for name in "ab"]:
            with pytest.raises(KernelError) as caught:
                outcome(job)
            assert "Traceback" in caught.value.detail
        assert outcome(kernel.render(tree, "c", DEFAULTS)).manifest == b"fine"
    assert starts(tmp_path) == 2


LIMITS = pytest.mark.parametrize(
    ("what", "error"),
    [
        ("os.pipe", OSError(errno.EMFILE, "Too many open files")),
        ("threading.Thread.start", RuntimeError("can't start new thread")),
    ],
)


def refusing(error: Exception, after: int = 0, real: Callable[[], Any] = os.pipe) -> Any:
    """What works so many times before it fails."""
    calls = itertools.count()

    def refuse(*_: object) -> Any:
        if next(calls) == after:
            raise error
        return real()

    return refuse


@LIMITS
def test_a_kernel_that_cannot_be_started_again_leaves_nobody_waiting(
    what: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Kernel() as kernel:
        kernel.start()
        os.kill(kernel.pid(), signal.SIGSTOP)
        jobs = [kernel.render(sample(), f"apps/app{i}", DEFAULTS) for i in range(2)]
        with monkeypatch.context() as limited:
            limited.setattr(what, Mock(side_effect=error))
            os.kill(kernel.pid(), signal.SIGKILL)
            for job in jobs:
                with pytest.raises(KernelError, match="cannot be started") as caught:
                    outcome(job)
                assert "ulimit" in caught.value.hint
        assert outcome(kernel.render(sample(), "apps/app0", DEFAULTS)).manifest == rendered(0)


@needs_proc
@LIMITS
def test_a_kernel_that_cannot_be_started_leaves_nothing_open(
    what: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(os.listdir("/proc/self/fd"))
    with Kernel() as kernel:
        with monkeypatch.context() as limited:
            limited.setattr(what, refusing(error, after=2 if what == "os.pipe" else 0))
            with pytest.raises(KernelError, match="cannot be started"):
                kernel.start()
        assert set(os.listdir("/proc/self/fd")) <= before
        assert kernel.versions()


def test_a_render_that_is_over_its_time_is_an_error_of_its_own(kernel: Kernel) -> None:
    slow = SlowTree(sample(), 0.3)
    late = kernel.render(slow, "apps/app0", RenderOptions(timeout=0.1))
    fine = kernel.render(sample(), "apps/app1", DEFAULTS)
    with pytest.raises(RenderTimeout, match=r"within 0.1 s"):
        late.result()
    assert fine.result().manifest == rendered(1)


def test_a_cancelled_render_ends_at_once(kernel: Kernel) -> None:
    slow = SlowTree(sample(), 0.2)
    job = kernel.render(slow, "apps/app0", DEFAULTS)
    job.cancel()
    with pytest.raises(RenderError, match="cancelled"):
        job.result()
    assert kernel.render(sample(), "apps/app1", DEFAULTS).result().manifest == rendered(1)


def test_more_output_than_allowed_is_refused(kernel: Kernel) -> None:
    job = kernel.render(sample(), "apps/app0", RenderOptions(max_output=10))
    with pytest.raises(RenderError, match="10 are allowed"):
        job.result()


def test_a_render_that_needs_too_much_memory_is_stopped_alone() -> None:
    # A patch for each of many objects, each with a large literal, is quadratic for upstream.
    large = "x" * 2_000_000
    files = repository(3)
    names = [f"m{i}" for i in range(40)]
    files["hungry/kustomization.yaml"] = "resources:\n" + "".join(f"- {n}.yaml\n" for n in names)
    for n in names:
        files[f"hungry/{n}.yaml"] = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {n}\ndata:\n  v: {large}\n"
        )
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    with Kernel(memory_limit=100 << 20) as kernel:
        hungry = kernel.render(tree, "hungry", DEFAULTS)
        others = [kernel.render(tree, f"apps/app{i}", DEFAULTS) for i in range(3)]
        with pytest.raises(RenderError) as caught:
            hungry.result()
        assert "memory" in caught.value.why
        for i, job in enumerate(others):
            assert job.result().manifest == rendered(i)


def test_a_render_that_does_not_stop_goes_with_its_kernel_and_the_others_stay() -> None:
    # Upstream compares every object with every other one: this many take it minutes.
    objects = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m{i}\n" for i in range(20_000)
    )
    endless = MemoryTree({"kustomization.yaml": b"resources: [r.yaml]", "r.yaml": objects.encode()})
    with Kernel() as kernel:
        late = kernel.render(endless, "", RenderOptions(timeout=0.3))
        with pytest.raises(RenderTimeout):
            late.result()
        waiting = SlowTree(sample(), 0.5)
        others = [kernel.render(waiting, f"apps/app{i}", DEFAULTS) for i in range(5)]
        for i, job in enumerate(others):
            assert job.result().manifest == rendered(i)
        assert kernel.starts == 2


def test_a_kernel_that_is_stopped_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.render.lane.MAX_SILENCE_SECONDS", 0.5)
    with Kernel() as kernel:
        kernel.start()
        os.kill(kernel.pid(), signal.SIGSTOP)
        with pytest.raises(RenderTimeout, match="within 3 s"):
            kernel.render(sample(), "apps/app0", RenderOptions(timeout=3)).result()
        assert kernel.render(sample(), "apps/app0", DEFAULTS).result().manifest == rendered(0)
        assert kernel.starts == 2


LARGE = 300_000  # bytes: more than a pipe holds


def impatient(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first process is not borne for long when it is stopped; the next has the usual time."""
    with monkeypatch.context() as short:
        short.setattr("reconciler.render.lane.MAX_SILENCE_SECONDS", 0.5)
        kernel.start()


def test_a_kernel_that_is_stopped_is_replaced_by_who_tells_it_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = b"a: b\n#" + b"x" * LARGE
    found: list[bytes] = []
    with Kernel() as kernel:
        impatient(kernel, monkeypatch)
        os.kill(kernel.pid(), signal.SIGSTOP)
        asks = threading.Thread(target=lambda: found.append(kernel.objects(manifest)), daemon=True)
        asks.start()
        asks.join(60)
        assert [json.loads(f) for f in found] == [[{"a": "b"}]]
        assert not kernel.pid()


def test_a_kernel_that_is_stopped_after_a_question_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = b"x" * LARGE
    folder = b"configMapGenerator: [{name: m, files: [large]}]"

    class Stops(MemoryTree):
        def fetch(self, path: str) -> tuple[TreeEntry, bytes]:
            if path == "large" and kernel.pid():
                os.kill(kernel.pid(), signal.SIGSTOP)
            return super().fetch(path)

    with Kernel() as kernel:
        impatient(kernel, monkeypatch)
        tree = Stops({"kustomization.yaml": folder, "large": large})
        assert large in outcome(kernel.render(tree, "", DEFAULTS)).manifest
        assert not kernel.pid()


READS_FOR_LONG = """
(asked,) = hear()
time.sleep(2.5)
say({"op": "objects", "id": asked["id"]}, b"[]")
hear()
"""


def test_a_kernel_that_reads_for_long_is_not_taken_for_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.render.lane.MAX_SILENCE_SECONDS", 0.1)
    with player(tmp_path, READS_FOR_LONG) as kernel:
        assert outcome(kernel.read_objects(b"")) == b"[]"
        assert kernel.starts == 1


@needs_proc
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_kernel_that_nobody_asks_gives_its_memory_back() -> None:
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: '" + "x" * 5_000 + "'}\n"
    with Kernel() as kernel:
        kernel.objects("---\n".join([one] * 2_000).encode())
        busy = resident(kernel.pid())
        assert busy > 50 * 2**20
        end = time.monotonic() + 60
        while resident(kernel.pid()) > busy / 2 and time.monotonic() < end:
            time.sleep(0.2)
        assert resident(kernel.pid()) <= busy / 2


def test_a_closed_kernel_leaves_no_process() -> None:
    kernel = Kernel()
    kernel.render(sample(), "apps/app0", DEFAULTS).result()
    pid = kernel.pid()
    kernel.close()
    assert gone(pid)


@needs_proc
@pytest.mark.parametrize("ending", ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_no_kernel_outlives_its_parent(ending: str, tmp_path: Path) -> None:
    WorkTree(str(tmp_path))
    (tmp_path / "kustomization.yaml").write_text("namePrefix: a\nresources: []\n")
    script = (
        "import os\n"
        "from reconciler.trees.worktree import WorkTree\n"
        "from reconciler.render.render_options import DEFAULTS\n"
        "from reconciler.render.kernel_process import Kernel\n"
        "kernel = Kernel()\n"
        f"kernel.render(WorkTree({str(tmp_path)!r}), '', DEFAULTS).result()\n"
        "print(kernel.pid(), flush=True)\n"
        f"{ending}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert gone(int(done.stdout))
    assert not done.stderr


def test_a_forked_child_gets_a_kernel_of_its_own() -> None:
    script = (
        "import os, sys, threading\n"
        "from reconciler.render.render_options import DEFAULTS\n"
        "from reconciler.render.kernel_process import Kernel\n"
        "from tests.sample import rendered\n"
        "from tests.render.test_kernel_process import sample\n"
        "kernel, tree = Kernel(), sample()\n"
        "assert kernel.render(tree, 'apps/app0', DEFAULTS).result().manifest == rendered(0)\n"
        "parents = kernel.pid()\n"
        "child = os.fork()\n"
        "found = kernel.render(tree, 'apps/app1', DEFAULTS).result().manifest\n"
        "assert found == rendered(1)\n"
        "assert (kernel.pid() == parents) == (child != 0)\n"
        "if child:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_missing_kernel_says_how_to_get_one(tmp_path: Path) -> None:
    kernel = Kernel(str(tmp_path / "nothing"))
    with pytest.raises(KernelError) as caught:
        kernel.render(sample(), "apps/app0", DEFAULTS)
    assert "install" in caught.value.hint


def test_a_tree_that_fails_is_that_renders_error(kernel: Kernel) -> None:
    class Broken(SlowTree):
        def _probe(self, path: str) -> TreeEntry:
            if path == "base/config.yaml":
                raise OSError("the disk is gone")
            return self.base.look(path)

    with pytest.raises(RenderError, match="the disk is gone"):
        kernel.render(Broken(sample(), 0), "apps/app0", DEFAULTS).result()
    assert kernel.render(sample(), "apps/app0", DEFAULTS).result().manifest == rendered(0)


def test_a_kernel_that_was_closed_takes_nothing_from_the_next() -> None:
    for _ in range(30):
        with Kernel() as one:
            assert one.versions()
