"""Counts over a corpus, and sentences shared between files."""

from __future__ import annotations

from dataclasses import replace

from communique.training.corpus import Record
from communique.training.statistics import SharedText, shared_texts, statistics


def test_counts_add_up(records: list[Record]) -> None:
    found = statistics(records)
    assert found.records == len(records) == sum(found.types.values()) == sum(found.publishers.values())
    assert found.documents == len({(r.publisher, r.doc) for r in records})
    assert sum(found.entities.values()) == sum(len(r.entities) for r in records)
    assert sum(found.stances.values()) == sum(len(r.stances) for r in records)
    assert found.attributed == sum(r.source is not None for r in records)
    assert found.mean_words <= found.longest_words == max(len(r.text.split()) for r in records)


def test_one_file_name_twice_counts_documents_by_publisher(records: list[Record]) -> None:
    two = [replace(records[0], publisher="a", doc="1"), replace(records[0], publisher="b", doc="1")]
    assert statistics(two).documents == 2


def test_shared_texts_are_found_across_case_and_spaces(records: list[Record]) -> None:
    first, second, third = records[:3]
    loud = replace(first, id="loud", text=f"  {first.text.upper()} ")
    files = {"train": [first, second, second], "dev": [loud, third], "test": [replace(first, id="again")]}
    assert list(shared_texts(files)) == [
        SharedText("train", "dev", (first.id, "loud")),
        SharedText("train", "test", (first.id, "again")),
    ]
