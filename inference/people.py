"""The people of a document: full names, offices and countries from their first mention, found again by surname, role or pronoun.

Invariant: only earlier text is looked at, and every lookup is a dictionary access or a scan of a few recent mentions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .countries import countries_in, find_country
from .result import Entity, Sentence

_LINK = re.compile(
    r"[\s,]*(?:(?:of|for|at|with|from|in|to|the|a|an|and|his|her|its|s|who is|currently|’s|'s)[\s,]+)*|['’]s?\s+", re.IGNORECASE
)
_STUDIES = re.compile(r"Stud(?:y|ies)|Institut|Universit|Cent(?:er|re)\b|Academy|Society|Foundation")  # they study a country
_HONORIFIC = re.compile(r"\b(Mr|Ms|Mrs|Miss|Mme|Sir|Lady|Madam|King|Queen|Prince|Princess)\.?\s+$")
_GENDERS = {"mr": "m", "sir": "m", "king": "m", "prince": "m"}
PRONOUN_GENDERS = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f"}
LESSER = frozenset(["vice", "deputy", "former", "assistant", "acting", "press"])  # "the president" is not the vice president
APPOSITION = ("ROLE", "NORP", "GPE", "ORG")


@dataclass(frozen=True)
class Person:
    """Somebody named in the document, with what its first mentions say of them."""

    name: str
    role: str | None = None
    country: str | None = None
    gender: str | None = None  # "m" or "f" once a title or pronoun has told


class People:
    """The people met so far."""

    def __init__(self) -> None:
        self._by_word: dict[str, str] = {}  # surname, or any other word of a name -> full name
        self._known: dict[str, Person] = {}
        self._by_role: dict[str, dict[str, None]] = {}  # last word of a role -> names, oldest first

    def read(self, sentence: Sentence) -> list[tuple[Entity, Person]]:
        """Register the people of a sentence; returns them in order, each with the fullest knowledge."""
        return [(entity, self._meet(entity, index, sentence)) for index, entity in enumerate(sentence.entities) if entity.label == "PERSON"]

    def find(self, name: str) -> Person | None:
        """Find a person by full name or by a part of it."""
        last = name.split()[-1:] or [""]
        full = name if name in self._known else self._by_word.get(name) or self._by_word.get(last[0])
        return self._known.get(full) if full else None

    def with_role(self, role: str, country: str | None) -> Person | None:
        """The one person met so far who holds a role ("foreign minister" fits "minister"), for a country if one is given.

        Several who could be meant, such as both presidents of a readout, are nobody.
        """
        words = set(role.lower().split())
        names = self._by_role.get(role.lower().split()[-1], {}) if words else {}
        met = {person.name: person for name in names if (person := self.find(name))}
        fitting = [person for person in met.values() if _fits(person, words, country)]
        return fitting[0] if len(fitting) == 1 else None

    def learn_gender(self, person: Person, gender: str) -> None:
        """Remember what a pronoun has told."""
        if person.gender is None and person.name in self._known:
            self._known[person.name] = replace(person, gender=gender)

    def _meet(self, entity: Entity, index: int, sentence: Sentence) -> Person:
        role, country = _apposition(index, sentence)
        known = self.find(entity.text)
        if known is not None and not _nested(known.name, entity.text):
            known = None  # "Kim Yo Jong" is not "Kim Jong Un", though they share words
        is_fuller = known is None or (len(entity.text.split()) > len(known.name.split()) and known.name in entity.text)
        name = entity.text if known is None or is_fuller else known.name
        old = known or Person(name)
        gender = old.gender or _gender(entity, sentence)
        person = Person(name, old.role or role, old.country or country, gender)
        if known is not None and known.name != name:
            self._known.pop(known.name, None)
        self._known[name] = person
        for word in (name, *name.split()):
            self._by_word[word] = name
        if person.role:
            self._by_role.setdefault(person.role.lower().split()[-1], {})[name] = None
        return person


def _fits(person: Person, words: set[str], country: str | None) -> bool:
    has = set((person.role or "").lower().split())
    return words <= has and not (has - words) & LESSER and (country is None or person.country in (None, country))


def _nested(left: str, right: str) -> bool:
    ours, theirs = set(left.split()), set(right.split())
    return ours <= theirs or theirs <= ours


def _gender(entity: Entity, sentence: Sentence) -> str | None:
    title = _HONORIFIC.search(sentence.text[max(0, entity.start - sentence.start - 12) : entity.start - sentence.start])
    return _GENDERS.get(title[1].lower(), "f") if title else None


def _apposition(index: int, sentence: Sentence) -> tuple[str | None, str | None]:
    """Role and country from the entities that stand in one noun phrase with a person: in front of the name, or behind a comma."""
    before, after = _chain(index, -1, sentence), _chain(index, 1, sentence)
    for chain in (before, after):
        roles = [entity for entity in chain if entity.label == "ROLE"]
        if roles:
            return roles[0].text, phrase_country([entity for entity in chain if entity.label != "ROLE" or " " in entity.text])
    return None, None


def _chain(index: int, step: int, sentence: Sentence) -> list[Entity]:
    found: list[Entity] = []
    here = sentence.entities[index]
    position = index + step
    while 0 <= position < len(sentence.entities) and len(found) < 5:
        there = sentence.entities[position]
        left, right = (there, here) if step < 0 else (here, there)
        gap = sentence.text[left.end - sentence.start : right.start - sentence.start]
        if there.label not in APPOSITION or not _LINK.fullmatch(gap) or (not found and ("," in gap) != (step > 0)):
            break
        found.append(there)
        here, position = there, position + step
    return found


def phrase_country(entities: list[Entity]) -> str | None:
    """The country that the entities of a noun phrase name outright; a capital may be no more than a place."""
    for entity in entities:
        if entity.label in ("GPE", "NORP"):  # whole names alone: New Mexico is not Mexico
            whole = find_country(entity.text)
            if whole and whole.kind != "metonym":
                return whole.country
        elif not _STUDIES.search(entity.text) and (inside := countries_in(entity.text)):
            return inside[0][1].country
    return None
