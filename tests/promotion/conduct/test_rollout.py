"""What became of a promotion after its merge."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from reconciler.forges.forge import Outcome
from reconciler.promotion.conduct.round import Round
from reconciler.promotion.gates.sources.sources import Sources
from tests.promotion.conduct.yard import Yard, unreachable
from tests.promotion.gates.web import serving

Build = Callable[..., Yard]


def test_what_fails_on_a_branch_of_its_own_goes_back_on_that_branch(build: Build) -> None:
    with serving(lambda *_: (503, b"")) as url:
        yard = build(prod=f'releases: {{branch: live}}\nhealth: [{{type: http, url: "{url}"}}]\n')
        yard.tag("v2")
        yard.fleet.repo.git("push", "--quiet", "origin", "main:live")
        merged = yard.conduct().pull
        assert merged
        assert yard.forge.merge(merged, merged.title, "") is Outcome.merged
        yard.later(minutes=10)
        desk = yard.desk()
        with Sources(unreachable, httpx.Client) as sources:  # type: ignore[arg-type]
            list(Round(desk, yard.assessor(desk), sources).go())
    (back,) = yard.open()
    assert (back.base, back.title) == ("live", "Roll back paw in prod")
    assert "newTag: v1" in yard.file(back.branch)
    assert "newTag: v2" in yard.file("live")
    assert back.url in yard.forge.comments(merged)[-1].body
