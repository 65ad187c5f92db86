"""Text of anybody's stays text: it is no markup, names nobody and closes nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import printable
from reconciler.text.markdown import SPACE, code, fence, prose, quiet
from tests.markdown import REFERENCES, acted_on, read

HOSTILE = [
    "@everyone",
    "cc @fleet/ops, @a-b",
    "Closes #1",
    "fixes GH-12 and PAW-3",
    "resolves !12 &3 ~4 %5 $6",
    "fixes fleet/apps#12, fleet/apps!12, fleet/apps@0123456789abcdef",
    "closes https://git.example.org/fleet/apps/issues/12",
    "see www.example.org and HTTP://example.org",
    "mail jane@example.org or mailto:jane@example.org",
    "<script>alert(1)</script><img src=x onerror=y>",
    "</details></summary><!-- promotion: {} -->",
    "[a](https://example.org) ![b](c) [c]: d",
    "<https://example.org> <jane@example.org>",
    "`code` ``` ~~~ **bold** __bold__ *it* ~~gone~~",
    "| a | b |",
    "&lt;b&gt; &#64;everyone &commat;everyone",
    "\\@everyone \\# \\<b>",
    "# no heading\n- no list\n1. no list\n> no quote\n\n---\n===",
    "\x1b[31mred\x1b[0m \u202egnp.exe \u200b@everyone",
    ":smile: [vulnerability:3] *iteration:3",
    "0123456789abcdef0123456789abcdef01234567",
]
WORDS = ["a", "1", "www.", "http:", "GH-", "abc1234"]
PIECES = st.sampled_from([*"@#!&~%$*_`<>[]()|\\:;/.-+=\n ", *WORDS])
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30) | st.sampled_from(HOSTILE)
PLACES = ("a {} z\n", "- a {}\n", "| a | b |\n|---|---|\n| {} | c |\n", "**a** *{}.*\n")


def shown(text: str) -> str:
    """As it is read."""
    return " ".join(printable(text).split())


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
def test_a_text_is_read_as_it_is_and_nothing_acts_on_it(text: str, place: str) -> None:
    text = shown(text)
    seen, without = read(place.format(prose(text))), read(place.format("x"))
    assert seen.tags == without.tags
    assert acted_on(place.format(prose(text))) == []
    read_as = " ".join(seen.text.replace(SPACE, "").split())
    assert text in read_as or text == ""


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
def test_a_name_is_code_and_can_be_copied(text: str, place: str) -> None:
    text = shown(text)
    seen, without = read(place.format(code(text))), read(place.format(code("x")))
    assert seen.tags == without.tags
    assert acted_on(place.format(code(text))) == []
    assert text in " ".join(seen.text.split())


@given(text=TEXTS)
@example("Closes #1 for @everyone at https://example.org")
def test_a_message_that_is_no_markdown_acts_on_nothing(text: str) -> None:
    quieted = quiet(text)
    assert not [pattern for pattern in REFERENCES if pattern.search(quieted)]
    assert quieted.replace(SPACE, "") == printable(text)


@given(lines=st.lists(TEXTS.map(printable), max_size=5))
def test_lines_do_not_end_their_own_fence(lines: list[str]) -> None:
    begin, end = fence(lines, "diff")
    text = begin + "".join(f"{line}\n" for line in lines) + end
    seen = read(text + "\nafter\n")
    assert [tag for tag, _ in seen.tags] == ["pre", "code", "p"]
    assert acted_on(text) == []


def test_ordinary_words_are_left_alone() -> None:
    text = "Serve paw on port 8080 (for stage), it's 50% faster"
    assert quiet(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "7be4433902 rolled it back",
        "in stage since 2026-11-30 16:26:57 UTC",
        "1.28.0-alpine → 1.29.3-alpine3, v1-2, 1.0.0-rc-1",
    ],
)
def test_commits_dates_and_versions_can_be_copied_from_anywhere(text: str) -> None:
    assert quiet(text) == text
