"""The images that an object runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def images_in(data: Any) -> Iterator[str]:
    """The images of all containers, wherever the pod stands in an object."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                for item in value:
                    if isinstance(item, Mapping) and isinstance(item.get("image"), str):
                        yield item["image"]
            else:
                yield from images_in(value)
    elif isinstance(data, list):
        for item in data:
            yield from images_in(item)
