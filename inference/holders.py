"""Who holds what a sentence says: from the source span, or from the text before it, to a name, an office and a country.

Invariants: a wrong holder is worse than none; only earlier sentences are looked at; the time is linear in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .countries import countries_in, find_country
from .people import PRONOUN_GENDERS, People, Person, phrase_country
from .quotes import QuoteReader
from .result import Entity, Holder, Sentence, Span

RECENT = 4  # sentences that a pronoun may look back
SHORT = 6  # words up to which an organisation's whole phrase is its name
SPEECH = 0.2  # share of sentences in the first person from which on a text with a speaker counts as a speech

_FIRST_PERSON = re.compile(r"\b(?:I|we|We|our|Our|us|my|My|me)\b")
_OWN_VOICE = re.compile(r"(?:I|we|us|our (?:delegation|government|country|party)|my (?:delegation|government|country))\b", re.IGNORECASE)
_PLURALS = "sides|countries|nations|leaders|parties|presidents|ministers|governments|heads|states|foreign ministers|delegations|peoples"
_PARTIES = re.compile(
    rf"\b(?:the |both |all )?(?:two|three|both)\s+(?:\w+\s+)?(?:{_PLURALS})\b|"
    r"\b(?:the|both) (?:sides|parties|leaders|ministers|presidents|countries)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\s+(?:side|government|authorities|administration|officials?|leadership|delegation|people|regime|capital|state|military)$",
    re.IGNORECASE,
)
_NOUN = re.compile(r"(?:the|its|their|that|this)\s+((?:[\w-]+\s+){0,2}[\w-]+)", re.IGNORECASE)
_LABEL = re.compile(r"\s*((?:[A-Z][\w.’'-]*\s?){1,6}):\s")
_ASKING = re.compile(r"(?:Q|QUESTION|Question|REPORTER|Reporter|JOURNALIST|Journalist)\b")
_LABEL_TITLE = re.compile(
    r"(?:MR|MS|MRS|Mr|Ms|Mrs|DR|Dr)\.?\s+|[A-Z][A-Z .’'-]+|.*\b(?:Spokes\w+|Minister|President|Secretary|Ambassador|Chair\w*)\b"
)


def resolve_holders(sentences: Sequence[Sentence], speaker: str = "") -> tuple[Sentence, ...]:
    """Return the sentences of one document with their holders.

    Args:
        sentences: in document order, labelled.
        speaker: who speaks in the first person, where the document says so; it may hold an office and a country.

    >>> resolve_holders([Sentence(0, 7, "We act.", "commitment", {}, source=Span(0, 2, "We"))], "Peru")[0].holder.name
    'Peru'
    """
    resolver = _Resolver(_speaker_holder(speaker), _is_speech(sentences) if speaker else False)
    return tuple(replace(sentence, holder=resolver.resolve(sentence)) for sentence in sentences)


def _is_speech(sentences: Sequence[Sentence]) -> bool:
    own = sum(_FIRST_PERSON.search(sentence.text) is not None for sentence in sentences)
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

    def __init__(self, speaker: Holder | None, is_speech: bool) -> None:
        self._speaker, self._is_speech = speaker, is_speech
        self._people = People()
        self._quotes = QuoteReader()
        self._index = -1
        self._person: _Focus | None = None
        self._thing: _Focus | None = None
        self._organisations: dict[str, Holder] = {}  # last word of a name -> holder
        self._parties: tuple[str, ...] = ()
        self._last: Holder | None = None  # holder of the sentence before

    def resolve(self, sentence: Sentence) -> Holder | None:
        """Find the holder of the next sentence."""
        self._index += 1
        self._read_label(sentence)
        continues = self._quotes.read(sentence.text)
        people = self._people.read(sentence)
        holder = self._from_source(sentence, people) if sentence.source else self._without_source(sentence, continues)
        self._remember(sentence, people, holder)
        self._last = holder
        return holder

    def _read_label(self, sentence: Sentence) -> None:
        label = _LABEL.match(sentence.text)
        if not label or not (_ASKING.match(label[1]) or _LABEL_TITLE.fullmatch(label[1]) or self._people.find(label[1])):
            return
        person = self._people.find(label[1].title())
        self._speaker = None if _ASKING.match(label[1]) else _as_holder(person, "speaker") if person else _speaker_holder(label[1])
        self._is_speech = self._speaker is not None

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
        inside = [person for entity, person in people if source.start <= entity.start and entity.end <= source.end]
        if not inside and (known := self._people.find(words)):  # a surname that the model did not tag
            inside = [known]
        if inside:
            return self._named(inside, source)
        if _PARTIES.search(words):
            return self._both(words)
        return self._country(words) or self._role(sentence, words) or self._organisation(sentence, words)

    def _first_person(self, sentence: Sentence) -> Holder | None:
        if self._last is not None and self._quotes.was_open:
            return _found(self._last, "carried")
        return self._speaker

    def _pronoun(self, word: str, source: Span, people: Sequence[tuple[Entity, Person]]) -> Holder | None:
        gender = PRONOUN_GENDERS[word]
        before = [person for entity, person in people if entity.end <= source.start and person.gender in (None, gender)]
        recent = self._recent(self._person)
        person = before[0] if before else self._people.find(recent.name) if recent else None
        if person is None or person.gender not in (None, gender):
            return None
        self._people.learn_gender(person, gender)
        return _as_holder(person, "pronoun")

    def _named(self, inside: Sequence[Person], source: Span) -> Holder:
        first = inside[0]
        if len(inside) > 1 and re.search(r"\band\b", source.text):
            return Holder(" and ".join(dict.fromkeys(person.name for person in inside)), "group", "parties", None)
        return _as_holder(first, "named" if first.name in source.text else "surname")

    def _both(self, words: str) -> Holder:
        named = tuple(dict.fromkeys(alias.country for _, alias in countries_in(words)))
        parties = named if len(named) > 1 else self._parties
        return Holder(" and ".join(parties), "group", "parties") if parties else Holder(_bare(words), "group", "span")

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
        return Holder(_bare(words), "person", "span", country, role) if role else None

    def _organisation(self, sentence: Sentence, words: str) -> Holder:
        assert sentence.source is not None
        own = [e for e in sentence.entities if sentence.source.start <= e.start and e.end <= sentence.source.end]
        names = [entity for entity in own if entity.label == "ORG"]
        noun = _NOUN.fullmatch(words)
        if not names and noun and (known := self._organisations.get(noun[1].lower().split()[-1])):
            return replace(known, found="noun")
        country = phrase_country(own)
        if names:
            name = _bare(words) if len(words.split()) <= SHORT else names[0].text
            return Holder(name, "organisation", "named", country)
        return Holder(_bare(words), "other", "span", country)

    # No source span

    def _without_source(self, sentence: Sentence, continues: bool) -> Holder | None:
        if sentence.type == "background":
            return None
        if continues and self._last is not None:
            return _found(self._last, "carried")
        if self._speaker is None:
            return None
        return self._speaker if self._is_speech or _FIRST_PERSON.search(sentence.text) or sentence.type == "expert_opinion" else None

    # Memory

    def _remember(self, sentence: Sentence, people: Sequence[tuple[Entity, Person]], holder: Holder | None) -> None:
        if holder and holder.kind == "person" and self._people.find(holder.name):
            self._person = _Focus(holder, self._index)
        elif people:
            self._person = _Focus(_as_holder(people[0][1], "named"), self._index)
        if holder and holder.kind in ("organisation", "country", "group"):
            self._thing = _Focus(holder, self._index)
        for entity in sentence.entities:
            if entity.label == "ORG":
                known = Holder(entity.text, "organisation", "named", phrase_country([entity]))
                self._organisations[entity.text.lower().split()[-1]] = known
        if parties := _sides(sentence):
            self._parties = parties

    def _recent(self, focus: _Focus | None) -> Holder | None:
        return focus.holder if focus and self._index - focus.sentence <= RECENT else None


def _sides(sentence: Sentence) -> tuple[str, ...]:
    """The two countries that a sentence names, if it names two."""
    places = [entity for entity in sentence.entities if entity.label in ("GPE", "NORP")]
    named = tuple(dict.fromkeys(alias.country for entity in places if (alias := find_country(entity.text)) and alias.kind != "metonym"))
    return named if len(named) == 2 else ()


def _as_holder(person: Person, found: str) -> Holder:
    return Holder(person.name, "person", found, person.country, person.role)


def _found(holder: Holder | None, found: str) -> Holder | None:
    return replace(holder, found=found) if holder else None


def _bare(words: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", words, flags=re.IGNORECASE)
