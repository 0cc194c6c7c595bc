"""The evaluation scores what the model says, leaves out what a baseline does not predict, and prints within 100 columns."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console

from communique.errors import RecordError
from communique.inference.result import Entity, Sentence, Span, Stance
from communique.models.checkpoint import WEIGHTS
from communique.models.schema import Schema
from communique.training.bootstrap import headline_figures
from communique.training.corpus import Record
from communique.training.evaluation import MODEL, SPAN_FIGURES, Evaluation, evaluate
from communique.training.labeller import open_labeller
from communique.training.metrics import stance_calibration, type_calibration
from communique.training.prediction import from_sentence
from communique.training.report_table import NAMES, evaluation_tables, figure_text, print_evaluation


@dataclass(frozen=True)
class Oracle:
    """Answers with the gold labels, surely."""

    records: Sequence[Record]

    def label(self, sentences: Sequence[str], contexts: Sequence[str]) -> list[Sentence]:
        known = {(record.text, record.context): record for record in self.records}
        return [gold_sentence(known[pair]) for pair in zip(sentences, contexts, strict=True)]


def gold_sentence(record: Record) -> Sentence:
    source, cue = (Span(*pair, record.text[slice(*pair)]) if pair else None for pair in (record.source, record.cue))
    entities = tuple(Entity(a, b, record.text[a:b], label, 1.0) for a, b, label in record.entities)
    stances = tuple(Stance(issue, polarity, 1.0) for issue, polarity in record.stances.items())
    return Sentence(0, len(record.text), record.text, record.type, {record.type: 1.0}, entities, source, cue, stances=stances)


@pytest.fixture(scope="module")
def train_records(records: list[Record]) -> list[Record]:
    return [replace(record, id=f"t-{record.id}", text=f"{record.text[:-1]}!") for record in records]


@pytest.fixture(scope="module")
def evaluation(records: list[Record], train_records: list[Record], schema: Schema, tiny_checkpoint: Path) -> Evaluation:
    return evaluate(open_labeller(tiny_checkpoint, WEIGHTS), records, schema, train_records, resamples=50)


def test_an_oracle_is_right_everywhere(records: list[Record], schema: Schema) -> None:
    [model, rules] = evaluate(Oracle(records), records, schema, resamples=20).systems
    assert {figure.value for figure in model.headline.values()} == {1.0}
    assert {own["f1"] for own in model.type["labels"].values()} == {1.0}
    assert model.entities is not None
    assert {own["f1"] for own in model.entities["labels"].values()} == {1.0}
    assert model.type_calibration == model.stance_calibration == {"ece": 0.0, "brier": 0.0}
    assert rules.behind is not None
    assert all(figure.low > 0 for figure in rules.behind.values())


def test_the_model_is_scored_by_the_same_figures_as_elsewhere(
    evaluation: Evaluation, records: list[Record], schema: Schema, tiny_checkpoint: Path
) -> None:
    sentences = open_labeller(tiny_checkpoint, WEIGHTS).label([r.text for r in records], [r.context for r in records])
    predicted = [from_sentence(sentence) for sentence in sentences]
    model = evaluation.systems[0]
    assert model.headline == headline_figures(records, predicted, 50)
    assert model.type_calibration == type_calibration(records, predicted, schema.type_names)
    assert model.stance_calibration == stance_calibration(records, predicted)
    assert model.headline["type_macro_f1"].value == model.type["macro_f1"]
    assert model.headline["stances"].value == model.stances["micro"]["f1"]
    assert model.claims is not None
    assert model.headline["claims"].value == model.claims["f1"]


def test_baselines_have_no_figures_for_spans(evaluation: Evaluation) -> None:
    model, *others = evaluation.systems
    assert [system.name for system in evaluation.systems] == [
        MODEL, "keyword rules", "majority class", "holder prior", "TF-IDF + logistic regression",
    ]  # fmt: skip
    assert set(model.headline) == set(NAMES)
    assert model.behind is None
    for system in others:
        assert set(system.headline) == set(NAMES) - set(SPAN_FIGURES)
        assert (system.entities, system.source, system.cue, system.claims) == (None,) * 4
        assert system.behind is not None
        for name, figure in system.behind.items():
            assert figure.value == pytest.approx(model.headline[name].value - system.headline[name].value)
    assert [system.type_calibration is None for system in others] == [True, False, False, False]


def test_publishers_partition_the_records(evaluation: Evaluation, records: list[Record]) -> None:
    assert sum(evaluation.publishers.values()) == evaluation.records == len(records)
    for system in evaluation.systems:
        assert {name: own.records for name, own in system.publishers.items()} == evaluation.publishers
        assert sum(own.documents for own in system.publishers.values()) == evaluation.documents
        right = sum(own.headline["type_accuracy"].value * own.records for own in system.publishers.values())
        assert right == pytest.approx(system.headline["type_accuracy"].value * len(records))


def test_it_travels_as_json_and_the_seed_decides(
    evaluation: Evaluation, records: list[Record], train_records: list[Record], schema: Schema, tiny_checkpoint: Path
) -> None:
    data = evaluation.to_dict()
    assert json.loads(json.dumps(data)) == data
    labeller = open_labeller(tiny_checkpoint, WEIGHTS)
    assert evaluate(labeller, records, schema, train_records, resamples=50).to_dict() == data
    assert evaluate(labeller, records, schema, train_records, seed=1, resamples=50).to_dict() != data


def test_records_that_were_trained_on_are_refused(records: list[Record], schema: Schema) -> None:
    with pytest.raises(RecordError, match=rf"1 records to score have texts of the train records \({records[3].id}\); take them out"):
        evaluate(Oracle(records), records, schema, [records[3]])
    with pytest.raises(RecordError, match="no records to score"):
        evaluate(Oracle(records), [], schema)


def test_tables_fit_100_columns_and_hold_the_figures(evaluation: Evaluation) -> None:
    console = Console(file=io.StringIO(), width=100)
    print_evaluation(evaluation, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    model = evaluation.systems[0]
    for key, name in NAMES.items():
        [line] = [line for line in text.splitlines() if line.strip().startswith(name)]
        assert figure_text(model.headline[key]) in line
    for title in ("Sentence types", "Confusion", "Entities", "Attribution", "Stances by issue", "Stances by polarity", "Calibration"):
        assert title in text
    assert len(evaluation_tables(evaluation)) == 9
