"""Intervals agree with a plain loop that draws documents and scores them afresh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from communique.models.schema import Schema
from communique.training.bootstrap import Figure, headline_counts, headline_figures, headline_leads
from communique.training.corpus import Record
from communique.training.keyword_rules import KeywordRules
from communique.training.metrics import type_scores
from communique.training.prediction import Prediction


@pytest.fixture(scope="module")
def predicted(records: list[Record], schema: Schema) -> list[Prediction]:
    """Keyword rules for types and stances, and the gold spans of every other sentence."""
    found = KeywordRules(schema).label([r.text for r in records], [r.context for r in records])
    return [
        replace(p, entities=r.entities[: i % 3], source=r.source if i % 2 else None, cue=r.cue if i % 2 else None)
        for i, (p, r) in enumerate(zip(found, records, strict=True))
    ]


def scores_of(records: list[Record], predicted: list[Prediction], names: tuple[str, ...]) -> dict[str, float]:
    types = type_scores([r.type for r in records], [p.type for p in predicted], names)
    labels = types["labels"].values()  # over all types, so that a resample is compared on the same ones
    own = {"type_macro_f1": np.mean([own["f1"] for own in labels]), "type_accuracy": types["accuracy"], "type_mcc": types["mcc"]}
    return own | {name: c.scores()["f1"] for name, c in headline_counts(records, predicted).items()}


def test_values_and_intervals_against_a_loop(records: list[Record], predicted: list[Prediction], schema: Schema) -> None:
    figures = headline_figures(records, predicted, resamples=300, seed=3)
    documents = np.unique([f"{r.publisher}\0{r.doc}" for r in records], return_inverse=True)[1]
    total = documents.max() + 1
    drawn = np.random.default_rng(3).multinomial(total, np.full(total, 1 / total), 300)
    loop = []
    for weights in drawn:
        rows = [i for i, document in enumerate(documents) for _ in range(weights[document])]
        loop.append(scores_of([records[i] for i in rows], [predicted[i] for i in rows], schema.type_names))
    for name, value in scores_of(records, predicted, schema.type_names).items():
        low, high = np.quantile([sample[name] for sample in loop], [0.025, 0.975])
        assert figures[name].value == pytest.approx(value)
        assert [figures[name].low, figures[name].high] == pytest.approx([low, high])
        assert low < figures[name].value < high


def test_the_seed_decides(records: list[Record], predicted: list[Prediction]) -> None:
    assert headline_figures(records, predicted, 50, 1) == headline_figures(records, predicted, 50, 1)
    assert headline_figures(records, predicted, 50, 1) != headline_figures(records, predicted, 50, 2)


def test_one_document_has_no_width(records: list[Record], predicted: list[Prediction]) -> None:
    for figure in headline_figures(records[:4], predicted[:4], 20).values():
        assert figure.low == figure.value == figure.high


def test_documents_of_two_publishers_differ_though_named_alike(records: list[Record], predicted: list[Prediction]) -> None:
    alike = [replace(r, doc="front page") for r in records]
    assert headline_figures(alike, predicted, 50)["stances"].low < headline_figures(alike, predicted, 50)["stances"].high


def test_leads_are_paired(records: list[Record], predicted: list[Prediction]) -> None:
    gold = [Prediction(r.type, entities=r.entities, source=r.source, cue=r.cue, stances=r.stances) for r in records]
    leads = headline_leads(records, gold, predicted, 100)
    own = headline_figures(records, predicted, 100)
    assert leads["type_accuracy"].value == pytest.approx(1 - own["type_accuracy"].value)
    assert leads["type_accuracy"].low == pytest.approx(1 - own["type_accuracy"].high)
    assert set(headline_leads(records, predicted, predicted, 100).values()) == {Figure(0.0, 0.0, 0.0)}
