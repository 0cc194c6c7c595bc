"""What a noun phrase tells of its own: whether it names parties, several countries, or a person as its head."""

from __future__ import annotations

import re

from .countries import find_country
from .result import Entity, Sentence, Span

_PLURALS = "sides|countries|nations|leaders|parties|presidents|ministers|governments|heads|states|foreign ministers|delegations|peoples"
PARTIES = re.compile(
    rf"\b(?:the |both |all )?(?:two|three|both)\s+(?:\w+\s+)?(?:{_PLURALS})\b|"
    r"\b(?:the|both) (?:sides|parties|leaders|ministers|presidents|countries)\b",
    re.IGNORECASE,
)
_MEETING = re.compile(r"\b(?:between|met|meets?|meeting|talks|visit\w*|hosted|bilateral|joint)\b", re.IGNORECASE)
_OTHERS_NAME = re.compile(r"['’]s?\s")  # behind a name: its owner is not the head of the phrase
_OTHERS_LINK = re.compile(r"\b(?:of|for|to|against|with)\s+$")  # in front of a name: neither is it


def heads(entity: Entity, source: Span, sentence: Sentence) -> bool:
    """Tell whether a person inside a source is the one who speaks, rather than "Putin" in "Putin's spokesman"."""
    if entity.start < source.start or source.end < entity.end:
        return False
    behind = sentence.text[entity.end - sentence.start : source.end - sentence.start]
    before = sentence.text[source.start - sentence.start : entity.start - sentence.start]
    return not _OTHERS_NAME.match(behind) and not _OTHERS_LINK.search(before)


def names_several(sentence: Sentence) -> bool:
    """Tell whether a sentence's source joins several countries, such as "China and Russia"."""
    source = sentence.source
    if source is None:
        return False
    own = [e for e in sentence.entities if e.label in ("GPE", "ORG") and source.start <= e.start and e.end <= source.end]
    named = {alias.country for entity in own if (alias := find_country(entity.text))}
    return len(named) > 1 and re.search(r"\band\b", source.text) is not None


def meeting_sides(sentence: Sentence) -> tuple[str, ...]:
    """The two countries of a meeting that a sentence tells of; none where it names more, fewer, or no meeting."""
    if not _MEETING.search(sentence.text):
        return ()
    places = [entity for entity in sentence.entities if entity.label in ("GPE", "NORP")]
    named = tuple(dict.fromkeys(alias.country for entity in places if (alias := find_country(entity.text)) and alias.kind != "metonym"))
    return named if len(named) == 2 else ()


def bare(words: str) -> str:
    """A phrase without its article.

    >>> bare("the two sides")
    'two sides'
    """
    return re.sub(r"^(?:the|a|an)\s+", "", words, flags=re.IGNORECASE)
