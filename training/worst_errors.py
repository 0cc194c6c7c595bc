"""The model's worst errors on annotated records: what it was surest of and had wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..inference.result import Sentence
from .corpus import Record

MISSED = 0.5  # how much a missed stance or a wrong source weighs beside the probabilities of what was said wrongly


@dataclass(frozen=True)
class WorstError:
    """A sentence that the model read wrongly.

    Attributes:
        weight: probabilities of all wrong decisions, summed.
        gold, predicted: what differs, in words.
    """

    id: str
    publisher: str
    context: str
    text: str
    weight: float
    gold: tuple[str, ...]
    predicted: tuple[str, ...]


def worst_errors(records: Sequence[Record], sentences: Sequence[Sentence], limit: int = 50) -> list[WorstError]:
    """The sentences with the weightiest errors in type, stances and source, weightiest first.

    >>> worst_errors([], [])
    []
    """
    found = [error for record, sentence in zip(records, sentences, strict=True) if (error := _error(record, sentence))]
    return sorted(found, key=lambda error: -error.weight)[:limit]


def _error(record: Record, sentence: Sentence) -> WorstError | None:
    differences = list(_differences(record, sentence))
    if not differences:
        return None
    weights, gold, predicted = zip(*differences, strict=True)
    return WorstError(record.id, record.publisher, record.context, record.text, sum(weights), gold, predicted)


def _differences(record: Record, sentence: Sentence) -> Iterator[tuple[float, str, str]]:
    if sentence.type != record.type:
        yield sentence.scores.get(sentence.type, 0.0), record.type, f"{sentence.type} ({sentence.scores.get(sentence.type, 0.0):.0%})"
    said = {stance.issue: stance for stance in sentence.stances}
    for issue in sorted({*record.stances, *said}):
        gold, stance = record.stances.get(issue, "none"), said.get(issue)
        if gold != (stance.polarity if stance else "none"):
            words = f"{issue} {stance.polarity} ({stance.score:.0%})" if stance else f"{issue} none"
            yield stance.score if stance else MISSED, f"{issue} {gold}", words
    source = (sentence.source.start, sentence.source.end) if sentence.source else None
    if source != record.source:
        yield MISSED, f"source {_quoted(record.text, record.source)}", f"source {_quoted(record.text, source)}"


def _quoted(text: str, span: tuple[int, int] | None) -> str:
    return f"“{text[slice(*span)]}”" if span else "none"
