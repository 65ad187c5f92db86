"""What a plan waits for, and what its pull request says."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.promotion.gates.result import Gate, Result


@dataclass(frozen=True, slots=True)
class Assessment:
    results: tuple[Result, ...]
    title: str
    body: str
    whole: str
    reviewers: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return all(result.passes for result in self.results)

    @property
    def is_shut(self) -> bool:
        return any(result.state is Gate.shut for result in self.results)
