"""How far a probability can be trusted: reliability by bin, and what is left at what accuracy when unsure decisions are withheld.

Invariant: every decision that the model reports with a probability is counted once; what it did not predict has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inference.result import Sentence
from .corpus import Record

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
BINS = 10


@dataclass(frozen=True)
class Decisions:
    """The decisions of one head.

    Attributes:
        confidence: probability of what was decided, shape [decisions].
        correct: whether it was right, shape [decisions].
    """

    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]

    def coverage(self, thresholds: Iterable[float] = THRESHOLDS) -> list[dict[str, float]]:
        """Share of decisions at or above each threshold, and their accuracy (None where nothing is left).

        >>> Decisions(np.array([0.9, 0.6]), np.array([True, False])).coverage([0.8])
        [{'threshold': 0.8, 'coverage': 0.5, 'accuracy': 1.0}]
        """
        rows = []
        for threshold in thresholds:
            kept = self.correct[self.confidence >= threshold]
            accuracy = float(kept.mean()) if len(kept) else None
            rows.append({"threshold": threshold, "coverage": len(kept) / max(1, len(self.correct)), "accuracy": accuracy})
        return rows  # type: ignore[return-value]

    def reliability(self, bins: int = BINS) -> list[dict[str, float]]:
        """Mean confidence and accuracy of each equal-width bin that holds decisions."""
        index = np.minimum((self.confidence * bins).astype(np.int64), bins - 1)
        members = ((index == number) for number in range(bins))
        return [
            {"confidence": float(self.confidence[m].mean()), "accuracy": float(self.correct[m].mean()), "count": int(m.sum())}
            for m in members
            if m.any()
        ]


def decisions(records: Sequence[Record], sentences: Sequence[Sentence]) -> dict[str, Decisions]:
    """The decisions on types, stances and entities, by head."""
    pairs = list(zip(records, sentences, strict=True))
    return {
        "type": _decisions((s.scores.get(s.type, 0.0), s.type == r.type) for r, s in pairs),
        "stance": _decisions((stance.score, r.stances.get(stance.issue) == stance.polarity) for r, s in pairs for stance in s.stances),
        "entity": _decisions((e.score, (e.start, e.end, e.label) in r.entities) for r, s in pairs for e in s.entities),
    }


def confidence_figures(records: Sequence[Record], sentences: Sequence[Sentence]) -> dict[str, dict[str, Any]]:
    """Coverage and reliability by head, as plain data."""
    return {
        head: {"coverage": own.coverage(), "reliability": own.reliability()}
        for head, own in decisions(records, sentences).items()
        if len(own.correct)
    }


def _decisions(pairs: Iterable[tuple[float, bool]]) -> Decisions:
    table = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
    return Decisions(table[:, 0], table[:, 1].astype(np.bool_))
