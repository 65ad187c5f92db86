"""The comments of a YAML text, found between what the parser takes for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from reconciler.yaml.nodes import LOADER

COMMENT = re.compile(r"#[^\n]*")
BLOCK_HEADER = re.compile(r"[|>][^\n#]*(?P<comment>#[^\n]*)?")


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Where each begins, and what it says."""
    at = 0
    for token in yaml.scan(text, Loader=LOADER):
        start, end = token.start_mark.index, token.end_mark.index
        yield from _within(text, at, start)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = BLOCK_HEADER.match(text, start)
            if header and header["comment"]:
                yield header.start("comment"), header["comment"].rstrip()
        at = max(at, end)
    yield from _within(text, at, len(text))


def _within(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for found in COMMENT.finditer(text, start, max(start, end)):
        yield found.start(), found[0].rstrip()
