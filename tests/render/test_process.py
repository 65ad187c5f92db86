"""The kernel's life: many renders at once, and nobody suffers for another's fault."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.errors import KernelError, RenderError, RenderTimeout
from reconciler.git.memory import MemoryTree
from reconciler.git.tree import Entry, Tree
from reconciler.git.worktree import WorkTree
from reconciler.render.options import DEFAULTS, RenderOptions
from reconciler.render.process import Kernel
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

    def _probe(self, path: str) -> Entry:
        if path.endswith(".yaml"):
            time.sleep(self.delay)
        return self.base.look(path)

    def _load(self, path: str, entry: Entry) -> tuple[Entry, bytes]:
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
        assert kernel.starts == 2


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


ASKS_AND_DIES_ONCE = f"""#!{sys.executable}
import os, pathlib, select, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from reconciler.render.wire import Decoder, encode

here, decoder = pathlib.Path(__file__).parent, Decoder()

def hear():
    return [header for header, _ in decoder.feed(os.read(0, 65536))]

(asked,) = hear()
if not (here / "first").exists():
    (here / "first").touch()
    os.write(1, encode({{"op": "get", "call": 1, "tree": asked["tree"], "paths": ["https://h//x"]}}))
    while not (here / "die").exists():
        pass
    sys.exit(9)
(here / "second").touch()
heard = hear() if select.select([0], [], [], 1)[0] else []
os.write(1, encode({{"op": "rendered", "id": asked["id"]}}, str(heard).encode()))
hear()
"""


def test_a_late_answer_is_for_the_kernel_that_asked_alone(tmp_path: Path) -> None:
    """To a kernel that came after it, it would say of one path what is at another."""
    asks = tmp_path / "asks"
    asks.write_text(ASKS_AND_DIES_ONCE)
    asks.chmod(0o755)

    class Late(MemoryTree):
        def fetch(self, path: str) -> tuple[Entry, bytes]:
            (tmp_path / "die").touch()
            while not (tmp_path / "second").exists():
                time.sleep(0.01)
            return super().fetch(path)

    with Kernel(str(asks)) as kernel:
        assert kernel.render(Late({}), "x", DEFAULTS).result().manifest == b"[]"
        assert kernel.starts == 2


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
    monkeypatch.setattr("reconciler.render.process.SILENCE", 0.5)
    with Kernel() as kernel:
        kernel.start()
        os.kill(kernel.pid(), signal.SIGSTOP)
        job = kernel.render(sample(), "apps/app0", RenderOptions(timeout=3))
        assert job.result().manifest == rendered(0)
        assert kernel.starts == 2


@needs_proc
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
        "from reconciler.git.worktree import WorkTree\n"
        "from reconciler.render.options import DEFAULTS\n"
        "from reconciler.render.process import Kernel\n"
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
        "from reconciler.render.options import DEFAULTS\n"
        "from reconciler.render.process import Kernel\n"
        "from tests.sample import rendered\n"
        "from tests.render.test_process import sample\n"
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
        def _probe(self, path: str) -> Entry:
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
