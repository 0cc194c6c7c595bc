"""Results: plain data in the order of the contract, and nothing that can be changed."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import pytest

from communique.errors import MissingExtraError
from communique.inference.result import Claim, Document, Entity, FailedDocument, Holder, Provenance, Sentence, Span, Stance

TEXT = "Ana Ruiz said Chile supports peace."
SENTENCE = Sentence(
    start=0,
    end=35,
    text=TEXT,
    type="stated_position",
    scores={"stated_position": 0.91234567, "background": 0.08765433},
    entities=(Entity(0, 8, "Ana Ruiz", "PERSON", 0.98765432),),
    source=Span(0, 8, "Ana Ruiz"),
    cue=Span(9, 13, "said"),
    holder=Holder("Ana Ruiz", "person", "named", country="Chile"),
    stances=(Stance("palestine", "support", 0.123456),),
)
CLAIM = Claim("Ana Ruiz", "Chile", "stated_position", "palestine", "support", 0.123456, 0, 35, TEXT)
DOCUMENT = Document("d1", (SENTENCE,), (CLAIM,), Provenance("small", "aa", "bb", "0.1.0"), {"desk": "asia"})


def test_a_document_is_plain_data_in_the_order_of_the_contract() -> None:
    data = DOCUMENT.to_dict()
    assert list(data) == ["id", "desk", "sentences", "claims", "provenance"]
    assert json.loads(json.dumps(data)) == data
    assert data["provenance"] == {"model": "small", "weights_sha256": "aa", "schema_sha256": "bb", "version": "0.1.0"}


def test_a_sentence_names_every_key_and_rounds_its_scores() -> None:
    assert SENTENCE.to_dict() == {
        "start": 0,
        "end": 35,
        "text": TEXT,
        "type": "stated_position",
        "scores": {"stated_position": 0.9123, "background": 0.0877},
        "entities": [{"start": 0, "end": 8, "text": "Ana Ruiz", "label": "PERSON", "score": 0.9877}],
        "source": {"start": 0, "end": 8, "text": "Ana Ruiz"},
        "cue": {"start": 9, "end": 13, "text": "said"},
        "holder": {"name": "Ana Ruiz", "country": "Chile", "role": None, "kind": "person", "found": "named"},
        "stances": [{"issue": "palestine", "polarity": "support", "score": 0.1235}],
    }


def test_what_a_sentence_lacks_is_null_and_not_left_out() -> None:
    data = Sentence(0, 1, "x", "background", {}).to_dict()
    assert [data[key] for key in ("source", "cue", "holder", "entities", "stances")] == [None, None, None, [], []]


def test_a_claim_is_one_flat_row() -> None:
    row = CLAIM.to_dict()
    assert list(row) == ["holder", "country", "type", "issue", "polarity", "score", "start", "end", "text", "date"]
    assert (row["score"], row["date"]) == (0.1235, None)


def test_a_failed_document_keeps_its_place_and_columns() -> None:
    assert FailedDocument("d2", "no text", {"desk": "un"}).to_dict() == {"id": "d2", "desk": "un", "error": "no text"}


@pytest.mark.parametrize("result", [DOCUMENT, SENTENCE, CLAIM, SENTENCE.entities[0], SENTENCE.source, SENTENCE.holder, SENTENCE.stances[0]])
def test_results_cannot_be_changed(result: Any) -> None:
    for field in dataclasses.fields(result):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, field.name, None)


def test_to_frame_has_one_row_a_claim_or_a_sentence() -> None:
    pandas = pytest.importorskip("pandas")
    frame = DOCUMENT.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == 1
    assert frame.loc[0, "issue"] == "palestine"
    assert DOCUMENT.to_frame("sentence").loc[0, "type"] == "stated_position"


def test_to_frame_without_pandas_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r'Document.to_frame\(\) needs packages .+ pip install "communique\[pandas\]"'):
        DOCUMENT.to_frame()


def test_input_columns_with_the_names_of_the_output_do_not_overwrite_it() -> None:
    extra = {"id": 7, "error": "none", "claims": "many", "desk": "asia"}
    data = dataclasses.replace(DOCUMENT, extra=extra).to_dict()
    assert data["id"] == DOCUMENT.id
    assert "error" not in data
    assert (data["input_id"], data["input_error"], data["input_claims"], data["desk"]) == (7, "none", "many", "asia")
