"""Who is next where many want the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.turns import SLOW_SECONDS, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def all_that_may_begin(turns: Turns) -> list[str]:
    found = []
    while item := turns.take():
        found.append(item)
    return found


def test_an_application_has_a_quarter_and_its_project_half() -> None:
    turns = Turns(8)
    for app in "abc":
        for n in range(5):
            turns.put(("one", app), f"{app}{n}")
    assert all_that_may_begin(turns) == ["a0", "b0", "c0", "a1"]


def test_projects_take_turns_and_so_do_their_applications() -> None:
    turns = Turns(100)
    for project, app in ("1a", "1a", "1a", "1b", "2a", "2a"):
        turns.put((project, app), f"{project}{app}")
    assert all_that_may_begin(turns) == ["1a", "2a", "1b", "2a", "1a", "1a"]


def test_what_is_slow_holds_up_no_other_project() -> None:
    clock = Clock()
    turns = Turns(4, clock=clock)
    for project in "1234":
        turns.put((project, ""), f"slow{project}")
    assert len(all_that_may_begin(turns)) == 4
    turns.put(("5", ""), "fifth")
    turns.put(("1", ""), "again")
    assert all_that_may_begin(turns) == []
    clock.now = SLOW_SECONDS + 0.1
    assert all_that_may_begin(turns) == ["fifth"]  # the first project's app has its share


def test_what_is_dear_counts_however_long_it_takes() -> None:
    clock = Clock()
    turns = Turns(1, long=float("inf"), clock=clock)
    turns.put(("1", ""), "one")
    turns.put(("2", ""), "two")
    assert all_that_may_begin(turns) == ["one"]
    clock.now = 1000
    assert all_that_may_begin(turns) == []
    turns.done("one")
    assert all_that_may_begin(turns) == ["two"]


OWNERS = st.tuples(st.sampled_from("12"), st.sampled_from("ab"))


@given(st.lists(OWNERS, max_size=30), st.sets(st.integers(0, 29)), st.integers(1, 9))
def test_all_that_is_not_dropped_has_its_turn_once(
    owners: list[tuple[str, str]], dropped: set[int], total: int
) -> None:
    turns = Turns(total)
    for n, owner in enumerate(owners):
        turns.put(owner, n)
    for n in dropped:
        turns.drop(n)
    found = []
    under_way: list[int] = []
    while turns or under_way:
        while (item := turns.take()) is not None:
            found.append(item)
            under_way.append(item)
        assert 0 < len(under_way) <= total
        turns.done(under_way.pop(0))
    assert sorted(found) == [n for n in range(len(owners)) if n not in dropped]
