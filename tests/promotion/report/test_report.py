"""A reviewer sees what changes, what could go wrong, and nothing that anybody smuggled in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.checks.finding import Finding, Severity
from reconciler.compare.report import NewCertificate
from reconciler.errors import FleetError, printable
from reconciler.forges.local import LocalForge
from reconciler.kubernetes.identity import Identity
from reconciler.model.paths import AppName
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.plan.entry_fields import EntryField, FieldAddress
from reconciler.promotion.plan.field_decisions import Decision, FieldDecision
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.report.body_marker import Marker
from reconciler.promotion.report.inspection import Inspection, inspect_target
from reconciler.promotion.report.missing_secrets import MissingSecretReport
from reconciler.promotion.report.report import FILE, SMALLEST, PromotionReport, report_of
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.text.markdown import SPACE
from tests.conftest import Repo
from tests.entries import entry_at_home
from tests.markdown import acted_on, read
from tests.promotion.fleet import DEPLOYMENT, Fleet, entry, overlay
from tests.promotion.report.example import ALWAYS, BLOCK, PAGE, example
from tests.promotion.report.links import NOON, OURS, Links
from tests.text.test_markdown import TEXTS, shown


def report(plan: Plan, inspection: Inspection | None = None, **others: object) -> PromotionReport:
    return report_of(plan, inspection or Inspection(), **others)  # type: ignore[arg-type]


def of(
    fleet: Fleet, kernel: Kernel, gates: Sequence[GateResult] = (), **others: object
) -> PromotionReport:
    """All of it, as it is put together for a pull request."""
    base = fleet.base()
    plan = fleet.plan(kernel=kernel)
    with Renderer(kernel=kernel) as renderer:
        found = inspect_target(plan, renderer, base.tree, base.repository)
    given = {"repository": base.repository, "forge": Links(), **others}
    return report_of(plan, found, gates, **given)  # type: ignore[arg-type]


def authored(fleet: Fleet, subject: str, author: str, **files: str) -> str:
    fleet.repo.write({name.replace("__", "/"): text for name, text in files.items()})
    fleet.repo.git("add", "--all")
    fleet.repo.git(
        "commit", "--quiet", "--allow-empty", "--message", subject, "--author", f"{author} <a@b.c>"
    )
    return fleet.repo.git("rev-parse", "HEAD")


@pytest.fixture
def due(fleet: Fleet) -> Fleet:
    fleet.repo.write(overlay("paw", 2))
    authored(fleet, "Serve on another port", "Jane Doe")
    release = authored(fleet, "Say something", "John Doe", README="words\n")
    fleet.commit(entry("stage", release, "v2"))
    return fleet


def test_the_first_screen_says_what_changes_and_what_could_go_wrong(
    due: Fleet, checking: Kernel
) -> None:
    gates = [
        GateResult("soak", Gate.waiting, "2 h of 24 h", NOON),
        GateResult("health", Gate.open, "synced and healthy"),
    ]
    found = of(due, checking, gates)
    assert found.title == "Promote paw v1 → v2 to prod"
    lines = read(found.body).text.splitlines()
    assert [line for line in lines if line][:6] == [
        "Changes: 1 app from stage to prod; objects: 2 changed",
        "Is stage healthy: yes: synced and healthy",
        "Could go wrong: 1 good to know",
        "Checks: nothing new",
        "Waits for: soak, until 2026-11-22 12:00 UTC at the earliest",
        "Apps",
    ]


def test_what_was_known_before_is_named(fleet: Fleet, checking: Kernel) -> None:
    lacking = DEPLOYMENT.replace("{name: settings}", "{name: nowhere}")
    release = fleet.commit({"overlays/paw/base/deployment.yaml": lacking})
    fleet.commit(entry("prod", release), entry("stage", release, "v2"))
    (said,) = [s for s in read(of(fleet, checking).body).text.splitlines() if "Checks" in s]
    assert said.startswith("Checks: nothing new, 1 known before (paw Deployment default/paw: ")
    assert "nowhere" in said


def test_the_commits_are_linked_with_their_authors_and_pull_requests(
    due: Fleet, checking: Kernel
) -> None:
    seen = read(of(due, checking).body)
    assert "Serve on another port, Jane Doe, pull request 7" in seen.text
    assert "other commits outside of overlays/paw" in seen.text
    assert "1 commit, 2 more outside of overlays/paw" in seen.text
    assert "Say something" not in seen.text
    new = due.repo.git("rev-parse", "HEAD~1")
    assert {
        f"{OURS}/commit/{due.first}",
        f"{OURS}/compare/{due.first}...{new}",
        f"{OURS}/pulls/7",
    } <= seen.links


def test_the_objects_and_the_fields_that_change_are_folded(due: Fleet, checking: Kernel) -> None:
    found = of(due, checking)
    assert not found.cut
    fold = found.body[found.body.index("<details>") : found.body.index("</details>")]
    for line in ("! images[paw].newTag: v1 → v2", "! Deployment paw", "+     port: 2"):
        assert f"\n{line}\n" in fold
        assert f"{line}\n" in found.whole
    assert "reconciler promote rollback prod paw\n" in found.body


def test_without_a_forge_and_a_repository_there_are_no_links(due: Fleet, kernel: Kernel) -> None:
    assert read(report(due.plan(kernel=kernel)).body).links == set()


def test_what_only_git_knows_is_no_link(due: Fleet, checking: Kernel) -> None:
    here = LocalForge(str(due.repo.path))
    found = of(due, checking, forge=here, attached="refs/reconciler/requests/1:promotion.diff")
    assert read(found.body).links == set()
    assert f"{due.first[:10]}" in found.body


def test_a_forge_that_does_not_answer_is_no_obstacle(due: Fleet, checking: Kernel) -> None:
    text = read(of(due, checking, forge=Links(broken=True)).body).text
    assert "Serve on another port, Jane Doe\n" in text


def test_a_hostile_commit_is_shown_and_does_nothing(fleet: Fleet, checking: Kernel) -> None:
    subject = "Closes #1 for @everyone </details> `x` <!-- y --> https://example.org/issues/1"
    fleet.repo.write(overlay("paw", 2))
    release = authored(fleet, subject, "@jane | GH-12")
    fleet.commit(entry("stage", release, "v2"))
    found = of(fleet, checking)
    seen = read(found.body)
    assert subject in seen.text.replace(SPACE, "")
    assert acted_on(found.body) == []
    assert all(link.startswith(OURS) for link in seen.links)


def test_no_secret_is_shown(fleet: Fleet, checking: Kernel) -> None:
    """Neither one of a generator nor one that somebody put among the literals."""
    more = "secretGenerator: [{{name: s, literals: [key=hunter{}]}}]\n"
    literal = "  - API_TOKEN=hunter{0}\n  - DATABASE=postgres://u:hunter{0}@db/x\n"
    for environment, tag, n in (("stage", "v1", 1), ("prod", "v1", 1), ("stage", "v2", 2)):
        fleet.commit(entry(environment, fleet.first, tag, more=literal.format(n) + more.format(n)))
    found = of(fleet, checking)
    assert "API_TOKEN" in found.whole
    assert "hunter" not in found.title + found.body + found.whole


def marker_in(body: str) -> Marker:
    """As other programs read it."""
    found = re.search(r"<!-- promotion: (\{.*\}) -->\s*\Z", body)
    assert found
    said = json.loads(found[1])
    return Marker(**{**said, "apps": tuple(said["apps"])})


def test_the_marker_says_which_promotion_it_is(due: Fleet, checking: Kernel) -> None:
    found = of(due, checking)
    marker = marker_in(found.body)
    assert marker == found.marker
    assert (found.marker.source, found.marker.target) == ("stage", "prod")
    assert (found.marker.apps, found.marker.base) == (("paw",), due.repo.git("rev-parse", "main"))
    (comment,) = read(found.body).comments
    assert found.marker.hash in comment


def test_the_same_report_has_the_same_hash_and_another_one_has_not(
    due: Fleet, checking: Kernel
) -> None:
    first = of(due, checking)
    assert of(due, checking).body == first.body
    assert of(due, checking, attached=f"{OURS}/file").marker == first.marker
    gates = [GateResult("soak", Gate.open, "24 h")]
    assert of(due, checking, gates).marker.hash != first.marker.hash


def test_what_lets_a_gate_pass_is_there_to_be_copied(due: Fleet, checking: Kernel) -> None:
    gates = [GateResult("soak", Gate.waiting, "0 min of 1 d")]
    text = f"/override GATE {'1a2b3c4d' * 5} REASON"
    body = of(due, checking, gates, to_pass=text).body
    assert f"\n```\n{text}\n```\n" in body.partition("### Gates")[2].partition("### ")[0]
    assert "promotion.overrides" not in of(due, checking, gates).body


@given(texts=st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), apps=st.lists(TEXTS, max_size=3))
def test_a_marker_can_be_read_whatever_it_holds(
    texts: tuple[str, str, str, str], apps: list[str]
) -> None:
    source, target, base, digest = texts
    marker = Marker(source, target, tuple(map(AppName, apps)), base, digest)
    text = f"a\n\n{marker}\n"
    assert marker_in(text) == marker
    seen = read(text)
    assert (seen.text.strip(), len(seen.comments)) == ("a", 1)
    assert acted_on(text) == []


def hostile(texts: Sequence[str]) -> tuple[Plan, Inspection, list[GateResult]]:
    """Whatever can hold a text of somebody's holds one."""
    one, two, three, four = map(shown, texts)
    about = Identity(one, two or "k", three, four)
    finding = Finding("a/b", Severity.error, one, two, f"environments/prod/{three}", about)
    steps = tuple(EntryField(text) if i else "images" for i, text in enumerate(texts))
    decisions = tuple(
        Decision(FieldAddress(steps), kind, one, two, three)
        for kind in (FieldDecision.review, FieldDecision.conflict)
    )
    step = PromotionStep(entry_at_home("prod", one), StepState.due, decisions=decisions[:1])
    held = PromotionStep(entry_at_home("prod", two), StepState.diverged, decisions=decisions[1:])
    broken = PromotionStep(
        entry_at_home("prod", two), StepState.failed, problem=FleetError(three, hint=four)
    )
    plan = Plan(three, four, one, "0" * 40, (step, held, broken))
    lacks = MissingSecretReport(
        entry_at_home("prod", one), two, three, (four,), one, f"reconciler seal {two}"
    )
    failed = ((f"environments/prod/{one}", FleetError(two, hint=three)),)
    new = NewCertificate(one, two, three)
    inspection = Inspection((finding,), (finding,), (lacks,), (finding,), failed, certificate=new)
    gates = [
        GateResult(one, Gate.closed, two, NOON, three, AppName(four)),
        GateResult("health", Gate.waiting, three, hint=four, app=AppName(one)),
    ]
    return plan, inspection, gates


EMPTY = hostile(["x", "x", "x", "x"])


@settings(max_examples=40)
@given(texts=st.lists(TEXTS, min_size=4, max_size=4))
def test_whatever_anybody_wrote_is_nothing_but_text(texts: list[str]) -> None:
    plan, inspection, gates = hostile(texts)
    found = report_of(plan, inspection, gates, forge=Links())  # type: ignore[arg-type]
    plain, calm, quiet = EMPTY
    usual = report_of(plain, calm, quiet, forge=Links())  # type: ignore[arg-type]
    tags = {tag for tag, _ in read(usual.body).tags}
    seen = read(found.body)
    assert {tag for tag, _ in seen.tags} <= {*tags, "a"}
    assert {name for _, attrs in seen.tags for name in attrs} <= {"class", "href"}
    assert all(link.startswith(f"{OURS}/commit/") for link in seen.links)
    assert acted_on(found.body) == []
    assert len(seen.comments) == 1
    assert not re.search(r"[@#!]\w", found.title)


def fold_of_many(due: Fleet, kernel: Kernel, apps: int, lines: int) -> Plan:
    """One promotion of many apps, each with a long difference."""
    plan = due.plan(kernel=kernel)
    (step,) = plan.due
    assert step.difference
    change = step.difference.difference.objects[0]
    long = replace(change, changes=change.changes * lines)
    inner = replace(step.difference.difference, objects=(long,), renames=())
    big = replace(step, difference=replace(step.difference, difference=inner))
    steps = (replace(big, entry=entry_at_home("prod", f"app-{i}")) for i in range(apps))
    return replace(plan, steps=tuple(steps))


@pytest.mark.parametrize("longest", [SMALLEST, 65_536])
@pytest.mark.parametrize(("apps", "lines"), [(1, 1), (1, 1_000), (40, 10), (200, 5)])
def test_a_body_is_never_longer_than_the_forge_takes_and_never_cut_within_markup(
    due: Fleet, kernel: Kernel, apps: int, lines: int, longest: int
) -> None:
    plan = fold_of_many(due, kernel, apps, lines)
    texts = ["x" * 300] * 4
    _, inspection, gates = hostile(texts)
    many = replace(
        inspection,
        new=inspection.new * 200,
        risks=tuple(
            replace(f, folder=f"environments/prod/{i}")
            for i in range(200)
            for f in inspection.risks
        ),
        secrets=inspection.secrets * 200,
    )
    found = report(plan, many, gates=gates * 50, forge=Links(longest))
    assert len(found.body) <= longest
    seen = read(found.body)
    assert found.marker == marker_in(found.body)
    for part in ("Apps", "What could go wrong", "Secrets that", "Gates", "Roll back"):
        assert f"\n### {part}" in found.body or f"{part}" in found.body.partition("\n\n")[0]
    assert found.body.count("<details>") == found.body.count("</details>")
    assert found.whole.count("\n") > apps * lines
    if found.cut:
        assert re.search(r"[\d,]+ of [\d,]+ lines( and \d+ apps?)? are left out here", seen.text)
        linked = report(plan, many, gates=gates * 50, forge=Links(longest), attached=f"{OURS}/f")
        assert f"{OURS}/f" in read(linked.body).links
        assert len(linked.body) <= longest
        assert FILE in seen.text


def test_what_is_not_promoted_is_said_with_the_reason(due: Fleet, kernel: Kernel) -> None:
    first = due.commit(overlay("dog", 1))
    due.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    due.commit(entry("prod", first, "hotfix", app="dog"))
    due.commit(entry("stage", first, "v2", app="dog"))
    text = read(report(due.plan(kernel=kernel)).body).text.replace(SPACE, "")
    assert "Not promoted: dog" in text
    assert "dog has diverged: images[paw].newTag: hotfix → v2, prod has a value of its own" in text


def test_what_a_person_must_decide_is_said_first(repo: Repo, kernel: Kernel) -> None:
    rules = "promotion: {fields: [{review: ['images[*].newTag']}]}\n"
    fleet = Fleet(repo, {"prod": rules})
    fleet.commit(entry("stage", fleet.first, "v2"))
    text = read(report(fleet.plan(kernel=kernel)).body).text
    assert "Could go wrong: 1 to be reviewed" in text
    assert "to be reviewed: paw images[paw].newTag: v1 → v2" in text


def test_an_override_and_its_reason_are_in_the_table(due: Fleet, kernel: Kernel) -> None:
    gates = [GateResult("freeze", Gate.overridden, "jane: the certificate runs out tonight")]
    text = read(report(due.plan(kernel=kernel), gates=gates).body).text
    assert "Waits for: nothing, with 1 overridden" in text
    assert "overridden\njane: the certificate runs out tonight" in text
    assert printable(text.replace("\n", " "))


def test_the_example_in_the_documentation_is_real(
    repo: Repo, checking: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ALWAYS.items():
        monkeypatch.setenv(name, value)
    (shown,) = BLOCK.findall(PAGE.read_text())
    again = "python -m tests.promotion.report.example writes it again"
    assert example(repo, checking).body == shown, again
