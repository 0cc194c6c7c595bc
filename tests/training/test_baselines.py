"""Baselines see texts only, give what the records taught them, and never fail on what they never saw."""

from __future__ import annotations

import numpy as np
import pytest

from communique.models.schema import Schema
from communique.training.baselines import Baseline, baselines, fit_holder_prior, fit_majority, fit_prior, mentioned_issues
from communique.training.corpus import Record


def test_learned_baselines_need_records(schema: Schema, records: list[Record]) -> None:
    assert [b.name for b in baselines(schema)] == ["keyword rules"]
    assert [b.name for b in baselines(schema, records)] == [
        "keyword rules", "majority class", "holder prior", "TF-IDF + logistic regression",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(4))
def test_every_baseline_answers_in_the_terms_of_the_schema(schema: Schema, records: list[Record], number: int) -> None:
    baseline: Baseline = list(baselines(schema, records))[number]
    strange = ["", "…", "東京", "The East Sea and the sanctions on Crimea and Tibet."]
    found = baseline.label(strange, ["", "", "", "Kyiv spoke."])
    assert len(found) == len(strange)
    assert baseline.label([], []) == []
    for prediction in found:
        assert prediction.type in schema.type_names
        assert set(prediction.stances) <= set(schema.issue_names)
        assert set(prediction.stances.values()) <= {label.id for label in schema.polarities}
        assert prediction.entities == ()
        if prediction.type_scores:
            assert sum(prediction.type_scores.values()) == pytest.approx(1)
            assert set(prediction.stance_scores) == set(prediction.stances)


def test_priors_are_relative_frequencies(schema: Schema, records: list[Record]) -> None:
    prior = fit_prior(records, schema)
    for name in schema.type_names:
        assert prior.types[name] == pytest.approx(np.mean([r.type == name for r in records]))
    named = [r for r in records if "taiwan" in mentioned_issues(schema, r.text, r.context)]
    assert prior.stances["taiwan"]["oppose"] == pytest.approx(np.mean([r.stances.get("taiwan") == "oppose" for r in named]))
    assert sum(prior.stances["taiwan"].values()) == pytest.approx(1)


def test_majority_takes_the_most_frequent(schema: Schema, records: list[Record]) -> None:
    [found] = fit_majority(records, schema).label(["Kyiv is cold."], [""])
    assert (found.type, found.stances) == ("stated_position", {"ukraine": "support"})


def record_of(holder: str, polarity: str, number: int) -> Record:
    text = f"{holder} spoke of Taiwan."
    return Record(str(number), "wire", "d", "", "", text, "stated_position", (), (0, len(holder)), None, {"taiwan": polarity})


def test_the_holder_prior_knows_who_speaks(schema: Schema) -> None:
    said = ["support"] * 5 + ["oppose"] * 6
    records = [record_of("The Ruritanian envoy" if p == "support" else "Graustark", p, n) for n, p in enumerate(said)]
    prior = fit_holder_prior([*records, record_of("Zenda", "neutral", 99)], schema)
    texts = ["A Ruritanian envoy left Taiwan.", "graustark left Taiwan.", "Zenda left Taiwan.", "Nobody left."]
    assert [p.stances for p in prior.label(texts, [""] * 4)] == [{"taiwan": "support"}, {"taiwan": "oppose"}, {"taiwan": "oppose"}, {}]


def test_without_any_source_the_holder_prior_is_the_average(schema: Schema, records: list[Record]) -> None:
    unsourced = [r for r in records if r.source is None]
    texts, contexts = [r.text for r in records], [r.context for r in records]
    own, average = fit_holder_prior(unsourced, schema), fit_majority(unsourced, schema)
    assert own.label(texts, contexts) == average.label(texts, contexts)


def test_issues_are_found_in_the_context_too(schema: Schema) -> None:
    assert mentioned_issues(schema, "Nothing here.", "But in Lhasa and in Kyiv.") == ["tibet", "ukraine"]
    assert mentioned_issues(schema, "Nothing here.", "") == []
