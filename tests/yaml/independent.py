"""What ruamel.yaml, a reader that is not ours, takes a text for."""

from __future__ import annotations

import io
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MantissaNoDotYAML1_1Warning


def ruamel_values(text: str, version: tuple[int, int] = (1, 2)) -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MantissaNoDotYAML1_1Warning)
        return [value for value in yaml.load_all(io.StringIO(text)) if value is not None]
