"""Scores agree with seqeval, scikit-learn and plain loops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2
from sklearn.metrics import f1_score

from communique.inference.result import Entity, Sentence, Span, Stance
from communique.models.schema import Schema
from communique.training.corpus import Record
from communique.training.metrics import (
    claim_scores,
    dev_figures,
    entity_scores,
    expected_calibration_error,
    role_scores,
    stance_calibration,
    stance_scores,
    type_calibration,
    type_scores,
)
from communique.training.prediction import Prediction

NAMES = ["a", "b", "c"]
LABELS = ["GPE", "ORG", "DATE"]


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1, max_size=30))
def test_type_scores_against_loops(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    scores = type_scores(gold, predicted, NAMES)
    assert scores["confusion"] == [[pairs.count((row, column)) for column in NAMES] for row in NAMES]
    f1 = {}
    for name in NAMES:
        hits = pairs.count((name, name))
        f1[name] = 2 * hits / max(1, gold.count(name) + predicted.count(name))
        assert scores["labels"][name]["f1"] == pytest.approx(f1[name])
        assert scores["labels"][name]["support"] == gold.count(name)
    assert scores["accuracy"] == pytest.approx(sum(g == p for g, p in pairs) / len(pairs))
    assert scores["macro_f1"] == pytest.approx(np.mean([f1[name] for name in {*gold, *predicted}]))
    one_hot = [np.array([[label == name for name in NAMES] for label in side], float) for side in (gold, predicted)]
    centred = [side - side.mean(axis=0) for side in one_hot]
    spread = np.sqrt(
        (centred[0] ** 2).sum() * (centred[1] ** 2).sum()
    )  # the multiclass Matthews correlation is a correlation of indicators
    assert scores["mcc"] == pytest.approx((centred[0] * centred[1]).sum() / spread if spread > 1e-9 else 0.0, abs=1e-9)


def tags_of(entities: tuple[tuple[int, int, str], ...], length: int) -> list[str]:
    tags = ["O"] * length
    for start, end, label in entities:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


@st.composite
def entities(draw: st.DrawFn) -> tuple[tuple[int, int, str], ...]:
    cuts = sorted(draw(st.sets(st.integers(0, 10), max_size=7)))
    return tuple((a, b, draw(st.sampled_from(LABELS))) for a, b in pairwise(cuts) if draw(st.booleans()))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(entities(), entities()), min_size=1, max_size=6))
def test_exact_entity_scores_are_those_of_seqeval(schema: Schema, rows: list[tuple[tuple[tuple[int, int, str], ...], ...]]) -> None:
    gold, predicted = ([Prediction("background", entities=row[side]) for row in rows] for side in (0, 1))
    if not any(p.entities for p in (*gold, *predicted)):
        return  # seqeval has no report on nothing
    scores = entity_scores(gold, predicted, schema)
    tags = [[tags_of(p.entities, 10) for p in side] for side in (gold, predicted)]
    report = classification_report(*tags, output_dict=True, zero_division=0, mode="strict", scheme=IOB2)
    for mine, theirs in [("exact", "micro avg")]:
        for key in ("precision", "recall"):
            assert scores[mine][key] == pytest.approx(report[theirs][key])
        assert scores[mine]["f1"] == pytest.approx(report[theirs]["f1-score"])
    for label in LABELS:
        if label in report:
            assert scores["labels"][label]["f1"] == pytest.approx(report[label]["f1-score"])
            assert scores["labels"][label]["support"] == report[label]["support"]
    assert scores["overlapping"]["f1"] >= scores["exact"]["f1"]


def test_role_scores_tell_exact_from_overlapping() -> None:
    gold = [Prediction("background", source=(0, 5)), Prediction("background", source=(3, 9)), Prediction("background")]
    predicted = [Prediction("background", source=(0, 5)), Prediction("background", source=(4, 9)), Prediction("background", source=(1, 2))]
    scores = role_scores(gold, predicted, "source")
    assert (scores["exact"]["precision"], scores["exact"]["recall"]) == (pytest.approx(1 / 3), 0.5)
    assert (scores["overlapping"]["precision"], scores["overlapping"]["recall"]) == (pytest.approx(2 / 3), 1.0)


STANCES = st.dictionaries(st.sampled_from(["taiwan", "tibet"]), st.sampled_from(["support", "oppose", "neutral"]))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(STANCES, STANCES), min_size=1, max_size=6))
def test_stance_scores_are_multi_label_scores(schema: Schema, rows: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    gold, predicted = ([Prediction("background", stances=row[side]) for row in rows] for side in (0, 1))
    scores = stance_scores(gold, predicted, schema)
    pairs = [(issue, polarity) for issue in ("taiwan", "tibet") for polarity in ("support", "oppose", "neutral")]
    dense = [np.array([[p.stances.get(i) == polarity for i, polarity in pairs] for p in side]) for side in (gold, predicted)]
    assert scores["micro"]["f1"] == pytest.approx(f1_score(*dense, average="micro", zero_division=0))
    alone = [np.array([[i in p.stances for i in ("taiwan", "tibet")] for p in side]) for side in (gold, predicted)]
    assert scores["issue_only"]["f1"] == pytest.approx(f1_score(*alone, average="micro", zero_division=0))
    own = [side[:, [i for i, pair in enumerate(pairs) if pair[0] == "tibet"]] for side in dense]
    assert scores["issues"]["tibet"]["f1"] == pytest.approx(f1_score(*own, average="micro", zero_division=0))
    own = [side[:, [i for i, pair in enumerate(pairs) if pair[1] == "oppose"]] for side in dense]
    assert scores["polarities"]["oppose"]["f1"] == pytest.approx(f1_score(*own, average="micro", zero_division=0))


def test_a_claim_needs_source_issue_and_side() -> None:
    gold = [Prediction("stated_position", source=(0, 5), stances={"taiwan": "support", "tibet": "neutral"})]
    right = [Prediction("background", source=(0, 5), stances={"taiwan": "support"})]
    assert claim_scores(gold, right)["f1"] == 1.0
    for wrong in (
        Prediction("background", stances={"taiwan": "support"}),
        Prediction("background", source=(0, 5), stances={"taiwan": "oppose"}),
    ):
        assert claim_scores(gold, [wrong])["f1"] == 0.0


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40), bins=st.integers(1, 20))
def test_calibration_error_against_a_loop_over_bins(rows: list[tuple[float, bool]], bins: int) -> None:
    confidence, correct = np.array([c for c, _ in rows], float), np.array([r for _, r in rows], bool)
    expected = 0.0
    for number in range(bins):
        own = [(c, r) for c, r in rows if min(int(c * bins), bins - 1) == number]
        if own:
            expected += abs(sum(c for c, _ in own) - sum(r for _, r in own)) / len(rows)
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(expected, abs=1e-9)


def test_calibration_of_types_and_stances_by_hand() -> None:
    gold = [Prediction("a", stances={"taiwan": "support"}), Prediction("b")]
    predicted = [
        Prediction("a", {"a": 0.8, "b": 0.2}, stances={"taiwan": "support"}, stance_scores={"taiwan": 0.6}),
        Prediction("a", {"a": 0.8, "b": 0.2}, stances={"taiwan": "support"}, stance_scores={"taiwan": 0.6}),
    ]
    types = type_calibration(gold, predicted, ["a", "b"])
    assert types == {"ece": pytest.approx(0.3), "brier": pytest.approx((0.08 + 1.28) / 2)}
    assert stance_calibration(gold, predicted) == {"ece": pytest.approx(0.1), "brier": pytest.approx((0.16 + 0.36) / 2)}
    assert stance_calibration(gold, [Prediction("a"), Prediction("a")]) == {"ece": 0.0, "brier": 0.0}


def as_sentence(record: Record) -> Sentence:
    source, cue = (Span(a, b, record.text[a:b]) if (a, b) != (0, 0) else None for a, b in (record.source or (0, 0), record.cue or (0, 0)))
    return Sentence(
        0, len(record.text), record.text, record.type, {record.type: 1.0},
        tuple(Entity(a, b, record.text[a:b], label, 1.0) for a, b, label in record.entities),
        source, cue, stances=tuple(Stance(i, p, 1.0) for i, p in record.stances.items()),
    )  # fmt: skip


def test_dev_figures_of_gold_are_one_and_fall_with_errors(records: list[Record]) -> None:
    sentences = [as_sentence(record) for record in records]
    assert set(dev_figures(records, sentences).values()) == {1.0}
    blank = [Sentence(0, len(r.text), r.text, "background", {"background": 1.0}) for r in records]
    figures = dev_figures(records, blank)
    assert figures["entities"] == figures["stances"] == figures["claims"] == 0.0
    assert 0 < figures["type_macro_f1"] < 0.2
    assert figures["score"] == pytest.approx(figures["type_macro_f1"] / 6, abs=1e-4)


def test_untrained_heads_have_no_say_in_the_best_epoch(records: list[Record]) -> None:
    sentences = [Sentence(0, len(r.text), r.text, r.type, {}) for r in records]
    assert dev_figures(records, sentences, ["type"]) == {"type_macro_f1": 1.0, "score": 1.0}
    assert set(dev_figures(records, sentences, ["attribution", "stance"])) == {"source", "cue", "stances", "claims", "score"}
