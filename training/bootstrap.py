"""Headline figures with 95 % intervals from a bootstrap over documents (Efron and Tibshirani, 1993, chapter 13).

Sentences of one document resemble each other, so whole documents are drawn. Every figure is a function of sums of per-document
counts: a resample is one row of weights, and all resamples together are one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .corpus import Record
from .counts import Counts, claim_items, count, entity_items, role_items, stance_items
from .prediction import Labelled

RESAMPLES = 1000
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A score with its interval."""

    value: float
    low: float
    high: float


def headline_counts(gold: Sequence[Labelled], predicted: Sequence[Labelled]) -> dict[str, Counts]:
    """The exact-match counts behind the F1 scores of spans, stances and claims."""
    return {
        "entities": count(entity_items(gold), entity_items(predicted)),
        "source": count(role_items(gold, "source"), role_items(predicted, "source")),
        "cue": count(role_items(gold, "cue"), role_items(predicted, "cue")),
        "stances": count(stance_items(gold), stance_items(predicted)),
        "claims": count(claim_items(gold), claim_items(predicted)),
    }


def headline_figures(
    records: Sequence[Record], predicted: Sequence[Labelled], resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Figure]:
    """Score predictions and say how far chance in the choice of documents moves each score.

    Args:
        records: gold; records of the same publisher and `doc` are drawn together.

    Returns:
        `type_macro_f1`, `type_accuracy`, `type_mcc`, and the micro-F1 of `entities`, `source`, `cue`, `stances` and `claims`.
    """
    return {name: _figure(values) for name, values in _resampled(records, predicted, resamples, seed).items()}


def headline_leads(
    records: Sequence[Record], predicted: Sequence[Labelled], other: Sequence[Labelled], resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Figure]:
    """By how much predictions score above other ones, in the terms of `headline_figures`; both are drawn on the same documents."""
    left, right = (_resampled(records, side, resamples, seed) for side in (predicted, other))
    return {name: _figure(left[name] - right[name]) for name in left}


def _resampled(records: Sequence[Record], predicted: Sequence[Labelled], resamples: int, seed: int) -> dict[str, Floats]:
    # Each [1 + resamples]; the first is the score of the sample itself.
    documents = np.unique([f"{r.publisher}\0{r.doc}" for r in records], return_inverse=True)[1]
    confusion = _confusion([r.type for r in records], [p.type for p in predicted])
    rows = {"type": confusion.reshape(len(records), -1)} | {name: c.rows for name, c in headline_counts(records, predicted).items()}
    sums = {name: _by_document(values, documents) for name, values in rows.items()}
    total = len(sums["type"])
    drawn = np.random.default_rng(seed).multinomial(total, np.full(total, 1 / total), resamples)  # [resamples, documents]
    weights = np.vstack([np.ones(total, np.int64), drawn])  # row 0 is the sample itself
    return _figures({name: weights @ part for name, part in sums.items()}, confusion.shape[-1])


def _figure(values: Floats) -> Figure:
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(float(values[0]), float(low), float(high))


def _confusion(gold: Sequence[str], predicted: Sequence[str]) -> NDArray[np.int64]:  # [sentences, types, types]
    names, ids = np.unique([*gold, *predicted], return_inverse=True)
    one_hot = np.eye(len(names), dtype=np.int64)[ids]
    return one_hot[: len(gold), :, None] * one_hot[len(gold) :, None, :]


def _by_document(rows: NDArray[np.int64], documents: NDArray[np.intp]) -> NDArray[np.int64]:  # [sentences, n] -> [documents, n]
    sums = np.zeros((documents.max() + 1, rows.shape[1]), np.int64)
    np.add.at(sums, documents, rows)
    return sums


def _figures(sums: Mapping[str, NDArray[np.int64]], types: int) -> dict[str, Floats]:  # each [resamples, n] -> [resamples]
    confusion = sums["type"].reshape(-1, types, types)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    return {
        "type_macro_f1": _f1(hits, confusion.sum(axis=1), confusion.sum(axis=2)).mean(axis=1),
        "type_accuracy": hits.sum(axis=1) / confusion.sum(axis=(1, 2)),
        "type_mcc": _matthews(confusion),
    } | {name: _f1(rows[:, 0], rows[:, 1], rows[:, 2]) for name, rows in sums.items() if name != "type"}


def _f1(hits: NDArray[np.int64], predicted: NDArray[np.int64], gold: NDArray[np.int64]) -> Floats:
    result: Floats = 2 * hits / np.maximum(predicted + gold, 1)
    return result


def _matthews(confusion: NDArray[np.int64]) -> Floats:  # [resamples, types, types] -> [resamples]; Gorodkin (2004)
    predicted, gold = confusion.sum(axis=1), confusion.sum(axis=2)
    total = confusion.sum(axis=(1, 2))
    covariance = np.trace(confusion, axis1=1, axis2=2) * total - (predicted * gold).sum(axis=1)
    spread = (total**2 - (predicted**2).sum(axis=1)) * (total**2 - (gold**2).sum(axis=1)).astype(np.float64)
    result: Floats = np.where(spread > 0, covariance / np.sqrt(np.maximum(spread, 1)), 0.0)
    return result
