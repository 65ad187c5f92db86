"""environment.yaml becomes typed values, or one message that says where the mistake is."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import FleetError
from reconciler.model.environment import Environment, read_environment
from reconciler.model.paths import AppName
from reconciler.model.promotion import Approvals, Freeze, Health, Soak, Window
from reconciler.yaml import nodes

FILE = "environments/prod/environment.yaml"
LEAST = "destination: {cluster: prod}\n"


def read(text: str | bytes) -> Environment:
    return read_environment("prod", text.encode() if isinstance(text, str) else text)


def complaint(text: str | bytes) -> list[str]:
    with pytest.raises(FleetError) as caught:
        read(text)
    assert caught.value.exit_code == 2
    return caught.value.lines()


def test_the_least_is_a_cluster() -> None:
    environment = read(LEAST)
    assert environment.name == "prod"
    assert environment.title == "prod"
    assert environment.folder == "environments/prod"
    assert environment.promotes_from == ()
    assert environment.destination.cluster == "prod"
    assert environment.releases.policy == "any"
    assert environment.sealing.scope == "strict"
    assert environment.promotion.gates == ()


def test_every_value_has_its_type() -> None:
    environment = read(
        """
displayName: Production
promotesFrom: stage
destination: {cluster: prod, server: "https://10.0.0.1:6443", namespace: "{app}-x"}
kubernetes: "1.30"
releases: {policy: pin, fullCommit: false}
checks:
  policies: [policies/]
promotion:
  gates:
  - {type: soak, time: 36h}
  - {type: approvals, count: 2}
  - {type: health}
  - {type: window, days: [mon], from: 09:00, to: 17:30, timezone: Europe/Berlin}
  - {type: freeze, from: 2026-12-20, to: 2027-01-06}
  autoMerge: true
"""
    )
    assert environment.promotes_from == ("stage",)
    assert environment.destination.namespace_of(AppName("paw")) == "paw-x"
    assert environment.kubernetes == "1.30"
    assert environment.releases.policy == "pin"
    assert not environment.releases.full_commit
    assert environment.checks.policies == ("policies",)
    assert environment.promotion.auto_merge
    assert environment.promotion.gates == (
        Soak(time=timedelta(hours=36)),
        Approvals(count=2),
        Health(),
        Window(days=("mon",), from_=time(9), to=time(17, 30), timezone="Europe/Berlin"),
        Freeze(from_=date(2026, 12, 20), to=date(2027, 1, 6)),
    )


@pytest.mark.parametrize("text", ["promotesFrom: [a, b]", "promotesFrom:\n- a\n- b"])
def test_several_environments_may_come_before(text: str) -> None:
    assert read(LEAST + text).promotes_from == ("a", "b")


def test_a_value_remembers_its_place() -> None:
    environment = read(LEAST + "promotesFrom:\n  - a\n  - b\n")
    error = environment.error("promotesFrom[1]", "wrong")
    assert str(error) == f"{FILE}:4:5: wrong"


@pytest.mark.parametrize("word", ["no", "on", "off", "y", "yes"])
def test_what_old_yaml_takes_for_a_truth_value_is_a_name(word: str) -> None:
    """And an environment may be called so."""
    assert read(f"{LEAST}displayName: {word}\npromotesFrom: {word}\n").promotes_from == (word,)


RULE = "reconcile: {health: [{apiVersion: example.org/v1, "

# What is added to the least that is right; the message without the file; the hint.
MISTAKES = [
    # fields
    ("displayname: x", "2:1: there is no field displayname", "did you mean displayName?"),
    ("promotes-from: x", "2:1: there is no field promotes-from", "did you mean promotesFrom?"),
    ("destination: {cluster: b}", "2:1: destination is here twice", "remove one of the two"),
    ("<<: {}", "2:1: there is no field <<", "the fields here are displayName, promotesFrom, "),
    ("sealing: {scpoe: strict}", "2:11: there is no field sealing.scpoe", "did you mean scope?"),
    ("[a]: b", "2:1: a field's name is text, not a list", ""),
    # text
    ("displayName:", "2:13: displayName must be text, not nothing", ""),
    ("displayName: ~", "2:14: displayName must be text, not nothing", ""),
    ("displayName: 7", "2:14: displayName must be text, not the number 7", 'in quotes: "7"'),
    ("displayName: true", "2:14: displayName must be text, not true", 'put it in quotes: "true"'),
    ("displayName: [a]", "2:14: displayName must be text, not a list", ""),
    ("displayName: ' '", '2:14: displayName must be text, not " "', ""),
    ("displayName: !x y", "2:14: displayName must be text, not a value with the tag !x", "quotes"),
    ("displayName: !!binary eA==", "2:14: displayName must be text, not a value with the tag", ""),
    # names
    ("promotesFrom: Dev", "2:15: promotesFrom[0] must be a name of lower-case letters", "dev?"),
    ("promotesFrom: [a, a]", "2:19: promotesFrom lists the same twice", "remove one of the two"),
    ("promotesFrom: {a: b}", "2:15: promotesFrom[0] must be a name", ""),
    ("promotesFrom: staging.eu", "2:15: promotesFrom[0] must be a name", ""),
    # versions
    ("kubernetes: 1.30", "2:13: kubernetes must be a minor version in quotes", '"1.30"'),
    ("kubernetes: v1.36", "2:13: kubernetes must be a minor version", 'did you mean "1.36"?'),
    ('kubernetes: "1.36.2"', "2:13: kubernetes must be a minor version", 'did you mean "1.36"?'),
    # URLs
    ("remotes: [https://h]", "2:11: remotes[0] must be a Git URL", ""),
    ("remotes: https://h/a/b", "2:10: remotes must be a list, each a Git URL", ""),
    ("remotes: ['https://h/a?ref=x']", "2:11: remotes[0] must be a Git URL", ""),
    # words
    ("releases: {policy: pinned}", "2:20: releases.policy must be any, follow or pin", "pin?"),
    ("releases: pin", "2:11: releases must be a mapping", "the fields here are policy, fullCommit"),
    ("releases: {fullCommit: yes}", "2:24: releases.fullCommit must be true or", "mean true?"),
    (
        "releases: {fullCommit: 'true'}",
        '2:24: releases.fullCommit must be true or false, not "tr',
        "",
    ),
    # paths
    ("checks: {crds: [/crds]}", "2:17: checks.crds[0] must be a path", "leave the first slash out"),
    ("checks: {crds: [../crds]}", "2:17: checks.crds[0] must be a path", "nothing outside"),
    ("checks: {ignore: [{check: a}]}", "2:19: checks.ignore[0].reason is missing", "add it: text"),
    # rules of health
    (f"{RULE}kind: W, current: ''}}]}}", "2:69: reconcile.health[0].current must be an", ""),
    (
        f"{RULE}kind: W}}]}}",
        "2:22: reconcile.health[0].current is missing",
        "add it: an exp",
    ),
    (f"{RULE}kind: w, current: a}}]}}", "2:57: reconcile.health[0].kind must be a kind of", ""),
    (
        "reconcile: {health: [{apiVersion: a.org, kind: W, current: a}]}",
        "2:35: reconcile.health[0].apiVersion must be a group with its version",
        "",
    ),
    # promotion
    ("promotion: {gates: [soak]}", "2:21: promotion.gates[0] must be a mapping with", "type: soak"),
    ("promotion: {gates: [7]}", "2:21: promotion.gates[0] must be a mapping with", "the types are"),
    ("promotion: {gates: [{}]}", "2:21: promotion.gates[0].type is missing", "the types are soak"),
    ("promotion: {gates: [{type: soack}]}", "2:28: promotion.gates[0].type must be", "soak?"),
    ("promotion: {gates: [{type: soak}]}", "2:21: promotion.gates[0].time is missing", "30m"),
    ("promotion: {gates: [{type: soak, time: 1w}]}", "2:40: promotion.gates[0].time must be", ""),
    (
        "promotion: {gates: [{type: soak, count: 1}]}",
        "2:34: there is no field",
        "are type and time",
    ),
    ("promotion: {gates: [{type: approvals, count: 0}]}", "2:46: promotion.gates[0].count", ""),
    ("promotion: {gates: [{type: approvals, count: 1.5}]}", "2:46: promotion.gates[0].count", ""),
    (
        "promotion: {gates: [{type: window, from: 09:00, to: 9:00}]}",
        "2:53: promotion.gates[0].to must be a time of day such as 09:00",
        "",
    ),
    (
        "promotion: {gates: [{type: window, from: 09:00, to: 09:00}]}",
        "2:21: promotion.gates[0]: the window closes when it opens, at 09:00",
        "",
    ),
    (
        "promotion: {gates: [{type: window, from: 09:00, to: 17:00, timezone: Europe/Berln}]}",
        "2:70: promotion.gates[0].timezone: there is no zone Europe/Berln",
        "did you mean Europe/Berlin?",
    ),
    (
        "promotion: {gates: [{type: freeze, from: 2026-12-20, to: 2026-02-30}]}",
        "2:58: promotion.gates[0].to: day ",
        "",
    ),
    (
        "promotion: {gates: [{type: freeze, from: 2026-12-20, to: 2026-12-19}]}",
        "2:21: promotion.gates[0]: the freeze ends on 2026-12-19, before it begins",
        "",
    ),
    (
        "promotion: {without: [soak]}",
        "2:23: promotion.without[0] must be checks or secrets",
        "there is checks and secrets",
    ),
    (
        "promotion: {gates: [{type: checks}], without: [checks]}",
        "2:12: promotion: checks is among its gates, and it goes without checks",
        "",
    ),
    ("promotion: {gates: [{type: plugin}]}", "2:21: promotion.gates[0].name is missing", "add"),
    # reconcile
    (
        "reconcile: {ignoreDifferences: [{kind: Job, jqPathExpressions: [.spec.replicas]}]}",
        "2:65: reconcile.ignoreDifferences[0].jqPathExpressions[0] is an expression of jq",
        "write jsonPointers: [/spec/replicas]",
    ),
    (
        "reconcile: {ignoreDifferences: [{kind: Job, jqPathExpressions: ['.a[] | select(.b)']}]}",
        "2:65: reconcile.ignoreDifferences[0].jqPathExpressions[0] is an expression of jq",
        "name the field by a JSON pointer",
    ),
    (
        "reconcile: {ignoreDifferences: [{kind: Job, jsonPointers: [spec.replicas]}]}",
        "2:60: reconcile.ignoreDifferences[0].jsonPointers[0] must be a JSON pointer",
        "write jsonPointers: [/spec/replicas]",
    ),
    (
        "reconcile: {ignoreDifferences: [{kind: Job}]}",
        "2:33: reconcile.ignoreDifferences[0]: name the fields in jsonPointers",
        "",
    ),
    ("reconcile: {prune: false}", "2:20: reconcile.prune must be a mapping", "the fields here"),
    ("reconcile: {prune: {limit: 0}}", "2:28: reconcile.prune.limit must be a whole", ""),
    # health
    ("health: [argocd]", "2:10: health[0] must be a mapping with a type", "type: argocd"),
    ("health: [{type: http}]", "2:10: health[0].url is missing", "a URL such as"),
    (
        "health: [{type: http, url: 'https://a:b@h/'}]",
        "2:28: health[0].url holds a password or a token",
        "write the URL without it",
    ),
    ("health: [{type: http, url: 'ftp://h/'}]", "2:28: health[0].url must be a URL", ""),
    (
        "health: [{type: argocd, application: '{app}-{env}'}]",
        "2:38: health[0].application must be a name such as",
        "",
    ),
    (
        "promotion: {fields: [{keep: [image]}]}",
        "2:30: promotion.fields[0].keep[0] names image, which no kustomization has",
        "did you mean images?",
    ),
    # YAML
    ("a: 'b", "2:4: this is not YAML: found unexpected end of stream", ""),
    ("a: [b", "2:4: this is not YAML: did not find expected ',' or ']'", ""),
    ("\ta: b", "2:1: this is not YAML", "indent with spaces: YAML takes no tabs"),
    ("a: *b", "2:4: this is not YAML: found undefined alias", ""),
    ("---\na: b", "2:1: a second document begins here", "keep one"),
    ("a: \0", "2:4: the file holds the character \\x00", "not allowed in YAML"),
    ("a: " + "[" * 60, "2: more than 50 levels are nested here", ""),
]


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES, ids=[m[0] for m in MISTAKES])
@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader], ids=["c", "python"])
def test_a_mistake_is_said_with_its_place(
    text: str, message: str, hint: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "LOADER", loader)
    lines = complaint(LEAST + text + "\n")
    if "this is not YAML" in message and loader is yaml.SafeLoader:
        assert lines[0].startswith(f"{FILE}:")  # it says the same in other words
        return
    assert lines[0].startswith(f"{FILE}:{message}")
    assert hint in lines[-1] if hint else len(lines) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("---\n", "the file is empty"),
        ("prod", "1:1: the file must be a mapping"),
        ("kubernetes: '1.36'", "1:1: destination is missing"),
        ("destination: {}", "1:14: destination.cluster is missing"),
        (LEAST.encode("utf-16"), "1:1: the file is not text in UTF-8"),
        (LEAST.encode() + b"a: \xff", "2:4: the file is not text in UTF-8"),
        (b"\x7fELF\0\0", "1:1: the file holds the character \\x7f"),
        (b"a" * (2 << 20), "the file has 2,097,152 bytes, more than the 1,048,576 that are read"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_file_that_is_something_else_is_refused(content: str | bytes, message: str) -> None:
    separator = ":" if message[0].isdigit() else ": "
    assert complaint(content)[0].startswith(f"{FILE}{separator}{message}")


def test_checks_and_secrets_are_waited_for_unless_a_file_goes_without() -> None:
    def gates(text: str) -> list[str]:
        return [gate.type for gate in read(f"{LEAST}promotion: {{{text}}}\n").gates]

    assert gates("") == ["checks", "secrets"]
    assert gates("gates: [{type: secrets}, {type: alone}]") == ["secrets", "alone", "checks"]
    assert gates("without: [checks]") == ["secrets"]
    assert gates("without: [checks, secrets]") == []


def test_an_empty_file_is_shown_how_to_begin() -> None:
    assert '"destination:" and "  cluster: prod"' in complaint("")[-1]


def test_a_byte_order_mark_and_crlf_are_no_mistakes() -> None:
    assert read("\ufeff" + LEAST.replace("\n", "\r\n") + "displayName: x\r\n").title == "x"


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@host/a/b",
        "https://hunter2@host/a/b",
        "ssh://git:hunter2@host/a/b",
        "user:hunter2@host:a/b",
        "htps://user:hunter2@host",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    lines = complaint(f"{LEAST}repositories: ['{url}']")
    assert lines[0] == f"{FILE}:2:16: repositories[0] holds a password or a token"
    assert "hunter2" not in "".join(lines)


def test_a_password_in_any_other_value_is_not_repeated() -> None:
    for field in ("destination", "kubernetes", "sealing"):
        assert "hunter2" not in "".join(complaint(f"{field}: https://user:hunter2@host/a"))
    server = "destination: {cluster: a, server: 'https://user:hunter2@host'}"
    assert complaint(server)[0].endswith('not "https://...@host"')


def test_a_system_without_time_zones_takes_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    monkeypatch.setattr("reconciler.model.notations.available_timezones", set)
    monkeypatch.setattr("reconciler.model.notations.ZoneInfo", {}.__getitem__)
    gate = "{type: window, from: 09:00, to: 17:00, timezone: Europe/Berlin}"
    assert read(f"{LEAST}promotion: {{gates: [{gate}]}}")


PIECES = st.sampled_from(
    [
        *("destination", "cluster", "promotesFrom", "gates", "type", "soak", "1.30", "no", "é"),
        *(
            ":",
            ": ",
            "- ",
            "\n",
            "  ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a",
            "!!str ",
            "'",
            '"',
            "|",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.binary()))
def test_any_text_is_a_value_or_one_error_with_a_place(text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        read(LEAST.encode() + content)
    except FleetError as error:
        where = error.where
        good = where is not None and where.file == FILE and where.line > 0
        if not good or not error.what:
            raise


def test_the_environments_of_this_repository_are_right() -> None:
    folder = Path(__file__).parents[2] / "environments"
    for name in ("dev", "stage", "prod"):
        environment = read_environment(name, (folder / name / "environment.yaml").read_bytes())
        assert environment.releases.policy == ("follow" if name == "dev" else "pin")
        assert environment.destination.namespace_of(AppName("gethrelay")) == "gethrelay"
