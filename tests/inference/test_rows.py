"""Rows have the same columns at every level, and lose nothing of the input."""

from __future__ import annotations

import pytest

from communique.errors import ConfigError
from communique.inference.result import Claim, Document, Entity, FailedDocument, Holder, Provenance, Sentence, Span, Stance
from communique.inference.rows import columns, document_rows

SENTENCE = Sentence(
    0, 5, "Text.", "commitment", {"commitment": 0.81239}, (Entity(0, 4, "Text", "ORG", 0.9),), Span(0, 4, "Text"), None,
    Holder("Ana Ruiz", "person", "named", "Chile"), (Stance("taiwan", "support", 0.9), Stance("tibet", "neutral", 0.5)),
)  # fmt: skip
CLAIM = Claim("Ana Ruiz", "Chile", "commitment", "taiwan", "support", 0.91239, 0, 5, "Text.", "2025-01-02")
DOCUMENT = Document(
    "a", (SENTENCE,), (CLAIM,), Provenance("small", "f" * 64, "e" * 64, "0.1.0"), {"desk": "asia", "score": 3, "date": "2025-01-02"}
)


@pytest.mark.parametrize("level", ["claim", "sentence"])
def test_all_rows_of_a_level_have_its_columns(level: str) -> None:
    for document in (DOCUMENT, FailedDocument("b", "a.txt: is empty; give it some text")):
        for row in document_rows(document, level):
            assert tuple(row)[: len(columns(level))] == columns(level)


def test_a_claim_row() -> None:
    [row] = document_rows(DOCUMENT, "claim")
    assert (row["id"], row["holder"], row["issue"], row["polarity"], row["score"]) == ("a", "Ana Ruiz", "taiwan", "support", 0.9124)
    assert (row["model"], row["error"], row["date"]) == ("small", None, "2025-01-02")


def test_a_sentence_row() -> None:
    [row] = document_rows(DOCUMENT, "sentence")
    assert (row["score"], row["source"], row["cue"]) == (0.8124, "Text", None)
    assert (row["stances"], row["entities"]) == ("taiwan=support tibet=neutral", "ORG:Text")
    assert row["date"] == "2025-01-02"


def test_input_columns_travel_even_when_their_name_is_taken() -> None:
    [row] = document_rows(DOCUMENT, "claim")
    assert (row["desk"], row["input_score"], "input_date" in row) == ("asia", 3, False)


def test_a_failed_document_keeps_a_row_and_its_columns() -> None:
    [row] = document_rows(FailedDocument("b", "broken", {"desk": "asia"}), "claim")
    assert (row["id"], row["error"], row["holder"], row["desk"]) == ("b", "broken", None, "asia")


def test_whole_documents_have_no_flat_rows() -> None:
    with pytest.raises(ConfigError, match="level 'document' has no flat rows; use sentence or claim, or write JSONL"):
        document_rows(DOCUMENT, "document")
