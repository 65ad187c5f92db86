"""Lines with a sign in front, as programs that show differences know them."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import printable

ADDED, REMOVED, CHANGED, PLACE, PLAIN = "+", "-", "!", "@", " "

# No single value takes more lines than this.
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """The sign says what happens: + - ! for a change, @ for a place, a space for all else."""

    sign: str
    text: str

    def __str__(self) -> str:
        """What is written: names and messages may hold characters that a terminal acts on."""
        text = printable(self.text)
        return text if self.sign == PLACE else f"{self.sign} {text}".rstrip()
