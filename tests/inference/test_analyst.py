"""The whole way on a tiny model: order, offsets, errors in their place, ten thousand sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique import Analyst, Document, InputDocument, load
from communique.errors import ConfigError, ModelError
from communique.inference.result import FailedDocument


@pytest.fixture(scope="module")
def analyst(untrained_checkpoint: Path) -> Analyst:
    return load(untrained_checkpoint, device="cpu")


def check_offsets(text: str, document: Document) -> None:
    for sentence in document.sentences:
        spans = [sentence, *sentence.entities, *(span for span in (sentence.source, sentence.cue) if span)]
        assert all(text[span.start : span.end] == span.text for span in spans)
        assert all(sentence.start <= span.start < span.end <= sentence.end for span in spans)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_offsets_are_exact_in_any_text(analyst: Analyst, text: str) -> None:
    document = analyst.predict(text)
    check_offsets(text, document)
    covered = "".join(text[s.start : s.end] for s in document.sentences)
    assert "".join(covered.split()) == "".join(text.split())


def test_one_in_one_out_and_a_list_in_a_list_out(analyst: Analyst) -> None:
    texts = ["First text. It goes on.", "Second text.", ""]
    several = analyst.predict(texts)
    assert [len(d.sentences) for d in several] == [2, 1, 0]
    assert [d.id for d in several] == ["text-1", "text-2", "text-3"]


def test_a_document_does_not_depend_on_its_neighbours(analyst: Analyst) -> None:
    # The int8 network scales a whole batch by one factor: documents that shared a batch had scores that moved.
    texts = ["First text. It goes on.", "Another, much longer second text about Peru and Chile, which agreed.", "Third!"]
    together = analyst.predict(texts)
    assert [d.sentences for d in together] == [analyst.predict(text).sentences for text in texts]


def test_a_stream_is_lazy_and_keeps_errors_in_their_place(analyst: Analyst) -> None:
    bad = InputDocument("b", "", error="b: is empty; give it some text", extra={"desk": "asia"})
    found = list(analyst.stream([InputDocument("a", "Text.", date="2025-01-02", extra={"rank": 1}), bad, "More."]))
    assert [d.id for d in found] == ["a", "b", "text-3"]
    assert isinstance(found[1], FailedDocument)
    assert found[1].to_dict() == {"id": "b", "desk": "asia", "error": "b: is empty; give it some text"}
    assert found[0].extra == {"date": "2025-01-02", "rank": 1}


def test_the_result_is_json_with_provenance(analyst: Analyst) -> None:
    data = json.loads(json.dumps(analyst.predict("Peru said yes.").to_dict()))
    assert list(data) == ["id", "sentences", "claims", "provenance"]
    assert data["provenance"]["weights_sha256"] == analyst.provenance.weights_sha256


def test_a_document_of_only_white_space_has_no_sentences(analyst: Analyst) -> None:
    assert analyst.predict(" \n\t \u2003 ").sentences == ()


def test_ten_thousand_sentences_in_one_document(analyst: Analyst) -> None:
    text = "Peru agreed. " * 10_000
    document = analyst.predict(text)
    assert len(document.sentences) == 10_000
    check_offsets(text, document)


def test_labels_do_not_depend_on_neighbours(analyst: Analyst) -> None:
    together = analyst.label(["Peru agreed.", "It was a very long day in the capital of Peru."], ["", "Peru agreed."])
    assert together[0].type == analyst.label(["Peru agreed."])[0].type


def test_contexts_must_match_sentences(analyst: Analyst) -> None:
    with pytest.raises(ValueError, match="2 sentences but 1 contexts"):
        analyst.label(["a", "b"], ["c"])


def test_only_strings_are_texts(analyst: Analyst) -> None:
    with pytest.raises(TypeError, match="found int"):
        analyst.predict([1])  # type: ignore[list-item]


def test_issues_can_be_chosen(untrained_checkpoint: Path) -> None:
    assert load(untrained_checkpoint, issues=["taiwan"]).labeller.issues == ("taiwan",)
    with pytest.raises(ConfigError, match="unknown issue 'atlantis'; known issues: taiwan"):
        load(untrained_checkpoint, issues=["atlantis"])


def test_a_missing_model_is_named_with_the_shipped_ones() -> None:
    with pytest.raises(ModelError, match=r"no model 'nowhere'.*shipped models"):
        load("nowhere")
