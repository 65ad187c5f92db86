"""Each forge has its own way to say who owns a path."""

from __future__ import annotations

import pytest

from reconciler.forges.owners import owners_by_expression, owners_by_pattern, owners_by_section


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a/b/c", True),
        ("*.js", "a/b.js", True),
        ("*.js", "a/b.ts", False),
        ("/docs/", "docs/a/b.md", True),
        ("/docs/", "a/docs/b.md", False),
        ("docs/", "a/docs/b.md", True),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/a/b.md", False),
        ("/docs", "docs/a/b.md", True),
        ("apps/", "x/apps/y/z", True),
        ("**/logs", "build/logs/a", True),
        ("**/logs", "logs", True),
        ("/apps/**/prod", "apps/a/b/prod/x", True),
        ("/apps/**/prod", "apps/prod/x", True),
        ("environments/prod/**", "environments/prod/paw/k.yaml", True),
        ("environments/prod/**", "environments/stage/paw/k.yaml", False),
        ("file-?.txt", "file-1.txt", True),
        ("file-?.txt", "file-10.txt", False),
        ("with\\ space.md", "with space.md", True),
        ("\\#file", "#file", True),
        ("a+b.c", "a+b.c", True),
        ("a+b.c", "aab.c", False),
    ],
)
def test_a_pattern_means_what_it_means_to_github(pattern: str, path: str, matches: bool) -> None:
    assert owners_by_pattern(f"{pattern} @owner\n", [path]) == (("owner",) if matches else ())


def test_the_last_rule_that_matches_counts() -> None:
    text = """
    # a comment
    *        @all
    /prod/   @alice @fleet/writers somebody@fleet.example  # those who may
    /prod/free
    """
    assert owners_by_pattern(text, ["x"]) == ("all",)
    assert owners_by_pattern(text, ["prod/x"]) == ("alice", "fleet/writers")
    assert owners_by_pattern(text, ["prod/free"]) == ()
    assert owners_by_pattern(text, ["prod/x", "x"]) == ("alice", "fleet/writers", "all")


def test_each_section_of_gitlab_has_its_say() -> None:
    text = """
    * @all
    [Security][2] @guards
    /prod/
    /prod/keys @locksmith
    !/prod/keys/public
    ^[docs]
    *.md @writer @@developer
    [SECURITY]
    /stage/ @second
    """
    assert owners_by_section(text, ["prod/x"]) == ("all", "guards")
    assert owners_by_section(text, ["prod/keys/x"]) == ("all", "locksmith")
    assert owners_by_section(text, ["prod/keys/public/x.md"]) == ("all", "writer")
    assert owners_by_section(text, ["stage/x"]) == ("all", "second")


def test_all_rules_of_gitea_count_together() -> None:
    text = "environments/prod/.* @alice\n.*\\.yaml @bob\n!docs/.* @carol\n([ @broken\nalone\n"
    assert owners_by_expression(text, ["environments/prod/x.yaml"]) == ("alice", "bob", "carol")
    assert owners_by_expression(text, ["docs/x.md"]) == ()
