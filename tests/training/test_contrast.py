"""A pair passes only when both of its sentences are right about what tells them apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from communique.errors import RecordError
from communique.training.contrast import pass_rates
from communique.training.corpus import Record
from communique.training.prediction import Prediction


@pytest.fixture
def pair(records: list[Record]) -> list[Record]:
    first = replace(records[0], doc="negation-001", id="a", stances={"taiwan": "support"}, source=None, cue=None)
    return [first, replace(first, id="b", stances={"taiwan": "oppose"})]


def said(record: Record, **changes: object) -> Prediction:
    return replace(Prediction(record.type, stances=record.stances), **changes)  # type: ignore[arg-type]


def test_both_right_pass(pair: list[Record]) -> None:
    assert pass_rates(pair, [said(r) for r in pair]) == {"negation": {"pairs": 1, "passed": 1}}


def test_one_wrong_fails(pair: list[Record]) -> None:
    blind = [said(pair[0]), said(pair[1], stances={"taiwan": "support"})]
    assert pass_rates(pair, blind)["negation"]["passed"] == 0


def test_what_does_not_differ_does_not_count(pair: list[Record]) -> None:
    other = "background" if pair[0].type != "background" else "commitment"
    assert pass_rates(pair, [said(r, type=other) for r in pair])["negation"]["passed"] == 1


def test_broken_pairs_are_refused(pair: list[Record]) -> None:
    with pytest.raises(RecordError, match="1 sentences instead of a pair"):
        pass_rates(pair[:1], [said(pair[0])])
    with pytest.raises(RecordError, match="both sentences have the same labels"):
        pass_rates([pair[0], pair[0]], [said(pair[0])] * 2)
