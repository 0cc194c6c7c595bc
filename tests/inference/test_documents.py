"""Rows become documents, and what is wrong with a row stays in the row."""

from __future__ import annotations

from typing import Any

import pytest

from communique.inference.documents import InputDocument, document_from_row


def test_known_columns_are_used_and_the_others_carried() -> None:
    row = {"id": 7, "text": "Text.", "date": "2025-01-02", "author": "Ana Ruiz", "desk": "asia", "rank": [1, 2]}
    document = document_from_row(row, "a.jsonl:1", "a-1")
    assert document == InputDocument("7", "Text.", "2025-01-02", "", "Ana Ruiz", {"desk": "asia", "rank": [1, 2]})
    assert document.carried == {"date": "2025-01-02", "speaker": "Ana Ruiz", "desk": "asia", "rank": [1, 2]}


def test_a_speaker_goes_before_an_author() -> None:
    assert document_from_row({"text": "T", "speaker": "The minister", "author": "A clerk"}, "a:1", "a-1").speaker == "The minister"


@pytest.mark.parametrize("identity", [None, ""])
def test_a_missing_id_is_made_from_the_place(identity: Any) -> None:
    assert document_from_row({"id": identity, "text": "T"}, "a:1", "a-1").id == "a-1"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"body": "T"}, "a:1: no column 'text' (columns: 'body'); name the right one with --text-column"),
        ({}, "a:1: no column 'text' (columns: none); name the right one with --text-column"),
        ({"text": None}, "a:1: column 'text' is empty; give every row a text"),
        ({"text": ""}, "a:1: column 'text' is empty; give every row a text"),
        ({"text": 5}, "a:1: column 'text' holds int, not text; give every row a string"),
    ],
)
def test_a_bad_row_keeps_its_place_with_an_error(row: dict[str, Any], error: str) -> None:
    document = document_from_row(row, "a:1", "a-1")
    assert (document.id, document.text, document.error) == ("a-1", "", error)


def test_other_columns_can_be_named() -> None:
    document = document_from_row({"body": "T", "key": "k", "text": "kept"}, "a:1", "a-1", text_column="body", id_column="key")
    assert (document.id, document.text, document.extra) == ("k", "T", {"text": "kept"})
