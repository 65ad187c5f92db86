"""The name of a render says all that the render looked at."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.render.closure import key
from reconciler.trees.tree import Tree, TreeEntry

# With what others might take for the end of a text, or of its length.
TEXT = st.text(st.sampled_from("ab12:>\0\n /"), max_size=6)
CLOSURES = st.lists(st.tuples(TEXT, TEXT), max_size=4, unique_by=lambda pair: pair[0])


class Said(Tree):
    """Any paths, with any tokens."""

    def __init__(self, tokens: dict[str, str]) -> None:
        super().__init__()
        self.tokens = tokens

    def look(self, path: str) -> TreeEntry:
        return TreeEntry("file", self.tokens[path])


def name(closure: list[tuple[str, str]]) -> bytes:
    return key(b"subject", [path for path, _ in closure], Said(dict(closure)))


@given(CLOSURES, CLOSURES)
def test_two_closures_never_have_one_name(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assume(one != other)
    assert name(one) != name(other)


def test_what_holds_nul_is_not_taken_for_two() -> None:
    assert name([("a", "b\0c\0d")]) != name([("a", "b"), ("c", "d")])
