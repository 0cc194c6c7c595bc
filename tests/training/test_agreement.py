"""Agreement of two annotators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from communique.errors import RecordError
from communique.models.schema import Schema
from communique.training.agreement import Agreement, agreement
from communique.training.corpus import Record


def test_who_agrees_with_himself_agrees_fully(records: list[Record], schema: Schema) -> None:
    assert agreement(records, records, schema) == Agreement(len(records), 1.0, 1.0, 1.0, 1.0, 1.0)


def test_kappa_takes_chance_away(records: list[Record], schema: Schema) -> None:
    types = ["background", "background", "stated_position", "stated_position"]
    others = ["background", "stated_position", "stated_position", "stated_position"]
    first = [replace(record, type=name) for record, name in zip(records, types, strict=False)]
    second = [replace(record, type=name) for record, name in zip(records, others, strict=False)]
    # 3 of 4 agree, half of it by chance: (0.75 - 0.5) / (1 - 0.5)
    assert agreement(first, second, schema).type_kappa == pytest.approx(0.5)


def test_only_sentences_of_both_count_and_the_order_does_not(records: list[Record], schema: Schema) -> None:
    changed = replace(records[0], entities=(), stances={})
    found = agreement(records, [records[1], changed], schema)
    assert found.sentences == 2
    assert found.entities < 1
    assert found.stance_kappa < 1
    assert found.type_kappa == 1


def test_annotations_of_other_sentences_are_refused(records: list[Record], schema: Schema) -> None:
    with pytest.raises(RecordError, match="no sentence is in both"):
        agreement(records[:1], records[1:], schema)
    with pytest.raises(RecordError, match=f"{records[0].id}: the two annotations have different texts"):
        agreement(records, [replace(records[0], text="Another.")], schema)
