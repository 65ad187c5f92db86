"""Markdown of ours on a terminal: nothing of its markup is seen, and all of its words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import printable
from reconciler.text.markdown import SPACE, code, fence, prose
from reconciler.text.markdown_as_text import text_of
from reconciler.text.markdown_lists import bullets, table

WORDS = st.text(
    st.characters(exclude_characters=SPACE, exclude_categories=["Cs", "Cc", "Zl", "Zp"])
)


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("### Apps\n\n\n\nNone.\n", ["Apps", "----", "", "None."]),
        ("<!-- release 1f -->\n\nsaid <!-- to nobody -->\n", ["said"]),
        ("- **to be reviewed**: *To do: look*", ["- to be reviewed: To do: look"]),
        ("2 * 3 * 4, `a*b*c` and `<code>`", ["2 * 3 * 4, a*b*c and <code>"]),
        ("<code>1&#46;2</code> to &#60;b&#62;", ["1.2 to <b>"]),
        ("[<code>1f</code>](<https://f.example/1f>)", ["1f (https://f.example/1f)"]),
        ("[https://f.example](https://f.example)", ["https://f.example"]),
        ("@\u200bfleet fixes #\u200b12", ["@fleet fixes #12"]),
        (
            "<details>\n<summary><code>paw</code>, 1</summary>\n\n- one\n</details>\n",
            ["paw, 1", "", "- one"],
        ),
        (
            "```diff\n+ a **b** <i> &#46;\n\n<!-- kept -->\n```\nafter",
            ["", "  + a **b** <i> &#46;", "", "  <!-- kept -->", "", "after"][1:],
        ),
        (
            "| App | Now |\n| --- | --- |\n| <code>paw</code> | 1<br>2 |\n| elephant | |\n\nend",
            ["App       Now", "paw       1, 2", "elephant", "", "end"],
        ),
        ("", []),
    ],
)
def test_it_reads_as_plain_lines(markdown: str, lines: list[str]) -> None:
    assert text_of(markdown) == lines
    assert text_of(markdown.replace("\n", "\r\n")) == lines


@given(text=WORDS.map(printable))
def test_text_of_anybody_comes_out_as_it_was(text: str) -> None:
    told = "x" + text.strip()
    assert text_of(bullets([prose(told)], 1)) == [f"- {told}"]
    assert text_of(f"{code(told)} end") == [f"{told} end"]
    head, row = text_of(table(("A", "B"), [(prose(told), "end")], 1))
    assert row == f"{told}  end"
    assert head.startswith("A")
    begin, end = fence([told])
    assert text_of(f"{begin}{told}\n{end}") == [f"  {told}"]
