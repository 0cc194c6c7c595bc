"""The people of a document: full names, offices and countries from their first mention, found again by surname, role or pronoun.

Invariant: only earlier text is looked at, and every lookup is a dictionary access or a scan of a few recent mentions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .countries import countries_in
from .result import Entity, Sentence

_LINK = re.compile(
    r"[\s,]*(?:(?:of|for|at|with|from|in|to|the|a|an|and|his|her|its|s|who is|currently|’s|'s)[\s,]+)*|['’]s?\s+", re.IGNORECASE
)
_HONORIFIC = re.compile(r"\b(Mr|Ms|Mrs|Miss|Mme|Sir|Lady|Madam|King|Queen|Prince|Princess)\.?\s+$")
_GENDERS = {"mr": "m", "sir": "m", "king": "m", "prince": "m"}
PRONOUN_GENDERS = {"he": "m", "him": "m", "his": "m", "she": "f", "her": "f"}
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
        self._by_role: dict[str, list[str]] = {}  # last word of a role -> full names, oldest first

    def read(self, sentence: Sentence) -> list[tuple[Entity, Person]]:
        """Register the people of a sentence; returns them in order, each with the fullest knowledge."""
        return [(entity, self._meet(entity, index, sentence)) for index, entity in enumerate(sentence.entities) if entity.label == "PERSON"]

    def find(self, name: str) -> Person | None:
        """Find a person by full name or by a part of it."""
        last = name.split()[-1:] or [""]
        full = name if name in self._known else self._by_word.get(name) or self._by_word.get(last[0])
        return self._known.get(full) if full else None

    def with_role(self, role: str, country: str | None) -> Person | None:
        """The person last met who holds a role ("foreign minister" fits "minister"), for a country if one is given."""
        words = role.lower().split()
        for name in reversed(self._by_role.get(words[-1], []) if words else []):
            person = self.find(name)  # a short name from then may have grown since
            if person is None:
                continue
            fits = set(words) <= set((person.role or "").lower().split())
            if fits and (country is None or person.country in (None, country)):
                return person
        return None

    def learn_gender(self, person: Person, gender: str) -> None:
        """Remember what a pronoun has told."""
        if person.gender is None and person.name in self._known:
            self._known[person.name] = replace(person, gender=gender)

    def _meet(self, entity: Entity, index: int, sentence: Sentence) -> Person:
        role, country = _apposition(index, sentence)
        known = self.find(entity.text)
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
            self._by_role.setdefault(person.role.lower().split()[-1], []).append(name)
        return person


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
        for _, alias in countries_in(entity.text):
            if alias.kind != "metonym" or entity.label == "ORG":
                return alias.country
    return None
