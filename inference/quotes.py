"""Which sentences stand inside a quotation that an earlier sentence opened."""

from __future__ import annotations

import re

_OPENING = re.compile(r"“|(?<![^\s(\[“‘—–-])\"(?=\S)")
_CLOSING = re.compile(r"”|(?<=[^\s(\[“‘])\"(?!\w)")


class QuoteReader:
    """Reads sentence after sentence, and keeps count of open quotation marks.

    >>> reader = QuoteReader()
    >>> [reader.read(text) for text in ("“We will act,” she said.", "“It is time.", "It is late.”", "They left.")]
    [False, True, True, False]
    """

    def __init__(self) -> None:
        self.was_open = False  # before the sentence that was read last
        self._is_open = False
        self._spoke = False  # the sentence before ended inside or right after a quotation

    def read(self, text: str) -> bool:
        """Read the next sentence; tell whether it goes on with a quotation, by an open mark or by quoting again at once."""
        marks = _marks(text)
        self.was_open = self._is_open
        begins_quoted = bool(marks) and marks[0][1] == 1 and marks[0][0] <= 1
        goes_on = self.was_open or (begins_quoted and self._spoke)
        if marks:
            self._is_open = marks[-1][1] == 1
        self._spoke = bool(marks) or self.was_open
        if not self._is_open and not marks:
            self._spoke = False
        return goes_on

    def is_inside(self, text: str, offset: int) -> bool:
        """Tell whether a place of the sentence read last is quoted."""
        before = [sign for place, sign in _marks(text) if place < offset]
        return before[-1] == 1 if before else self.was_open


def _marks(text: str) -> list[tuple[int, int]]:
    return sorted([(m.start(), 1) for m in _OPENING.finditer(text)] + [(m.start(), -1) for m in _CLOSING.finditer(text)])
