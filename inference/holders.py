"""Who holds what a sentence says: from the source span, or from the text before it, to a name, an office and a country.

Invariants: a wrong holder is worse than none; only earlier sentences are looked at; the time is linear in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .countries import countries_in, find_country
from .people import PRONOUN_GENDERS, People, Person, phrase_country
from .phrases import PARTIES, bare, heads, meeting_sides, names_several
from .quotes import QuoteReader
from .result import Entity, Holder, Sentence, Span
from .transcript import is_transcript, read_label

RECENT = 4  # sentences that a pronoun may look back
SHORT = 6  # words up to which an organisation's whole phrase is its name
SPEECH = 0.2  # share of sentences in the first person from which on a text with a speaker counts as a speech

_FIRST_PERSON = re.compile(r"\b(?:I|we|We|our|Our|us|my|My|me)\b")
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"")
_OWN_VOICE = re.compile(r"(?:I|we|us|our (?:delegation|government|country|party)|my (?:delegation|government|country))\b", re.IGNORECASE)
_SIDE = re.compile(
    r"\s+(?:side|government|authorities|administration|officials?|leadership|delegation|people|regime|capital|state|military)$",
    re.IGNORECASE,
)
_NOUN = re.compile(r"(?:the|its|their|that|this)\s+((?:[\w-]+\s+){0,2}[\w-]+)", re.IGNORECASE)


def resolve_holders(sentences: Sequence[Sentence], speaker: str = "") -> tuple[Sentence, ...]:
    """Return the sentences of one document with their holders.

    Args:
        sentences: in document order, labelled.
        speaker: who speaks in the first person, where the document says so; it may hold an office and a country.

    >>> resolve_holders([Sentence(0, 7, "We act.", "commitment", {}, source=Span(0, 2, "We"))], "Peru")[0].holder.name
    'Peru'
    """
    labelled = is_transcript(sentence.text for sentence in sentences)
    resolver = _Resolver(_speaker_holder(speaker), _is_speech(sentences) if speaker else False, labelled)
    return tuple(replace(sentence, holder=resolver.resolve(sentence)) for sentence in sentences)


def _is_speech(sentences: Sequence[Sentence]) -> bool:
    own = sum(_FIRST_PERSON.search(_QUOTED.sub("", sentence.text)) is not None for sentence in sentences)
    return own >= SPEECH * max(1, len(sentences))


def _speaker_holder(speaker: str) -> Holder | None:
    if not speaker.strip():
        return None
    alias = find_country(speaker)
    if alias:
        return Holder(alias.country, "country", "speaker", alias.country)
    return Holder(speaker.strip(), "person", "speaker", next((a.country for _, a in countries_in(speaker) if a.kind != "metonym"), None))


@dataclass
class _Focus:
    """Something that a pronoun can mean, and the sentence that named it last."""

    holder: Holder
    sentence: int


class _Resolver:
    """Walks through a document and remembers whom it has met."""

    def __init__(self, speaker: Holder | None, is_speech: bool, is_transcript: bool) -> None:
        self._speaker, self._is_speech, self._is_transcript = speaker, is_speech, is_transcript
        self._people = People()
        self._quotes = QuoteReader()
        self._index = -1
        self._person: _Focus | None = None
        self._thing: _Focus | None = None
        self._organisations: dict[str, Holder] = {}  # last word of a name -> holder
        self._parties: tuple[str, ...] = ()
        self._voice: Holder | None = None  # who speaks in the quotation that is open or was just closed

    def resolve(self, sentence: Sentence) -> Holder | None:
        """Find the holder of the next sentence."""
        self._index += 1
        people = self._people.read(sentence)
        self._read_label(sentence)
        if not self._quotes.read(sentence.text):
            self._voice = None
        holder = self._from_source(sentence, people) if sentence.source else self._without_source(sentence)
        if sentence.source and not self._is_quoted(sentence):
            self._voice = holder
        self._remember(sentence, people, holder)
        return holder

    def _is_quoted(self, sentence: Sentence) -> bool:
        assert sentence.source is not None
        return self._quotes.is_inside(sentence.text, sentence.source.start - sentence.start)

    def _read_label(self, sentence: Sentence) -> None:
        label = read_label(sentence.text) if self._is_transcript else None
        if not label:
            return
        end = sentence.start + len(label.name)
        named = any(entity.label == "PERSON" and entity.end <= end for entity in sentence.entities)
        known = self._people.find(label.name) or self._people.find(label.name.title())
        # A reporter, an agency or a heading: somebody else has the floor, and nobody knows who.
        speaks = not label.asks and (named or known is not None or label.has_title)
        self._speaker = (_as_holder(known, "speaker") if known else _speaker_holder(label.whole)) if speaks else None
        self._is_speech = speaks

    # A source span is there

    def _from_source(self, sentence: Sentence, people: Sequence[tuple[Entity, Person]]) -> Holder | None:
        source = sentence.source
        assert source is not None
        words = source.text.strip("“”\"'‘’ ")
        if _OWN_VOICE.fullmatch(words):
            return self._first_person(sentence)
        if words.lower() in PRONOUN_GENDERS:
            return self._pronoun(words.lower(), source, people)
        if words.lower() in ("they", "it", "them"):
            return _found(self._recent(self._thing), "pronoun")
        inside = [person for entity, person in people if heads(entity, source, sentence)]
        tagged = any(source.start <= entity.start and entity.end <= source.end for entity in sentence.entities)
        if not inside and not tagged and (known := self._people.find(words)):  # a surname that the model did not tag
            inside = [known]
        if inside:
            return self._named(inside, source)
        if PARTIES.search(words):
            return self._both(words)
        if names_several(sentence):
            return Holder(bare(words), "group", "parties")
        return self._country(words) or self._role(sentence, words) or self._organisation(sentence, words)

    def _first_person(self, sentence: Sentence) -> Holder | None:
        if self._is_quoted(sentence):
            return _found(self._voice, "carried")  # whoever is quoted, and never the author who quotes
        return self._speaker

    def _pronoun(self, word: str, source: Span, people: Sequence[tuple[Entity, Person]]) -> Holder | None:
        gender = PRONOUN_GENDERS[word]
        recent = self._recent(self._person)
        old = self._people.find(recent.name) if recent else None
        near = {person.name: person for _, person in ((None, old), *people) if person and self._is_before(person, source, people, old)}
        fitting = [p for p in near.values() if p.gender == gender] or [p for p in near.values() if p.gender is None]
        if len(fitting) != 1:
            return None  # nobody, or several who could be meant
        self._people.learn_gender(fitting[0], gender)
        return _as_holder(fitting[0], "pronoun")

    @staticmethod
    def _is_before(person: Person, source: Span, people: Sequence[tuple[Entity, Person]], old: Person | None) -> bool:
        return person is old or any(other.name == person.name and entity.end <= source.start for entity, other in people)

    def _named(self, inside: Sequence[Person], source: Span) -> Holder:
        first = inside[0]
        if len(inside) > 1 and re.search(r"\band\b", source.text):
            return Holder(" and ".join(dict.fromkeys(person.name for person in inside)), "group", "parties", None)
        return _as_holder(first, "named" if first.name in source.text else "surname")

    def _both(self, words: str) -> Holder:
        named = tuple(dict.fromkeys(alias.country for _, alias in countries_in(words)))
        two = re.search(r"\b(?:two|both)\b|^the (?:sides|parties)$", words, re.IGNORECASE)
        parties = named if len(named) > 1 else self._parties if two and not named else ()
        return Holder(" and ".join(parties), "group", "parties") if parties else Holder(bare(words), "group", "span")

    def _country(self, words: str) -> Holder | None:
        whole = find_country(words)
        part = None if whole else find_country(_SIDE.sub("", words)) if _SIDE.search(words) else None
        if whole and whole.kind == "demonym" and words[:1].isupper() and not words.lower().startswith("the "):
            return None  # "Chinese" alone is a people or a language, not a government
        alias = whole or part
        return Holder(alias.country, "country", alias.kind, alias.country) if alias else None

    def _role(self, sentence: Sentence, words: str) -> Holder | None:
        assert sentence.source is not None
        own = [e for e in sentence.entities if sentence.source.start <= e.start and e.end <= sentence.source.end]
        role = next((entity.text for entity in own if entity.label == "ROLE"), None)
        noun = _NOUN.fullmatch(words)
        country = phrase_country([entity for entity in own if entity.label != "ROLE"])
        person = self._people.with_role(role or (noun[1] if noun else ""), country) if words.lower().startswith("the ") else None
        if person:
            return _as_holder(person, "role")
        return Holder(bare(words), "person", "span", country, role) if role else None

    def _organisation(self, sentence: Sentence, words: str) -> Holder:
        assert sentence.source is not None
        own = [e for e in sentence.entities if sentence.source.start <= e.start and e.end <= sentence.source.end]
        names = [entity for entity in own if entity.label == "ORG"]
        noun = _NOUN.fullmatch(words)
        if not names and noun and (known := self._organisations.get(noun[1].lower().split()[-1])):
            return replace(known, found="noun")
        country = phrase_country(own)
        if names:
            name = bare(words) if len(words.split()) <= SHORT else names[0].text
            return Holder(name, "organisation", "named", country)
        return Holder(bare(words), "other", "span", country)

    # No source span

    def _without_source(self, sentence: Sentence) -> Holder | None:
        if sentence.type == "background":
            return None
        if self._voice is not None:
            return _found(self._voice, "carried")
        own_words = _QUOTED.sub("", sentence.text)
        if self._speaker is None or self._quotes.was_open or not any(map(str.isalnum, own_words)):
            return None  # nobody's, or somebody else's words
        return self._speaker if self._is_speech or _FIRST_PERSON.search(own_words) or sentence.type == "expert_opinion" else None

    # Memory

    def _remember(self, sentence: Sentence, people: Sequence[tuple[Entity, Person]], holder: Holder | None) -> None:
        if holder and holder.kind == "person" and self._people.find(holder.name):
            self._person = _Focus(holder, self._index)
        elif people:  # of several people nobody knows whom a pronoun would mean
            self._person = _Focus(_as_holder(people[0][1], "named"), self._index) if len(people) == 1 else None
        if holder and holder.kind in ("organisation", "country", "group"):
            self._thing = _Focus(holder, self._index)
        for entity in sentence.entities:
            if entity.label == "ORG":
                known = Holder(entity.text, "organisation", "named", phrase_country([entity]))
                self._organisations[entity.text.lower().split()[-1]] = known
        says = sentence.source is not None and PARTIES.search(sentence.source.text)  # what parties talk about is not the parties
        if not says and (parties := meeting_sides(sentence)):
            self._parties = parties

    def _recent(self, focus: _Focus | None) -> Holder | None:
        return focus.holder if focus and self._index - focus.sentence <= RECENT else None


def _as_holder(person: Person, found: str) -> Holder:
    return Holder(person.name, "person", found, person.country, person.role)


def _found(holder: Holder | None, found: str) -> Holder | None:
    return replace(holder, found=found) if holder else None
