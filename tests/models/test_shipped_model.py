"""Quality of the shipped weights: floors that a worse model would break, and cases that a reader would call obvious."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from communique import Analyst, load
from communique.models.checkpoint import CARD, CONFIG, ONNX, TOKENIZER, WEIGHTS, find_model, read_checkpoint
from communique.models.schema import Schema, load_schema
from communique.training.card import EVALUATION, card_facts, card_text, read_evaluation
from communique.training.corpus import read_records
from communique.training.metrics import dev_figures

CORPUS_DEV = Path(__file__).parent.parent.parent / "data" / "corpus" / "dev.jsonl"
# Scores on real sentences, as the shipped evaluation holds them, may not fall below these.
FLOORS = {"type_macro_f1": 0.80, "entities": 0.87, "source": 0.87, "cue": 0.78, "stances": 0.74}


@pytest.fixture(scope="module")
def analyst() -> Analyst:
    return load(device="cpu")


@pytest.mark.parametrize("name", FLOORS)
def test_the_shipped_evaluation_is_above_the_floor(name: str) -> None:
    assert read_evaluation(find_model(None))["systems"][0]["headline"][name]["value"] >= FLOORS[name]


def test_the_shipped_weights_score_on_own_text_as_they_should(analyst: Analyst, schema: Schema) -> None:
    records = read_records(CORPUS_DEV, schema)
    figures = dev_figures(records, analyst.label([r.text for r in records], [r.context for r in records]))
    assert figures["type_macro_f1"] > 0.75
    assert figures["entities"] > 0.8
    assert figures["stances"] > 0.5


def test_the_shipped_files_are_those_that_were_scored() -> None:
    folder = find_model(None)
    checkpoint = read_checkpoint(folder)
    for name in (WEIGHTS, ONNX):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checkpoint.sha256[name]
    assert {path.name for path in folder.iterdir()} == {CONFIG, TOKENIZER, WEIGHTS, ONNX, CARD, EVALUATION}
    assert checkpoint.schema == load_schema()


def test_the_shipped_card_follows_from_the_shipped_evaluation() -> None:
    folder = find_model(None)
    assert (folder / CARD).read_text(encoding="utf-8") == card_text(read_evaluation(folder), card_facts(folder))


def test_the_sentence_of_the_design(analyst: Analyst) -> None:
    text = "Japarov said Kyrgyzstan will continue to support China on the Taiwan question and issues related to Xinjiang and Hong Kong."
    document = analyst.predict(text)
    [sentence] = document.sentences
    assert sentence.type == "stated_position"
    assert {(e.text, e.label) for e in sentence.entities} >= {
        ("Japarov", "PERSON"),
        ("Kyrgyzstan", "GPE"),
        ("Taiwan", "GPE"),
        ("Xinjiang", "GPE"),
    }
    assert (sentence.source and sentence.source.text, sentence.cue and sentence.cue.text) == ("Japarov", "said")
    assert {(s.issue, s.polarity) for s in sentence.stances} == {("taiwan", "support"), ("xinjiang", "support"), ("hong_kong", "support")}
    assert {claim.holder for claim in document.claims} == {"Japarov"}


@pytest.mark.parametrize(
    ("text", "kind", "stance"),
    [
        ("Beijing firmly opposes US arms sales to Taiwan, spokesperson Liu Fen said.", "stated_position", ("taiwan", "support")),
        ("Canada condemned the persecution of Uyghurs in Xinjiang.", "stated_position", ("xinjiang", "oppose")),
        ("Norway will provide 200 million euros in military aid to Ukraine this year.", "commitment", ("ukraine", "support")),
        ("Russia must withdraw its troops from Ukraine, Minister Ana Ruiz said.", "stated_position", ("ukraine", "support")),
        ("The embargo on Cuba must be lifted, the Namibian ambassador said.", "stated_position", ("unilateral_sanctions", "support")),
    ],
)  # fmt: skip
def test_obvious_sentences(analyst: Analyst, text: str, kind: str, stance: tuple[str, str]) -> None:
    [sentence] = analyst.label([text])
    assert sentence.type == kind
    assert stance in {(s.issue, s.polarity) for s in sentence.stances}


def test_plain_events_are_background(analyst: Analyst) -> None:
    [sentence] = analyst.label(["The delegation arrived in Bishkek on Friday and left two days later."])
    assert sentence.type == "background"
    assert sentence.stances == ()
