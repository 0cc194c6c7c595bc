"""Labels leave their text and find it again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from communique.errors import RecordError
from communique.models.schema import Schema
from communique.training.corpus import Record, write_records
from communique.training.standoff import attach, detach, read_texts, write_rows


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    write_rows(path, rows)
    return path


def test_detached_labels_hold_no_word_of_the_text(records: list[Record]) -> None:
    for record, row in zip(records, detach(records), strict=True):
        assert set(row) == {"id", "text_sha256", "type", "entities", "attribution", "stances"}
        assert record.text[:12] not in json.dumps(row)


def test_attaching_gives_the_same_records_again(records: list[Record], schema: Schema, tmp_path: Path) -> None:
    labels = write(tmp_path / "labels.jsonl", detach(records))
    write_records(tmp_path / "texts.jsonl.gz", records)
    assert list(attach(labels, [tmp_path / "texts.jsonl.gz"], schema)) == records


def test_a_changed_text_is_another_text(records: list[Record], schema: Schema, tmp_path: Path) -> None:
    labels = write(tmp_path / "labels.jsonl", detach(records))
    texts = write(tmp_path / "texts.jsonl", ({**record.to_dict(), "text": record.text + " "} for record in records))
    assert list(attach(labels, [texts], schema)) == []


def test_a_row_without_its_keys_is_refused_with_its_place(schema: Schema, tmp_path: Path) -> None:
    labels = write(tmp_path / "labels.jsonl", [{"id": "a"}])
    with pytest.raises(RecordError, match=r"labels.jsonl:1: the key 'text_sha256' is missing"):
        list(attach(labels, [], schema))
    with pytest.raises(RecordError, match=r"nowhere.jsonl: no such file"):
        list(attach(tmp_path / "nowhere.jsonl", [], schema))


@pytest.mark.parametrize("wrong", [{"text": None}, {"text": ["a"]}, {"context": None}])
def test_texts_that_are_no_strings_are_refused_with_their_line(wrong: dict[str, Any], tmp_path: Path) -> None:
    row = {"source": "s", "doc": "d", "date": "", "context": "", "text": "One."}
    texts = write(tmp_path / "texts.jsonl", [row, row | wrong])
    with pytest.raises(RecordError, match=rf"texts.jsonl:2: '{next(iter(wrong))}' is \w+ instead of a string"):
        list(read_texts(texts))
