"""Counts of matches: against sets and against every possible pairing."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.training.corpus import Record
from communique.training.counts import Counts, Items, claim_items, count, count_overlapping, entity_items, only, role_items, stance_items


def fits(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return bool(left[2] == right[2] and left[0] < right[1] and right[0] < left[1])


@st.composite
def flat_spans(draw: st.DrawFn) -> Items:
    cuts = sorted(draw(st.sets(st.integers(0, 12), max_size=6)))
    pairs = [(a, b) for a, b in pairwise(cuts) if draw(st.booleans())]
    return frozenset((a, b, draw(st.sampled_from("XY"))) for a, b in pairs)


def best_matching(gold: Items, predicted: Items) -> int:
    """The largest number of disjoint overlapping pairs, by trying every pairing."""
    few, many = sorted((sorted(gold), sorted(predicted)), key=len)
    return max((sum(fits(a, b) for a, b in zip(few, order, strict=False)) for order in permutations(many)), default=0)


@settings(max_examples=150, deadline=None)
@given(gold=flat_spans(), predicted=flat_spans())
def test_overlaps_are_the_best_matching(gold: Items, predicted: Items) -> None:
    assert count_overlapping([gold], [predicted]).rows.tolist() == [[best_matching(gold, predicted), len(predicted), len(gold)]]


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(flat_spans(), flat_spans()), max_size=4))
def test_exact_counts_sum_over_sentences_and_labels(rows: list[tuple[Items, Items]]) -> None:
    gold, predicted = [g for g, _ in rows], [p for _, p in rows]
    whole = count(gold, predicted).rows
    assert whole.shape == (len(rows), 3)
    by_label = [count(only(gold, 2, label), only(predicted, 2, label)).rows for label in "XY"]
    np.testing.assert_array_equal(whole, by_label[0] + by_label[1])


def test_scores_without_anything_are_zero() -> None:
    assert Counts(np.zeros((0, 3), np.int64)).scores() == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_a_record_against_itself_is_all_right(records: list[Record]) -> None:
    for items in (
        entity_items(records),
        role_items(records, "source"),
        role_items(records, "cue"),
        stance_items(records),
        claim_items(records),
    ):
        scores = count(items, items).scores()
        assert (scores["precision"], scores["recall"], scores["f1"]) == (1.0, 1.0, 1.0)
        assert scores["support"] == sum(map(len, items)) > 0


def test_claims_take_sides_and_carry_the_source(records: list[Record]) -> None:
    for record, claims in zip(records, claim_items(records), strict=True):
        assert {claim[0] for claim in claims} <= {record.source}
        assert {claim[1:] for claim in claims} == {pair for pair in record.stances.items() if pair[1] != "neutral"}
