"""What a document becomes: immutable sentences, spans, holders and claims.

Invariant: for every span, `document_text[start:end] == span.text`; offsets are Unicode code points into the text as given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the document's text."""

    start: int
    end: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class Entity:
    """A named stretch of text with its label and the model's probability."""

    start: int
    end: int
    text: str
    label: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "text": self.text, "label": self.label, "score": round(self.score, 4)}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the content of a sentence.

    Attributes:
        name: The fullest name the document gives, such as "Sadyr Japarov", or a country for demonyms and metonyms.
        kind: "person", "country", "organisation", "group" (several parties) or "other".
        found: How the name was found: "named" in full, by "surname", "role", "pronoun", "demonym" (the Kyrgyz side),
            "metonym" (the Kremlin) or "noun" (the ministry); "parties" of a meeting; "carried" on from the sentence before
            in a quotation; "speaker" of the document; or "span", the source span as it stands.
        country: The country the holder speaks for, if the document says so.
        role: The holder's office or title, if the document says so.
    """

    name: str
    kind: str
    found: str
    country: str | None = None
    role: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "country": self.country, "role": self.role, "kind": self.kind, "found": self.found}


@dataclass(frozen=True, slots=True)
class Stance:
    """The polarity of a sentence's holder towards one issue's proposition, with its calibrated probability."""

    issue: str
    polarity: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {"issue": self.issue, "polarity": self.polarity, "score": round(self.score, 4)}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with everything the model says of it."""

    start: int
    end: int
    text: str
    type: str
    scores: Mapping[str, float]
    entities: tuple[Entity, ...] = ()
    source: Span | None = None
    cue: Span | None = None
    holder: Holder | None = None
    stances: tuple[Stance, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "type": self.type,
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
            "entities": [entity.to_dict() for entity in self.entities],
            "source": self.source.to_dict() if self.source else None,
            "cue": self.cue.to_dict() if self.cue else None,
            "holder": self.holder.to_dict() if self.holder else None,
            "stances": [stance.to_dict() for stance in self.stances],
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A holder takes a position on an issue, or a commitment or expert opinion without a listed issue (`issue` is None)."""

    holder: str | None
    country: str | None
    type: str
    issue: str | None
    polarity: str | None
    score: float
    start: int
    end: int
    text: str
    date: str | None = None

    def to_dict(self) -> dict[str, Any]:
        names = ("holder", "country", "type", "issue", "polarity", "score", "start", "end", "text", "date")
        row = {name: getattr(self, name) for name in names}
        row["score"] = round(self.score, 4)
        return row


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model and which code produced a result."""

    model: str
    weights_sha256: str
    schema_sha256: str
    version: str

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("model", "weights_sha256", "schema_sha256", "version")}


DOCUMENT_KEYS = ("id", "sentences", "claims", "provenance", "error")


def renamed(extra: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Any]:
    """Columns of the input, those whose name the output needs as `input_NAME`.

    >>> renamed({"id": 7, "desk": "asia"}, ["id"])
    {'input_id': 7, 'desk': 'asia'}
    """
    return {f"input_{name}" if name in taken else name: value for name, value in extra.items()}


@dataclass(frozen=True, slots=True)
class Document:
    """The result for one document."""

    id: str
    sentences: tuple[Sentence, ...]
    claims: tuple[Claim, ...]
    provenance: Provenance
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the order of the output contract; unknown input columns travel in front of the results."""
        return {
            "id": self.id,
            **renamed(self.extra, DOCUMENT_KEYS),
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "claims": [claim.to_dict() for claim in self.claims],
            "provenance": self.provenance.to_dict(),
        }

    def to_frame(self, level: str = "claim") -> pandas.DataFrame:
        """Return one row a claim (or, with `level="sentence"`, one row a sentence) as a pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed (extra `pandas`).
        """
        from ..errors import MissingExtraError
        from .rows import document_rows

        try:
            import pandas
        except ImportError:
            raise MissingExtraError("Document.to_frame()", "pandas") from None
        return pandas.DataFrame(document_rows(self, level))


@dataclass(frozen=True, slots=True)
class FailedDocument:
    """A document that could not be read: it keeps its place in the output."""

    id: str
    error: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, **renamed(self.extra, DOCUMENT_KEYS), "error": self.error}
