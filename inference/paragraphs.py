"""From text to paragraphs: every line break ends one, except the breaks of hard-wrapped plain text.

Invariant: paragraphs are trimmed, in order, never overlap, and together hold every character that is not white space.

A break is taken for a wrap only on evidence from the whole text: most lines that are followed by another one fill about the
same width, and at least one of them goes on with a small letter. Even then lists, speakers and headings keep their line.
"""

from __future__ import annotations

import re

Span = tuple[int, int]

MIN_WIDTH, MAX_WIDTH = 40, 130  # columns of wrapped plain text; shorter lines are lists, longer ones whole paragraphs
FULL = 0.9  # a wrapped line and the next line's first word together reach this share of the width
WRAPPED = 0.6  # share of full lines from which on a text counts as wrapped

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_OWN_LINE = re.compile(r"[-–—*•·‣▪◦●○>#]+\s|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s|[QA]:?\s|[A-Z][A-Z .’'-]{1,40}:\s")


def paragraphs(text: str) -> list[Span]:
    """Return the paragraphs of a text as offsets in code points, end exclusive.

    >>> text = "READOUT\\nThe ministers met on Monday to discuss trade\\nand a pipeline that both countries want to build\\nin the north."
    >>> [text[start:end][:13] for start, end in paragraphs(text)]
    ['READOUT', 'The ministers']
    """
    lines = _lines(text)
    followed = [i for i in range(len(lines) - 1) if _is_next_line(text, lines[i], lines[i + 1])]
    wraps = _wraps(text, lines, followed)
    found: list[Span] = []
    for i, (start, end) in enumerate(lines):
        if i - 1 in wraps:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _lines(text: str) -> list[Span]:
    lines = []
    for match in _LINE.finditer(text):
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        if stripped := line.strip():
            lines.append((start, start + len(stripped)))
    return lines


def _is_next_line(text: str, line: Span, following: Span) -> bool:
    # Two breaks make an empty line between them; a gap is white space only, so it is short in all but freak texts.
    breaks = _BREAK.finditer(text, line[1], following[0])
    next(breaks, None)
    return next(breaks, None) is None


def _wraps(text: str, lines: list[Span], followed: list[int]) -> set[int]:
    """Tell after which lines the break is only a wrap."""
    if not followed:
        return set()
    lengths = sorted(lines[i][1] - lines[i][0] for i in followed)
    width = lengths[len(lengths) * 9 // 10]  # one line in ten may stick out
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return set()
    full = [i for i in followed if _is_full(text, lines[i], lines[i + 1], width)]
    if len(full) < WRAPPED * len(followed) or not any(_goes_on(text, lines[i], lines[i + 1]) for i in full):
        return set()
    return {i for i in full if not _stands_alone(text, lines[i], lines[i + 1])}


def _is_full(text: str, line: Span, following: Span, width: int) -> bool:
    first_word = text[following[0] : min(following[1], following[0] + MAX_WIDTH)].split(maxsplit=1)[0]
    length = line[1] - line[0]
    return length <= MAX_WIDTH and length + 1 + len(first_word) >= FULL * width


def _goes_on(text: str, line: Span, following: Span) -> bool:
    return text[following[0]].islower() and text[line[1] - 1] not in ".!?:"


def _stands_alone(text: str, line: Span, following: Span) -> bool:
    here, there = text[slice(*line)], text[slice(*following)]
    return here.isupper() != there.isupper() or _OWN_LINE.match(there) is not None
