"""Questions to sources of health that do not look at what is rendered."""

from __future__ import annotations

from reconciler.health.rendered_release import RenderedRelease


def unasked() -> RenderedRelease:
    raise AssertionError("nobody has to know what is rendered")
