"""Folders of a tree as manifests: from the cache where nothing changed, else from the kernel."""

from __future__ import annotations

from reconciler.errors import ReconcilerError, RepositoryError
from reconciler.render.binary import BINARY, kernel_id
from reconciler.render.closure import key, subject
from reconciler.render.render_options import DEFAULTS
from reconciler.render.stores.disk import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.render.job import Job, Notice
    from reconciler.render.kernel_process import Kernel
    from reconciler.render.render_options import RenderOptions
    from reconciler.trees.tree import Tree

# So many renders wait in the kernel's queue at once: enough to keep every core busy,
# few enough that finished manifests do not pile up.
MAX_JOBS_UNDER_WAY = 64
WRITE_BATCH_RENDERS = 128

# Under which no render is kept.
NO_KEY = b""


class Render:
    """One folder's manifest, or the error that stands in its place."""

    __slots__ = ("cached", "error", "key", "manifest", "notices", "path", "paths")

    def __init__(
        self,
        path: str,
        manifest: bytes,
        paths: Sequence[str],
        key: bytes,
        *,
        cached: bool,
        notices: Sequence[Notice] = (),
        error: ReconcilerError | None = None,
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.paths = paths
        self.key = key
        self.cached = cached
        self.notices = notices
        self.error = error


class Renderer:
    """Renders; the kernel is started only when the cache does not have the answer."""

    def __init__(self, store: Store | None = None, kernel: Kernel | None = None) -> None:
        self.store = store or Store()
        self.kernel_id = kernel_id(kernel.binary if kernel else BINARY)
        self._kernel = kernel
        self._owned = kernel is None
        self._jobs: set[Job] = set()
        self._stopped = False

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned and self._kernel is not None:
            self._kernel.close()
        self.store.close()

    @property
    def kernel(self) -> Kernel:
        if self._kernel is None:
            from reconciler.render.kernel_process import Kernel

            self._kernel = Kernel()
        return self._kernel

    def render(self, tree: Tree, path: str, options: RenderOptions = DEFAULTS) -> Render:
        """One folder; raises what keeps it from rendering."""
        (found,) = self.render_all(tree, [path], options)
        if found.error:
            raise found.error
        return found

    def render_all(
        self,
        tree: Tree,
        paths: Iterable[str],
        options: RenderOptions = DEFAULTS,
        progress: Callable[[Render], None] | None = None,
    ) -> list[Render]:
        """Many folders on all cores, in the order asked for; a failure is an error in its place."""
        return self.render_each([(tree, path) for path in dict.fromkeys(paths)], options, progress)

    def render_each(
        self,
        wanted: Sequence[tuple[Tree, str]],
        options: RenderOptions = DEFAULTS,
        progress: Callable[[Render], None] | None = None,
    ) -> list[Render]:
        """Folders of several trees."""
        done = {}
        for number, render in self.as_rendered(wanted, options):
            done[number] = render
            if progress:
                progress(render)
        return [done[number] for number in range(len(wanted))]

    def as_rendered(
        self, wanted: Sequence[tuple[Tree, str]], options: RenderOptions = DEFAULTS
    ) -> Iterator[tuple[int, Render]]:
        """Each with its number while others are under way: what is cached first, then in order."""
        subjects = {path: subject(self.kernel_id, path, options) for _, path in wanted}
        missing = dict(enumerate(wanted))
        for number, render in self._from_store(wanted, subjects):
            del missing[number]
            yield number, render
        if missing:
            renders = self._from_kernel([*missing.values()], subjects, options)
            yield from zip(missing, renders, strict=True)

    def stop(self) -> None:
        """From another thread: give up what is under way, and render nothing more."""
        self._stopped = True
        for job in list(self._jobs):
            job.cancel()

    def unchanged(
        self, before: Tree, after: Tree, paths: Iterable[str], options: RenderOptions = DEFAULTS
    ) -> set[str]:
        """The folders that are known to render the same in both trees; no manifest is read."""
        subjects = {path: subject(self.kernel_id, path, options) for path in paths}
        shapes = self.store.shapes(list(subjects.values()))
        equal: dict[str, bool] = {}
        candidates = []
        for path, name in subjects.items():
            for looked_at in shapes.get(name, ()):
                for p in looked_at:
                    if p not in equal:
                        equal[p] = before.look(p).token == after.look(p).token
                    if not equal[p]:
                        break
                else:
                    candidates.append((path, key(name, looked_at, after)))
        known = self.store.has([k for _, k in candidates])
        return {path for path, k in candidates if k in known}

    def _from_store(
        self, wanted: Sequence[tuple[Tree, str]], subjects: dict[str, bytes]
    ) -> Iterator[tuple[int, Render]]:
        shapes = self.store.shapes(list(subjects.values()))
        candidates = [
            (number, paths, k)
            for number, (tree, path) in enumerate(wanted)
            for paths in shapes.get(subjects[path], ())
            if (k := _key_if_readable(subjects[path], paths, tree))
        ]
        manifests = self.store.get([k for _, _, k in candidates])
        served = set()
        for number, paths, k in candidates:
            if k in manifests and number not in served:
                served.add(number)
                yield number, Render(wanted[number][1], manifests[k], paths, k, cached=True)

    def _from_kernel(
        self,
        wanted: Sequence[tuple[Tree, str]],
        subjects: dict[str, bytes],
        options: RenderOptions,
    ) -> Iterator[Render]:
        from reconciler.render.jobs_ahead import jobs_ahead

        def begin(one: tuple[Tree, str]) -> list[Job]:
            return [self._begin(*one, options)]

        fresh = []
        try:
            with jobs_ahead(wanted, begin, MAX_JOBS_UNDER_WAY, self._drop) as jobs:
                for (tree, path), (job,) in jobs:
                    try:
                        result = job.result()
                    except ReconcilerError as e:
                        yield Render(path, b"", job.paths, NO_KEY, cached=False, error=e)
                    else:
                        k = key(subjects[path], result.paths, tree)
                        # What a Secret holds must not lie about in a cache, and a notice is
                        # given each time.
                        if not result.secret and not result.notices:
                            fresh.append((subjects[path], k, result.paths, result.manifest))
                        yield Render(
                            path,
                            result.manifest,
                            result.paths,
                            k,
                            cached=False,
                            notices=result.notices,
                        )
                    self._jobs.discard(job)
                    if len(fresh) >= WRITE_BATCH_RENDERS:
                        self.store.put(fresh)
                        fresh = []
        finally:
            if fresh:
                self.store.put(fresh)

    def _begin(self, tree: Tree, path: str, options: RenderOptions) -> Job:
        job = self.kernel.render(tree, path, options)
        self._jobs.add(job)
        if self._stopped:
            job.cancel()
        return job

    def _drop(self, job: Job) -> None:
        job.cancel()
        self._jobs.discard(job)


def _key_if_readable(subject: bytes, paths: Sequence[str], tree: Tree) -> bytes:
    """A damaged object is for the kernel to find again, which says who named it."""
    try:
        return key(subject, paths, tree)
    except RepositoryError:
        return NO_KEY
