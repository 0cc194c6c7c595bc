"""Every decision counts once, and thresholds keep what they should."""

from __future__ import annotations

import numpy as np
import pytest

from communique.inference.result import Entity, Sentence, Stance
from communique.training.confidence import Decisions, confidence_figures, decisions
from communique.training.corpus import Record


def test_coverage_falls_and_counts_what_is_left() -> None:
    own = Decisions(np.array([0.95, 0.8, 0.55, 0.4]), np.array([True, True, False, False]))
    rows = own.coverage([0.0, 0.5, 0.8, 0.99])
    assert [row["coverage"] for row in rows] == [1.0, 0.75, 0.5, 0.0]
    assert [row["accuracy"] for row in rows] == [0.5, pytest.approx(2 / 3), 1.0, None]


def test_reliability_bins_hold_every_decision_once() -> None:
    confidence = np.array([0.0, 0.05, 0.5, 0.99, 1.0])
    rows = Decisions(confidence, np.array([False, False, True, True, True])).reliability(bins=10)
    assert [row["count"] for row in rows] == [2, 1, 2]
    assert rows[-1] == {"confidence": pytest.approx(0.995), "accuracy": 1.0, "count": 2}


def test_decisions_are_matched_against_gold(records: list[Record]) -> None:
    record = next(r for r in records if r.stances and r.entities)
    [issue] = list(record.stances)[:1]
    start, end, label = record.entities[0]
    entities = (Entity(start, end, "", label, 0.9), Entity(start, end, "", "NORP" if label != "NORP" else "GPE", 0.3))
    sentence = Sentence(0, 9, "", record.type, {record.type: 0.7}, entities, stances=(Stance(issue, "nonsense", 0.6),))
    found = decisions([record], [sentence])
    assert found["type"].correct.tolist() == [True]
    assert found["stance"].correct.tolist() == [False]
    assert found["entity"].correct.tolist() == [True, False]


def test_heads_without_decisions_have_no_figures(records: list[Record]) -> None:
    blank = [Sentence(0, 1, "", "background", {"background": 1.0}) for _ in records]
    assert list(confidence_figures(records, blank)) == ["type"]
