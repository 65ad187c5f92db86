"""The paths that Argo CD is to watch for an app: all that its render looks at, and little else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.watched_paths import covers, watched
from reconciler.trees.memory import MemoryTree

ENTRY = "environments/dev/app"
names = st.sampled_from(["a", "b", "c", "a;b", "x.yaml"])
folders = st.lists(names, min_size=1, max_size=4).map("/".join)


@st.composite
def renders(draw: st.DrawFn) -> tuple[MemoryTree, list[str]]:
    """A repository, and what a render looked at in it: files, folders and what was missing."""
    drawn = draw(st.sets(folders, max_size=12))
    files = {f for f in drawn if not any(o.startswith(f"{f}/") for o in drawn)}
    files |= {f"{ENTRY}/kustomization.yaml", f"{ENTRY}/README.md"}
    tree = MemoryTree(dict.fromkeys(files, b""))
    above = {f.rpartition("/")[0] for f in files} - {""}
    read = draw(st.sets(st.sampled_from(sorted(files | above)), max_size=12))
    missing = {f"{f}.gone" for f in draw(st.sets(st.sampled_from(sorted(files)), max_size=3))}
    return tree, sorted({*read, *missing, f"{ENTRY}/kustomization.yaml"})


@given(renders())
def test_all_that_was_read_is_watched_and_no_other_file(
    given_: tuple[MemoryTree, list[str]],
) -> None:
    tree, looked_at = given_
    found = watched(tree, ENTRY, looked_at)
    assert covers(found[0], ENTRY)
    assert not any(";" in item for item in found)
    read = {p for p in looked_at if tree.look(p).kind != "folder"}
    assert all(any(covers(item, p) for item in found) for p in read)
    listed = [p for p in looked_at if tree.look(p).kind == "folder"]
    if not any(";" in p for p in looked_at):
        for file in tree.files():
            if any(covers(item, file) for item in found):
                assert file in read or covers(ENTRY, file) or any(covers(p, file) for p in listed)
    assert not [i for i in found for j in found if i != j and covers(i, j)]


def test_a_folder_stands_for_its_files_only_if_all_are_read() -> None:
    tree = MemoryTree({f"overlays/web/{n}": b"" for n in ("a.yaml", "b/c.yaml", "b/d.yaml")})
    a, c, d = "overlays/web/a.yaml", "overlays/web/b/c.yaml", "overlays/web/b/d.yaml"
    assert watched(tree, ENTRY, [a, c, d]) == [ENTRY, "overlays"]
    assert watched(tree, ENTRY, [c, d]) == [ENTRY, "overlays/web/b"]
    assert watched(tree, ENTRY, [a, d]) == [ENTRY, a, d]


def test_what_a_pinned_commit_holds_is_not_watched() -> None:
    tree = MemoryTree({f"{ENTRY}/kustomization.yaml": b""})
    pin = f"{ENTRY}/kustomization.yaml//https://git.example.org/a//x?ref={'0' * 40}"
    assert watched(tree, ENTRY, [pin, f"//{'0' * 40}/x/kustomization.yaml"]) == [ENTRY]
