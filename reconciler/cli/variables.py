"""The variables that the command line was started with."""

from __future__ import annotations

import os

from reconciler.session.settings import Settings

SETTINGS = Settings(os.environ)
