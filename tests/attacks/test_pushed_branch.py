"""Whoever can push a branch, and not merge, gets nothing merged that a gate did not judge.

What the branch says that it wants is a wish. The bot merges by itself what all gates were asked
about; a rollback, which is asked about few, and a release that was taken away need somebody who
may override, or the bot's own finding that the rollout failed. With what it merges comes no commit
but its own. And no branch, whatever is on it, keeps the bot from the others.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from reconciler.forges.forge import PullRequest, StatusVerdict, WantedPullRequest
from reconciler.forges.local import LocalForge
from reconciler.git.names import BranchName
from reconciler.health.sources import HealthSources
from reconciler.model.paths import AppName
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.advance import End
from reconciler.promotion.pull_request.branch import BranchWork, propose_branch
from reconciler.promotion.pull_request.situation import work_of
from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.forges.conftest import Site
from tests.forges.conftest import site as site
from tests.promotion.fleet import overlay
from tests.promotion.gates.web import serving
from tests.promotion.pull_request.conftest import Build
from tests.promotion.pull_request.conftest import build as build
from tests.promotion.pull_request.conftest import build_in_gitea as build_in_gitea
from tests.promotion.pull_request.conftest import checking as checking
from tests.promotion.pull_request.forge_setup import PAW, PromotionFleet, unreachable

MAIN = BranchName("main")

POLICY = "promotion: {propose: app, autoMerge: true, overrides: [Lead]}\n"
FREEZE = (
    "promotion:\n  {propose: app, autoMerge: true, overrides: [Lead, alice], "
    "gates: [{type: freeze, from: 2020-01-01, to: 2090-01-01}]}\n"
)
BACK = PromotionRequest(
    PromotionKind.rollback, "prod", "prod", (AppName("paw"),), reason="it burns"
)


def pushed(promotion_fleet: PromotionFleet, request: PromotionRequest) -> str:
    """A branch that says what its request is, as anybody can make it."""
    session = promotion_fleet.session()
    work = work_of(session.planned(request))
    return propose_branch(session.builder, session.branches, work).branch


def opened(promotion_fleet: PromotionFleet, branch: str) -> PullRequest:
    return LocalForge(str(promotion_fleet.forge_setup.root), "mallory").create(
        BranchName(branch), MAIN, WantedPullRequest("mine", "")
    )


def approved(promotion_fleet: PromotionFleet, pull: PullRequest, user: str) -> None:
    forge = LocalForge(str(promotion_fleet.forge_setup.root), user)
    forge.approve(forge.pull(pull.number))


def follow(promotion_fleet: PromotionFleet) -> None:
    with HealthSources(unreachable, httpx.Client) as sources:  # type: ignore[arg-type]
        promotion_fleet.round(sources)


def rolled_back(promotion_fleet: PromotionFleet) -> None:
    """v2 was there, and a person took it back."""
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")
    promotion_fleet.pull()
    assert promotion_fleet.advance(BACK).end is End.merged
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")


def frozen(promotion_fleet: PromotionFleet) -> str:
    """prod ran v0 once, and now v1: a way back to what nobody wants."""
    promotion_fleet.tag("v0-vulnerable", "prod")
    old = promotion_fleet.fleet.repo.git("rev-parse", "HEAD")
    promotion_fleet.tag("v1", "prod")
    return old


@pytest.mark.parametrize("apps", [PAW.apps, ()])
def test_a_release_that_was_taken_away_does_not_come_by_a_branch(
    build: Build, apps: tuple[AppName, ...]
) -> None:
    promotion_fleet = build(prod=POLICY)
    rolled_back(promotion_fleet)
    pushed(promotion_fleet, replace(PAW, apps=apps, unheld="because I can"))
    promotion_fleet.round()
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")


def test_a_wish_to_let_go_of_a_hold_waits_for_somebody_who_may(build: Build) -> None:
    promotion_fleet = build(prod=POLICY)
    rolled_back(promotion_fleet)
    pull = opened(promotion_fleet, pushed(promotion_fleet, replace(PAW, unheld="because I can")))
    approved(promotion_fleet, pull, "mallory-2")
    LocalForge(str(promotion_fleet.forge_setup.root), "mallory").say(
        pull, "x", f"/override hold {pull.commit} because I can"
    )
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    verdicts = {s.context: s.verdict for s in promotion_fleet.forge.statuses(pull.commit)}
    assert verdicts["promotion/hold"] is StatusVerdict.pending
    assert verdicts["promotion/all"] is StatusVerdict.pending
    lead = LocalForge(str(promotion_fleet.forge_setup.root), "Lead")
    lead.say(pull, "y", f"/override hold {pull.commit} the node was full")
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")


def test_a_rollback_by_a_branch_passes_no_freeze(build: Build) -> None:
    promotion_fleet = build(prod=FREEZE)
    old = frozen(promotion_fleet)
    branch = pushed(promotion_fleet, replace(BACK, release=old))
    promotion_fleet.round()
    assert promotion_fleet.open() == []  # nobody is the author of what the bot opened for another
    pull = opened(promotion_fleet, branch)
    for user in ("mallory-2", "bot"):
        approved(promotion_fleet, pull, user)
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    (there,) = promotion_fleet.open()
    assert "`promotion.overrides`" in there.body
    approved(promotion_fleet, pull, "Lead")
    promotion_fleet.round()
    assert "newTag: v0-vulnerable" in promotion_fleet.file("main")


def test_on_a_real_forge_an_approval_of_one_who_may_is_needed_too(
    build_in_gitea: Build, site: Site
) -> None:
    promotion_fleet = build_in_gitea(prod=FREEZE)
    branch = pushed(promotion_fleet, replace(BACK, release=frozen(promotion_fleet)))
    pull = site.forge("bob").create(BranchName(branch), MAIN, WantedPullRequest("mine", ""))
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    site.approve(pull.number, "alice")
    promotion_fleet.round()
    assert "newTag: v0-vulnerable" in promotion_fleet.file("main")


def test_a_release_that_somebody_chose_is_a_wish_too(build: Build) -> None:
    promotion_fleet = build(prod=POLICY.replace("propose: app", "propose: never"))
    promotion_fleet.tag("v2-vulnerable")
    old = promotion_fleet.fleet.change(2)
    promotion_fleet.tag("v2-vulnerable", ref=old)
    new = promotion_fleet.fleet.change(3)
    promotion_fleet.tag("v3", ref=new)
    pull = opened(promotion_fleet, pushed(promotion_fleet, replace(PAW, release=old)))
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main")
    approved(promotion_fleet, pull, "Lead")
    promotion_fleet.round()
    assert "newTag: v2-vulnerable" in promotion_fleet.file("main")


def test_what_the_policy_wants_anyway_needs_nobody(build: Build) -> None:
    """By its branch alone: it names source, target and apps, and every gate is asked."""
    promotion_fleet = build(prod=POLICY)
    promotion_fleet.tag("v2")
    opened(promotion_fleet, pushed(promotion_fleet, PAW))
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")


def test_a_branch_of_another_name_makes_the_bot_push_none_of_ours(build: Build) -> None:
    """It changes paw, and says that it wants dog to go back."""
    promotion_fleet = build(prod=FREEZE)
    dog = promotion_fleet.fleet.commit(overlay("dog", 1))
    for tag in ("v0-vulnerable", "v1"):
        promotion_fleet.tag(tag, "prod", app="dog", ref=dog)
    promotion_fleet.tag("v1", app="dog", ref=dog)
    session = promotion_fleet.session()
    planned = session.planned(replace(BACK, release=frozen(promotion_fleet)))
    work = BranchWork(planned.plan, replace(BACK, apps=(AppName("dog"),)))
    made = propose_branch(session.builder, session.branches, work)
    branch = "promote/harmless"
    session.branches.move(f"refs/heads/{branch}", made.commit, None)
    session.branches.move(f"refs/heads/{made.branch}", None, made.commit)
    opened(promotion_fleet, branch)
    promotion_fleet.round()
    assert "newTag: v1" in promotion_fleet.file("main", app="dog")
    assert promotion_fleet.branch_names() == {branch}
    assert [pull.branch for pull in promotion_fleet.open()] == [branch]


def test_what_the_bot_found_to_have_failed_it_takes_back_itself(build: Build) -> None:
    with serving(lambda *_: (503, b"")) as url:
        promotion_fleet = build(prod=f'{POLICY}health: [{{type: http, url: "{url}"}}]\n')
        promotion_fleet.tag("v2")
        follow(promotion_fleet)
        assert "newTag: v2" in promotion_fleet.file("main")
        promotion_fleet.later(minutes=10)
        follow(promotion_fleet)
    assert "newTag: v1" in promotion_fleet.file("main")


def test_the_bot_as_it_is_run_leaves_them_alone(build: Build, typed: Run) -> None:
    promotion_fleet = build(prod=FREEZE)
    branch = pushed(promotion_fleet, replace(BACK, release=frozen(promotion_fleet)))
    for numbers in ([], [1]):
        done = typed("bot", "--once", "--log-format", "text", cwd=promotion_fleet.forge_setup.root)
        assert done.returncode == 0, done.stderr
        assert "newTag: v1" in promotion_fleet.file("main")
        assert [pull.number for pull in promotion_fleet.open()] == numbers
        opened(promotion_fleet, branch)


Forge = Callable[[PromotionFleet, str, str], str]
OTHER = "promote/stage/prod/app/dog"
WHO = "m <m@fleet.example> 1 +0000"


def git(promotion_fleet: PromotionFleet, *words: str, given: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=promotion_fleet.forge_setup.root,
        input=given,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def commit(promotion_fleet: PromotionFleet, tree: str, parents: list[str], message: str) -> str:
    """Also an odd one."""
    lines = [f"tree {tree}", *(f"parent {p}" for p in parents), f"author {WHO}", f"committer {WHO}"]
    return written(promotion_fleet, "\n".join([*lines, "", message]).encode())


def written(promotion_fleet: PromotionFleet, text: bytes, kind: str = "commit") -> str:
    return git(
        promotion_fleet, "hash-object", "-t", kind, "-w", "--stdin", "--literally", given=text
    )


def push(promotion_fleet: PromotionFleet, branch: str, tip: str) -> None:
    """As a forge takes it, which looks at less than Git does here."""
    path = promotion_fleet.forge_setup.root / "refs/heads" / branch
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{tip}\n")


MADE = f"author {WHO}\ncommitter {WHO}\n"
ODD = {
    "an encoding that there is not": f"tree TREE\nparent MAIN\n{MADE}encoding no-such\n\nx\n",
    "another than it says": f"tree TREE\nparent MAIN\n{MADE}encoding UTF-8\n\n\udcff\n",
    "no author": f"tree TREE\nparent MAIN\ncommitter {WHO}\n\nx\n",
    "a tree that is not there": f"tree {'1' * 40}\nparent MAIN\n{MADE}\nPromotion-Edit: 1\n",
    "a parent that is not there": f"tree TREE\nparent {'1' * 40}\n{MADE}\nx\n",
    "a base that is no name": f"tree TREE\nparent MAIN\n{MADE}\nPromotion: stage prod\n"
    "Promotion-Apps: dog\nPromotion-Base: x\nPromotion-Edit: e3b0c44298fc1c149afb\n",
    "a base that is a folder": f"tree TREE\nparent MAIN\n{MADE}\nPromotion: stage prod\n"
    "Promotion-Apps: dog\nPromotion-Base: TREE\nPromotion-Edit: e3b0c44298fc1c149afb\n",
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("opens", [True, False])
def test_a_commit_that_cannot_be_read_keeps_no_other_from_its_way(
    build: Build, what: str, opens: bool
) -> None:
    promotion_fleet = build(prod=POLICY)
    text = ODD[what].replace("TREE", git(promotion_fleet, "rev-parse", "main^{tree}"))
    odd = written(
        promotion_fleet,
        text.replace("MAIN", git(promotion_fleet, "rev-parse", "main")).encode(
            errors="surrogateescape"
        ),
    )
    push(promotion_fleet, OTHER, odd)
    if opens:
        opened(promotion_fleet, OTHER)
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main")
    if opens:
        forge = LocalForge(str(promotion_fleet.forge_setup.root), "mallory")
        forge.close(forge.pull(1))
    promotion_fleet.pull()
    promotion_fleet.tag("v3")
    promotion_fleet.round()
    assert "newTag: v3" in promotion_fleet.file("main")


def bomb(promotion_fleet: PromotionFleet) -> str:
    """A tree of 10^9 files, in ten objects."""
    mode, name = "100644", written(promotion_fleet, b"", "blob")
    for _ in range(9):
        lines = (f"{mode} {n}\0".encode() + bytes.fromhex(name) for n in range(10))
        mode, name = "40000", written(promotion_fleet, b"".join(lines), "tree")
    return name


@pytest.mark.parametrize("message", ["x\n", "x\n\nPromotion-Edit: e3b0c44298fc1c149afb\n"])
@pytest.mark.parametrize("merges", [True, False])
def test_a_tree_without_end_takes_no_time(build: Build, message: str, merges: bool) -> None:
    promotion_fleet = build(prod=POLICY)
    main = git(promotion_fleet, "rev-parse", "main")
    tip = commit(promotion_fleet, bomb(promotion_fleet), [main], message)
    if merges:
        tip = commit(
            promotion_fleet, git(promotion_fleet, "rev-parse", "main^{tree}"), [main, tip], message
        )
    push(promotion_fleet, OTHER, tip)
    push(promotion_fleet, PAW.branch, tip)
    opened(promotion_fleet, OTHER)
    promotion_fleet.tag("v2")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))

    words = ("bot", "--once", "--log-format", "text", "--no-cache")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=promotion_fleet.forge_setup.root,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        preexec_fn=limited,
    )
    assert done.returncode == 1, done.stderr
    assert "changes more than 100,000 files" in done.stdout + done.stderr


HOLD = "\n\nRollback: prod\nPromotion-Apps: paw\nPromotion-Hold: paw 0123456789abcdef\n"
EMPTY = "Promotion-Edit: e3b0c44298fc1c149afb\n"


def beneath(promotion_fleet: PromotionFleet, tip: str, said: str) -> str:
    """Ours again, on a commit that changes nothing and says something."""
    main = git(promotion_fleet, "rev-parse", f"{tip}^")
    first = commit(
        promotion_fleet, git(promotion_fleet, "rev-parse", f"{main}^{{tree}}"), [main], said
    )
    text = git(promotion_fleet, "cat-file", "commit", tip).replace(main, first)
    return written(promotion_fleet, f"{text}\n".encode())


def above(promotion_fleet: PromotionFleet, tip: str, said: str) -> str:
    """A merge of the main branch that says something."""
    promotion_fleet.fleet.commit({"note.md": "hello\n"})
    promotion_fleet.push()
    main = git(promotion_fleet, "rev-parse", "main")
    tree = git(promotion_fleet, "merge-tree", "--write-tree", main, tip)
    return commit(promotion_fleet, tree, [tip, main], said)


def before_it(promotion_fleet: PromotionFleet, tip: str, said: str) -> str:
    """Ours, on others that cancel out, of which it says that they are of the main branch."""
    main = git(promotion_fleet, "rev-parse", f"{tip}^")
    tree = git(promotion_fleet, "rev-parse", f"{main}^{{tree}}")
    base = commit(promotion_fleet, tree, [main], said)
    text = git(promotion_fleet, "cat-file", "commit", tip).replace(main, base)
    return written(promotion_fleet, f"{text}\n".encode())


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        (beneath, f"x{HOLD}{EMPTY}"),
        (beneath, f"Promotion: dev stage\n{EMPTY}"),
        (above, f"Merge branch 'main'{HOLD}"),
        (above, f"Merge branch 'main'\rRollback: prod{HOLD}"),
        (before_it, f"x{HOLD}"),
    ],
)
def test_with_a_promotion_comes_no_word_of_others(build: Build, forged: Forge, said: str) -> None:
    """Of the main branch it would be believed, as that a release is held."""
    promotion_fleet = build(
        prod=POLICY.replace("autoMerge: true", "autoMerge: true, gates: [{type: alone}]")
    )
    older = opened(promotion_fleet, pushed_note(promotion_fleet))
    promotion_fleet.tag("v2")
    promotion_fleet.round()
    tip = git(promotion_fleet, "rev-parse", PAW.branch)
    push(promotion_fleet, PAW.branch, forged(promotion_fleet, tip, said))
    promotion_fleet.forge.close(older)
    promotion_fleet.round()
    promotion_fleet.round()
    assert "newTag: v2" in promotion_fleet.file("main") or forged is above
    assert "Hold" not in git(promotion_fleet, "log", "--format=%B", "main")
    assert "dev stage" not in git(promotion_fleet, "log", "--format=%B", "main")


def pushed_note(promotion_fleet: PromotionFleet) -> str:
    """A branch that only is open, and older."""
    branch = "promote/x/prod/y"
    git(
        promotion_fleet,
        "branch",
        branch,
        commit(
            promotion_fleet,
            git(promotion_fleet, "rev-parse", "main^{tree}"),
            [git(promotion_fleet, "rev-parse", "main")],
            "x",
        ),
    )
    return branch


def test_a_request_to_another_branch_makes_the_bot_the_author_of_none(build: Build) -> None:
    promotion_fleet = build(prod=FREEZE)
    branch = pushed(promotion_fleet, replace(BACK, release=frozen(promotion_fleet)))
    git(promotion_fleet, "branch", "elsewhere", "main")
    LocalForge(str(promotion_fleet.forge_setup.root), "mallory").create(
        BranchName(branch), BranchName("elsewhere"), WantedPullRequest("mine", "")
    )
    promotion_fleet.round()
    assert [(pull.author, pull.base) for pull in promotion_fleet.open()] == [
        ("mallory", "elsewhere")
    ]
