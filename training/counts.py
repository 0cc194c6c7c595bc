"""Per-sentence counts of right and wrong spans and pairs, from which every score and its interval is computed.

Invariant: a score is a function of summed counts, so resampling documents only means summing other rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .prediction import Labelled

Items = frozenset[tuple[Any, ...]]


@dataclass(frozen=True)
class Counts:
    """Right, predicted and gold items, one row a sentence: int64 [sentences, 3]."""

    rows: NDArray[np.int64]

    def scores(self) -> dict[str, float]:
        """Precision, recall, F1 and support (gold items) of the summed counts; 0 where nothing was there to divide by.

        >>> Counts(np.array([[1, 2, 1]])).scores()
        {'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'support': 1}
        """
        hits, predicted, gold = (int(n) for n in self.rows.sum(axis=0))
        return {
            "precision": hits / max(1, predicted),
            "recall": hits / max(1, gold),
            "f1": 2 * hits / max(1, predicted + gold),
            "support": gold,
        }


def count(gold: Sequence[Items], predicted: Sequence[Items]) -> Counts:
    """Count exact matches, sentence by sentence."""
    return _counts((len(g & p), len(p), len(g)) for g, p in zip(gold, predicted, strict=True))


def count_overlapping(gold: Sequence[Items], predicted: Sequence[Items]) -> Counts:
    """Count spans (start, end, label) that share a character and the label; no span is matched twice."""
    return _counts((_overlaps(g, p), len(p), len(g)) for g, p in zip(gold, predicted, strict=True))


def _counts(rows: Iterable[tuple[int, int, int]]) -> Counts:
    return Counts(np.array(list(rows), dtype=np.int64).reshape(-1, 3))


def _overlaps(gold: Items, predicted: Items) -> int:
    # Spans of one side never overlap each other, so taking the first free match from the left is the best matching there is.
    free, hits = sorted(gold), 0
    for start, end, label in sorted(predicted):
        match = next((g for g in free if g[2] == label and g[0] < end and start < g[1]), None)
        if match is not None:
            free.remove(match)
            hits += 1
    return hits


def only(items: Sequence[Items], position: int, value: str) -> list[Items]:
    """Keep the items whose field at `position` is `value`.

    >>> only([frozenset({(0, 5, "GPE"), (9, 12, "ORG")})], 2, "ORG")
    [frozenset({(9, 12, 'ORG')})]
    """
    return [frozenset(item for item in row if item[position] == value) for row in items]


def entity_items(sentences: Sequence[Labelled]) -> list[Items]:
    """(start, end, label) of every entity, a set a sentence."""
    return [frozenset(sentence.entities) for sentence in sentences]


def role_items(sentences: Sequence[Labelled], role: str) -> list[Items]:
    """(start, end, role) of the source or the cue, a set of at most one a sentence."""
    spans = (sentence.source if role == "source" else sentence.cue for sentence in sentences)
    return [frozenset([(*span, role)]) if span else frozenset() for span in spans]


def stance_items(sentences: Sequence[Labelled]) -> list[Items]:
    """(issue, polarity) of every stance, a set a sentence."""
    return [frozenset(sentence.stances.items()) for sentence in sentences]


def claim_items(sentences: Sequence[Labelled]) -> list[Items]:
    """(source span, issue, support or oppose), a set a sentence; the span is None where the sentence names no source."""
    return [frozenset((s.source, issue, polarity) for issue, polarity in s.stances.items() if polarity != "neutral") for s in sentences]
