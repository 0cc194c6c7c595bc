"""Labels in front of what is said in a transcript: "MR. PRICE:", "The President:", "Mr. Kuleba (Ukraine):".

Invariant: one label alone makes no transcript, since it may be a dateline or a headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ENOUGH = 2  # labels from which on a text counts as a transcript

_LABEL = re.compile(r"([A-Z][\w.’'-]*(?:\s[A-Z][\w.’'-]*){0,5})((?:\s?\([^()]{1,80}\))?)\s?:(?:\s|$)")
_ASKING = re.compile(r"(?:Q|QUESTION|Question|REPORTER|Reporter|JOURNALIST|Journalist)\b")
_TITLE = re.compile(
    r"(?:The\s+)?(?:Mrs?|Ms|Dr|Sir|Dame|Hon|Senator|President|Secretary|Ambassador|Chair\w*)\b.*|.*\b(?:Spokes\w+|Minister)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Label:
    """Who is said to speak.

    Attributes:
        name: as it stands at the beginning of the sentence.
        whole: with the parenthesis behind it, which may name a country or party.
        asks: it is a question's label.
        has_title: the name holds a title or office, so that it is somebody rather than a heading.
    """

    name: str
    whole: str
    asks: bool
    has_title: bool


def read_label(text: str) -> Label | None:
    """The label that a sentence begins with, or None.

    >>> read_label("Mr. Kuleba (Ukraine): We demand it.").whole
    'Mr. Kuleba (Ukraine)'
    """
    match = _LABEL.match(text)
    if not match:
        return None
    name = match[1]
    return Label(name, (name + match[2]).strip(), _ASKING.match(name) is not None, _TITLE.fullmatch(name) is not None)


def is_transcript(texts: Iterable[str]) -> bool:
    """Tell whether enough sentences of a document begin with a label."""
    return sum(_LABEL.match(text) is not None for text in texts) >= ENOUGH
