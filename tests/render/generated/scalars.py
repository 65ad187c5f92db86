"""Values as YAML can spell them: each strategy gives text that may follow `key:` in a block."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.render.generated.writing import documents

LONG = "word " * 30

# Every one of these is read and written without an error.
PLAIN = [
    "x", "some words", "12:30:45", "1.2.3", "http://x.example:80/a?b=c#d", "a-b_c.d/e", "-x",
    "?x", "y", "n", "yes", "No", "on", "OFF", "~x", "null", "~", "", "Null", "true", "False",
    "TRUE", "0", "12", "-7", "+1", "0755", "08", "0o17", "0x1F", "0b11", "1_000",
    "9007199254740993", "18446744073709551615", "18446744073709551616", "1.0", "1.5", "-0.0",
    ".5", "1e3", "1E5", "1e-7", "1234567.5", "999999.9", "0.00001", "1.5e+300", "1e400",
    "2020-01-02", "2020-01-02T03:04:05Z", "2020-13-45", "=", "<<x", "é", "日本語", "x'y", 'x"y',
    "a\\b", LONG.strip(), "x" * 200,
]  # fmt: skip
QUOTED = [
    "''", '""', "'12'", '"12"', "'0x1F'", "'true'", '"y"', "'null'", "'~'", "'2020-01-02'",
    "'1e3'", "'it''s'", "'- x'", "'# x'", "'x: y'", "'x #y'", "' x'", "'x '", "'%'", "'@x'",
    "'`x`'", "'!x'", '"a\\tb"', '"a\\r\\nb"', '"a\\nb\\n"', '"\\n"', '"\\n\\n"', '"a \\n b"',
    '"a\\n\\n\\nb"', '"\\\\"', '"\\u0085x"', '"x\\u2028y"', '"\\uFEFFx"', '"x\\uFEFF"',
    '"\\U0001F600"', '"😀 x"', '"\\xe9"', '"\\u200b"', '"\\ue000"', '"\\e"', '"\\0"',
    '"a\\\n      b"', '"a\n\n      b"', "'a\n      b'", f"'{LONG}'", f'"{LONG}\\n{LONG}"',
    f'"\\t{LONG}"', '"<&>"', '"\\/"',
]  # fmt: skip
TAGGED = [
    "!!str 12", "!!str", "!!int '5'", "!!float 1", "!!bool 'true'", "!!null ''", "!custom x",
    "! 12", "!!binary aGVsbG8=", "!!str 2020-01-02", "!!timestamp 2020-01-02", "!!int 0x1F",
    "!!str ~",
]  # fmt: skip
REFUSED = [".nan", "-.inf", "!!int x", '"\\x7f"', "*nowhere", "{1: x}", "{true: x}", "{a: 1, a: 2}"]
FLOW = [
    "{}", "[]", "[[]]", "{a: }", "[~, null, '']", "{a: {b: [c, 1, 1.0]}}", "[a: b, c]", "{a, b: }",
    "{ # first\n      a: 1, # one\n      # two\n      b: [x, # three\n      y], }",
    "[ # first\n      x, # one\n      {a: b} # two\n      ]", '{"a":1,"b":"c"}', "{? a : b}",
]  # fmt: skip
# What follows a key at column 4.
NESTED = documents(f"""\
# note
      a: 1 # one
      # foot

      b: 2
---

      - 1 # one
      # between
      - 2
---

      - - - x
        - y
      - {{}}
---
&a
      b: 1
      c: &c [x]
      d: *c
---

      x: &x {{p: 1, q: 2}}
      y: {{<<: *x, q: 3}}
      z: {{<<: [*x, {{r: 4}}]}}
---

      on: 1
      y: 2
      '1': 3
      '': 4
      b10: 5
      b2: 6
      é: 7
---

      ? {"k" * 130}
      : long
---

      '{"k " * 70}x': long # note
---

      ? |
        two
        lines
      : x
---

      - a: 1
        b: 2
      -
      - ~
---

      - # nothing
      - x
---

      a:
      # of nothing
      b: ~ # nothing
---
>
      folded
       more

      x
---
|+ # kept
      x

""")


def one_in(draw: st.DrawFn, chances: int) -> bool:
    return draw(st.integers(1, chances)) == chances


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A literal or folded block with every indicator."""
    header = draw(st.sampled_from("|>"))
    chomping = draw(st.sampled_from(["", "-", "+"]))
    note = draw(st.sampled_from(["", "", " # note"]))
    lines = draw(
        st.lists(
            st.sampled_from(
                ["x", "x y", "", "", " x", "  - x", "# x", "x ", "a: b", "é", LONG, "x\ty"]
            ),
            min_size=1,
            max_size=5,
        )
    )
    indicated = draw(st.booleans()) or not lines[0] or lines[0].startswith(" ")
    body = "".join(f"\n      {line}" if line else "\n" for line in lines)
    return f"{header}{'2' if indicated else ''}{chomping}{note}{body}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Any text at all in double quotes."""
    alphabet = st.sampled_from("abc xyz 019 \n\t:#-'\"\\,{}[]&!|>%@éß\u0085\u2028\ufeff😀~_.=<")
    text = draw(st.text(alphabet, max_size=120))
    escapes = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\ufeff": "\\uFEFF"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


def values(risk: int = 60) -> st.SearchStrategy[str]:
    """Any value; one in so many is one that is refused."""
    kinds = st.sampled_from([PLAIN, PLAIN, QUOTED, QUOTED, FLOW, NESTED, TAGGED]).flatmap(
        st.sampled_from
    )
    fine = st.one_of(kinds, blocks(), texts())
    return st.integers(1, risk).flatmap(lambda n: st.sampled_from(REFUSED) if n == risk else fine)


def strings() -> st.SearchStrategy[str]:
    """What ConfigMap data may hold."""
    return st.one_of(st.sampled_from(QUOTED), st.sampled_from(PLAIN), blocks(), texts())
