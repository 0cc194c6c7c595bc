"""TF-IDF learns what words tell, and copes with issues of one stance or of none."""

from __future__ import annotations

import pytest

from communique.models.schema import Schema
from communique.training.corpus import Record
from communique.training.tfidf import fit_tfidf

VERBS = {"support": "cherish", "oppose": "loathe"}


def record_of(number: int, polarity: str | None, issue: str = "Tibet") -> Record:
    verb = VERBS.get(polarity or "", "saw")
    stances = {issue.lower(): polarity} if polarity else {}
    kind = "stated_position" if polarity else "background"
    return Record(str(number), "wire", "d", "", "", f"They {verb} it, number {number}, in {issue}.", kind, (), None, None, stances)


def test_it_learns_types_and_stances(schema: Schema) -> None:
    records = [record_of(n, polarity) for n in range(8) for polarity in ("support", "oppose", None)]
    found = fit_tfidf(records, schema).label(["We cherish it in Tibet.", "We loathe it in Tibet.", "We saw it in Tibet."], [""] * 3)
    assert [p.type for p in found] == ["stated_position", "stated_position", "background"]
    assert [p.stances for p in found] == [{"tibet": "support"}, {"tibet": "oppose"}, {}]
    for prediction in found:
        assert sum(prediction.type_scores.values()) == pytest.approx(1)
        assert all(score > 1 / 3 for score in prediction.stance_scores.values())


def test_an_issue_of_one_stance_always_gets_it_and_an_unseen_one_none(schema: Schema) -> None:
    records = [record_of(n, "support") for n in range(6)]
    [found] = fit_tfidf(records, schema).label(["We loathe it in Tibet and in Crimea."], [""])
    assert found.type == "stated_position"
    assert found.stances == {"tibet": "support"}


def test_no_texts_give_no_predictions(schema: Schema, records: list[Record]) -> None:
    assert fit_tfidf(records, schema).label([], []) == []
