"""How long and how much, for requests to API servers."""

from __future__ import annotations

CONNECT_SECONDS = 15
ANSWER_SECONDS = 35  # a webhook may take 30, and then the server answers
WATCH_SECONDS = 300
PAGE = 500  # objects
