"""What somebody types who has a repository already is said for them."""

from __future__ import annotations

import pytest

from reconciler.model.layout_guess import init_for


@pytest.mark.parametrize(
    ("folders", "typed"),
    [
        (
            ["apps/base/podinfo", "apps/production", "apps/staging", "infrastructure/configs"],
            "--env staging --env production --apps 'apps/{env}'",
        ),
        (
            ["clusters/prod/web", "clusters/prod/api", "clusters/dev/web", "base/web"],
            "--env dev --env prod --apps 'clusters/{env}/*'",
        ),
        (
            ["shop/base", "shop/overlays/prod", "shop/overlays/dev"],
            "--env dev --env prod --apps '*/overlays/{env}'",
        ),
        (
            ["apps/shop/overlays/prod", "apps/api/overlays/prod", "apps/api/overlays/qa"],
            "--env qa --env prod --apps 'apps/*/overlays/{env}'",
        ),
        (["guestbook", "sock-shop"], "--env main --apps 'path/to/*'"),
    ],
)
def test_the_command_that_takes_a_repository_over(folders: list[str], typed: str) -> None:
    assert init_for(folders) == f"reconciler init {typed}"
