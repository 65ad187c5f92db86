"""What is written as JSON."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]
