"""Scores of predictions against gold labels: sentence types, spans, stances, claims, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef, precision_recall_fscore_support

from ..inference.result import Sentence
from ..models.network import HEADS
from ..models.schema import Schema
from .bootstrap import headline_counts
from .corpus import Record
from .counts import claim_items, count, count_overlapping, entity_items, only, role_items, stance_items
from .prediction import Labelled, Prediction, from_sentence

BINS = 15  # as in Guo et al. (2017), so that figures compare with the literature
NEEDED = {  # headline figure -> heads that it depends on
    "type_macro_f1": {"type"}, "entities": {"entity"}, "source": {"attribution"}, "cue": {"attribution"}, "stances": {"stance"},
    "claims": {"attribution", "stance"},
}  # fmt: skip


def type_scores(gold: Sequence[str], predicted: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Score sentence types.

    Returns:
        `macro_f1` (over the types that occur in gold or prediction), `accuracy`, `mcc` (Matthews correlation), `labels`
        (precision, recall, f1, support by type) and `confusion` (rows gold, columns predicted, in the order of `names`).

    >>> type_scores(["a", "b"], ["a", "a"], ["a", "b"])["confusion"]
    [[1, 0], [1, 0]]
    """
    labels = list(names)
    columns = precision_recall_fscore_support(gold, predicted, labels=labels, zero_division=0.0)
    keys = ("precision", "recall", "f1", "support")
    return {
        "macro_f1": float(f1_score(gold, predicted, average="macro", zero_division=0.0)),
        "accuracy": float(accuracy_score(gold, predicted)),
        "mcc": float(matthews_corrcoef(gold, predicted)),
        "labels": {name: {key: column[i].item() for key, column in zip(keys, columns, strict=True)} for i, name in enumerate(labels)},
        "confusion": confusion_matrix(gold, predicted, labels=labels).tolist(),
    }


def entity_scores(gold: Sequence[Labelled], predicted: Sequence[Labelled], schema: Schema) -> dict[str, Any]:
    """Exact and overlapping micro scores over all entities, and exact ones per label."""
    left, right = entity_items(gold), entity_items(predicted)
    labels = {label.id: count(only(left, 2, label.id), only(right, 2, label.id)).scores() for label in schema.entities}
    return {"exact": count(left, right).scores(), "overlapping": count_overlapping(left, right).scores(), "labels": labels}


def role_scores(gold: Sequence[Labelled], predicted: Sequence[Labelled], role: str) -> dict[str, Any]:
    """Exact and overlapping scores of one attribution role, "source" or "cue"."""
    left, right = role_items(gold, role), role_items(predicted, role)
    return {"exact": count(left, right).scores(), "overlapping": count_overlapping(left, right).scores()}


def stance_scores(gold: Sequence[Labelled], predicted: Sequence[Labelled], schema: Schema) -> dict[str, Any]:
    """Micro scores over (issue, polarity) pairs, the same per issue and per polarity, and over issues alone."""
    left, right = stance_items(gold), stance_items(predicted)
    bare = [[frozenset((issue,) for issue, _ in row) for row in side] for side in (left, right)]
    return {
        "micro": count(left, right).scores(),
        "issue_only": count(*bare).scores(),
        "issues": {name: count(only(left, 0, name), only(right, 0, name)).scores() for name in schema.issue_names},
        "polarities": {label.id: count(only(left, 1, label.id), only(right, 1, label.id)).scores() for label in schema.polarities},
    }


def claim_scores(gold: Sequence[Labelled], predicted: Sequence[Labelled]) -> dict[str, float]:
    """Scores over tuples (source span, issue, support or oppose), all three of which must be right."""
    return count(claim_items(gold), claim_items(predicted)).scores()


def expected_calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by their size (Guo et al., 2017).

    Args:
        confidence: probability of what was predicted, 0 to 1, shape [rows].
        correct: whether it was right, shape [rows].

    >>> round(expected_calibration_error(np.array([0.9, 0.9]), np.array([True, False])), 6)
    0.4
    """
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(index, confidence, bins) - np.bincount(index, correct, bins)
    return float(np.abs(gap).sum() / max(1, len(confidence)))


def type_calibration(gold: Sequence[Labelled], predicted: Sequence[Prediction], names: Sequence[str]) -> dict[str, float]:
    """Expected calibration error of the chosen type, and Brier score (squared distance summed over types, mean over sentences)."""
    probabilities = np.array([[p.type_scores.get(name, 0.0) for name in names] for p in predicted]).reshape(-1, len(names))
    truth = np.array([[g.type == name for name in names] for g in gold]).reshape(-1, len(names))
    chosen = np.array([p.type_scores.get(p.type, 0.0) for p in predicted])
    correct = np.array([g.type == p.type for g, p in zip(gold, predicted, strict=True)])
    brier = ((probabilities - truth) ** 2).sum(axis=1).mean()
    return {"ece": expected_calibration_error(chosen, correct), "brier": float(brier)}


def stance_calibration(gold: Sequence[Labelled], predicted: Sequence[Prediction]) -> dict[str, float]:
    """Expected calibration error and Brier score over the stances that were predicted; a missed stance has no probability to judge."""
    chosen = [
        (p.stance_scores[i], g.stances.get(i) == polarity)
        for g, p in zip(gold, predicted, strict=True)
        for i, polarity in p.stances.items()
    ]
    pairs = np.array(chosen, dtype=np.float64).reshape(-1, 2)
    confidence, correct = pairs[:, 0], pairs[:, 1].astype(np.bool_)
    brier = float(((confidence - correct) ** 2).mean()) if len(pairs) else 0.0
    return {"ece": expected_calibration_error(confidence, correct), "brier": brier}


def dev_figures(records: Sequence[Record], sentences: Sequence[Sentence], heads: Sequence[str] = HEADS) -> dict[str, float]:
    """The headline figures of a dev set that the heads can reach; `score`, their mean, chooses the best epoch.

    Args:
        heads: trained heads; a figure that needs another one would only add the noise of random weights.
    """
    predicted = [from_sentence(sentence) for sentence in sentences]
    figures = {"type_macro_f1": float(f1_score([r.type for r in records], [p.type for p in predicted], average="macro", zero_division=0.0))}
    figures |= {name: rows.scores()["f1"] for name, rows in headline_counts(records, predicted).items()}
    figures = {name: value for name, value in figures.items() if NEEDED[name] <= set(heads)}
    figures["score"] = float(np.mean(list(figures.values())))
    return {name: round(value, 4) for name, value in figures.items()}
