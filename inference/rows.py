"""From a result to flat rows: one a document, a sentence or a claim.

Invariant: rows of one level have the same columns in the same order, in front of the input's own; a failed document keeps a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import ConfigError
from .result import Claim, Document, FailedDocument, Sentence, renamed

CLAIM = ("holder", "country", "type", "issue", "polarity", "score", "start", "end", "text", "date")
SENTENCE = ("start", "end", "text", "type", "score", "holder", "country", "source", "cue", "stances", "entities")
PROVENANCE = ("model", "weights_sha256", "schema_sha256", "version")
LEVELS: Mapping[str, tuple[str, ...]] = {"claim": CLAIM, "sentence": SENTENCE}


def columns(level: str) -> tuple[str, ...]:
    """The columns of a level's rows, without the input's own.

    Raises:
        ConfigError: rows of whole documents are nested, or there is no such level.
    """
    if level not in LEVELS:
        raise ConfigError(f"level {level!r} has no flat rows; use sentence or claim, or write JSONL")
    return ("id", *LEVELS[level], "error", *PROVENANCE)


def document_rows(document: Document | FailedDocument, level: str) -> list[dict[str, Any]]:
    """Flatten a result.

    Columns of the input whose name is taken are kept as `input_NAME`, except `date`, which claims repeat.

    Args:
        level: "claim" or "sentence"; stances read "taiwan=support xinjiang=oppose", entities "GPE:China; PERSON:Xi".

    Returns:
        A row for each claim or sentence; one row with `error` for a failed document; none for a document without claims.
    """
    names = columns(level)
    carried = carried_columns(document.extra, names)
    if isinstance(document, FailedDocument):
        return [{**dict.fromkeys(names), "id": document.id, "error": document.error, **carried}]
    provenance = document.provenance.to_dict()
    parts = _claims(document.claims) if level == "claim" else _sentences(document.sentences)
    return [{**dict.fromkeys(names), "id": document.id, **part, **provenance, **carried} for part in parts]


def carried_columns(extra: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Any]:
    """The input's columns that a row repeats, under the names that it repeats them by."""
    return renamed({name: value for name, value in extra.items() if name != "date" or name not in taken}, taken)


def _claims(claims: Sequence[Claim]) -> Iterator[dict[str, Any]]:
    return (claim.to_dict() for claim in claims)


def _sentences(sentences: Sequence[Sentence]) -> Iterator[dict[str, Any]]:
    for sentence in sentences:
        yield {
            "start": sentence.start,
            "end": sentence.end,
            "text": sentence.text,
            "type": sentence.type,
            "score": round(sentence.scores.get(sentence.type, 0.0), 4),
            "holder": sentence.holder.name if sentence.holder else None,
            "country": sentence.holder.country if sentence.holder else None,
            "source": sentence.source.text if sentence.source else None,
            "cue": sentence.cue.text if sentence.cue else None,
            "stances": " ".join(f"{stance.issue}={stance.polarity}" for stance in sentence.stances),
            "entities": "; ".join(f"{entity.label}:{entity.text}" for entity in sentence.entities),
        }
