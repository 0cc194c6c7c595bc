"""From text to sentences: rules on what stands before and after a full stop, within one paragraph.

Invariant: sentences are trimmed, in order, never overlap, and together hold every character that is not white space.

The rules are own ones because they measure better than the libraries and cost no dependency; `benchmarks/segment.py` compares.
"""

from __future__ import annotations

import re

from .paragraphs import Span, paragraphs

MAX_LENGTH = 20_000  # code points; a longer stretch without a boundary is not prose and is cut at white space

_STOP = re.compile(r"[.!?…][.!?…\"”’')\]»]{0,8}(?:[ \xa0][”)\]»](?=\s))?(?=\s)|(?<=[a-z]{3})[.!?][\"”’)]?(?=[“\"]?[A-Z][a-z])")
_PART = re.compile(rf"\S[\s\S]{{0,{MAX_LENGTH - 1}}}(?<=\S)(?=\s|\Z)|\S[\s\S]{{0,{MAX_LENGTH - 1}}}")
_WORD_BEFORE = re.compile(r"[\w.&]*\Z")
_NEXT = re.compile(r"\s*([\"“”‘’'(\[«]*(?:[-–—•]+\s*)?[\"“‘'(\[«]*)(\w[\w’'-]*)?")
_SPEECH = re.compile(r"(?:[A-Z][\w.’'-]*\s+){1,4}(?:said|says|asked|asks|wrote|added|wondered|replied|told \w+)(?=\s*(?:[.,]|\Z))")
_INITIAL = re.compile(r"[A-Z]|(?:\w\.)+\w|Ph\.D")
_ENUMERATOR = re.compile(r"\d{1,3}|[A-Za-z]|[IVXivx]+")
_CLOSED = re.compile(r"[\"”’')\]»]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words before a full stop, in small letters. Titles and links are followed by the rest of their phrase, whatever it looks like;
# references only by a number; the other abbreviations may end a sentence.
_LEADING = _words(
    """mr mrs ms mx dr prof profs drs messrs gen sen sens rep reps gov govs lt col cmdr capt maj sgt cpl adm amb pres rev fr hon mt
    supt insp det sec-gen vs v cf viz e.g i.e approx est ca incl resp st ste"""
)
_REFERENCE = _words(
    "no nos art arts fig figs sec secs p pp para paras vol vols ch chap ed cl doc res jan feb mar apr jun jul aug sep sept oct nov dec"
)
_TRAILING = _words("inc corp co ltd llc plc bros jr sr etc al dept univ assn ave blvd rd u.s u.k u.n e.u a.m p.m")
_OPENERS = _words(
    """The A An Mr Mrs Ms This That These Those There Here He She It We They You I In On At As After Before By For From During Since Under
    With Until While When Where What Why Who How If But And So Or Yet Now Then Thus Also Although Though However Meanwhile Moreover Instead
    His Her Its Our Their My Your Some Many Most Both All Each Every Such Not No Yes To Of According Because Once Still Last One
    Two Let Is Are Was Were Do Does Did Will Would Should Can Could"""
)


def segment(text: str) -> list[Span]:
    """Return the sentences of a text as offsets in code points, end exclusive.

    Line breaks end sentences, except in hard-wrapped text (see `paragraphs`).

    >>> text = "Mr. Xi left the U.S. on Monday. “Trust matters.” The visit, No. 5 this year, is over."
    >>> [text[start:end] for start, end in segment(text)]
    ['Mr. Xi left the U.S. on Monday.', '“Trust matters.”', 'The visit, No. 5 this year, is over.']
    """
    return [part for paragraph in paragraphs(text) for sentence in _sentences(text, *paragraph) for part in _parts(text, *sentence)]


def _sentences(text: str, start: int, end: int) -> list[Span]:
    found = []
    for stop in _STOP.finditer(text, start, end):
        following = _NEXT.match(text, stop.end(), end)
        if following and following.end() > stop.end() and _is_boundary(text, start, end, stop, following):
            found.append((start, stop.end()))
            start = following.start(1)
    return [*found, (start, end)]


def _is_boundary(text: str, start: int, end: int, stop: re.Match[str], following: re.Match[str]) -> bool:
    marks, (opening, word) = stop.group(), following.groups()
    if not word:
        return text[following.end() : min(following.end() + 1, end)] not in {"", *".,;:!?…"}
    if word[0].islower():
        return False
    if marks[0] != "." or marks[:2] == "..":
        return not (_CLOSED.search(marks) and word not in _OPENERS and _SPEECH.match(text, following.start(2), end))
    before = _WORD_BEFORE.search(text, max(start, stop.start() - 24), stop.start())
    return before is None or _ends(before.group(), start == before.start(), opening, word)


def _ends(before: str, is_first: bool, opening: str, word: str) -> bool:
    """Tell whether a full stop between two words ends a sentence, rather than an abbreviation or a number of a list."""
    small = before.lower()
    if small in _LEADING or (is_first and _ENUMERATOR.fullmatch(before)):
        return False
    if small in _REFERENCE and (word[0].isdigit() or len(word) == 1):
        return False
    if small in _TRAILING or _INITIAL.fullmatch(before):
        return word in _OPENERS or (len(before) > 1 and opening[:1] in {*'"“‘'} and opening != "")
    return True


def _parts(text: str, start: int, end: int) -> list[Span]:
    if end - start <= MAX_LENGTH:
        return [(start, end)]
    return [part.span() for part in _PART.finditer(text, start, end)]
