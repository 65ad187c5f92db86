"""What holds for any two lists of objects."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.compare.app_differences import unlike
from reconciler.compare.as_text import difference_lines
from reconciler.compare.difference import ChangeKind, Difference, ListItem
from reconciler.compare.lists import match
from reconciler.compare.object_lists import compare, identity_of
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Shape, Structure
from reconciler.kubernetes.values import same
from reconciler.text.diff_lines import Line
from tests.compare.applying import applied
from tests.compare.objects import MANIFESTS, PORTS, TREES, edited_deployments, edited_trees

Objects = list[dict[str, Any]]


@given(MANIFESTS, MANIFESTS)
def test_a_difference_carried_out_on_the_one_gives_the_other(
    structure: Structure, before: Objects, after: Objects
) -> None:
    veil = Mask()
    old, new = [veil.object(o) for o in before], [veil.object(o) for o in after]
    result = applied(compare(before, after, structure), old)
    wanted = {identity_of(o): o for o in new}
    assert result.keys() == wanted.keys()
    for identity, found in result.items():
        assert same(found, wanted[identity])


def carried_out(structure: Structure, before: dict[str, Any], after: dict[str, Any]) -> None:
    veil = Mask()
    old, new = veil.object(before), veil.object(after)
    (result,) = applied(compare([before], [after], structure), [old]).values()
    assert same(result, new)


@given(TREES, TREES)
def test_so_it_does_for_values_of_any_shape(structure: Structure, a: Any, b: Any) -> None:
    carried_out(structure, {"kind": "Thing", "spec": a}, {"kind": "Thing", "spec": b})


@settings(max_examples=300)
@given(edited_trees())
def test_and_for_edits_of_them(structure: Structure, sides: tuple[Any, Any]) -> None:
    before, after = sides
    carried_out(structure, {"kind": "Thing", "spec": before}, {"kind": "Thing", "spec": after})


@settings(max_examples=300)
@given(edited_deployments())
def test_and_where_the_schema_has_a_say(
    structure: Structure, sides: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    carried_out(structure, *sides)


@given(MANIFESTS)
def test_between_equal_lists_there_is_no_difference(structure: Structure, objects: Objects) -> None:
    assert compare(objects, objects, structure) == Difference()
    copy = json.loads(json.dumps(objects))
    assert not compare(objects, copy, structure)


@given(MANIFESTS, MANIFESTS)
def test_the_other_way_round_as_many_are_added_as_were_removed(
    structure: Structure, before: Objects, after: Objects
) -> None:
    there = compare(before, after, structure).counts()
    back = compare(after, before, structure).counts()
    assert (there.added, there.removed) == (back.removed, back.added)
    assert there.changed == back.changed


@given(MANIFESTS, st.randoms(use_true_random=False))
def test_only_the_order_differs_where_only_the_order_does(
    structure: Structure, objects: Objects, random: Any
) -> None:
    shuffled = random.sample(objects, len(objects))
    found = compare(objects, shuffled, structure)
    assert not found.objects
    assert found.reordered == (shuffled != objects)


@given(PORTS, PORTS)
def test_items_with_equal_merge_keys_always_go_together(
    structure: Structure, before: Objects, after: Objects
) -> None:
    shape = structure.field(Shape(type="io.k8s.api.core.v1.Container", known=True), "ports")
    assert shape.keys == ("containerPort", "protocol")

    def keys(ports: Objects) -> list[tuple[Any, Any]]:
        return [(p["containerPort"], p.get("protocol", "TCP")) for p in ports]

    old, new = keys(before), keys(after)
    if len(set(old)) < len(old) or len(set(new)) < len(new):
        return  # the API server would not take them
    veil = Mask()
    first, second = (tuple(veil.object(p) for p in ports) for ports in (before, after))
    pairs = {old[m.before]: new[m.after] for m in match(first, second, shape, lambda v: v)}
    for key in old:
        if key in new:
            assert pairs[key] == key


@given(MANIFESTS, MANIFESTS)
def test_no_item_of_a_list_is_in_two_places(
    structure: Structure, before: Objects, after: Objects
) -> None:
    for change in compare(before, after, structure).objects:
        seen = set()
        for field in change.changes:
            last = field.path[-1]
            if isinstance(last, ListItem) and field.kind in (ChangeKind.added, ChangeKind.removed):
                place = (repr(field.path[:-1]), last.before, last.after)
                assert place not in seen
                seen.add(place)


@given(MANIFESTS, MANIFESTS, MANIFESTS, st.integers(0, 5))
def test_what_two_manifests_begin_and_end_with_need_not_be_read(
    structure: Structure, same_in_both: Objects, before: Objects, after: Objects, place: int
) -> None:
    known = {identity_of(o) for o in same_in_both}
    sides = [
        [
            *same_in_both[:place],
            *(o for o in some if identity_of(o) not in known),
            *same_in_both[place:],
        ]
        for some in (before, after)
    ]
    texts = [
        "---\n".join(yaml.safe_dump(o, sort_keys=False) for o in side).encode() for side in sides
    ]
    read = [[o for o in yaml.safe_load_all(text) if o] for text in unlike(*texts)]
    assert not same_in_both or sum(map(len, read)) < sum(map(len, sides))
    whole = compare(sides[0], sides[1], structure)
    assert shown(compare(read[0], read[1], structure)) == shown(whole)


def shown(difference: Difference) -> tuple[list[Line], bool]:
    return list(difference_lines(difference)), difference.reordered
