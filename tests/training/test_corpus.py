"""Records survive writing and reading, and every way to break the contract is named with its place and mend."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.errors import RecordError
from communique.models.schema import Schema, load_schema
from communique.training.corpus import KEYS, STRINGS, Record, fingerprint, iter_problems, parse_record, read_records, write_records

SCHEMA = load_schema()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FILLED = TEXT.filter(str.strip)


@st.composite
def spans(draw: st.DrawFn, text: str) -> tuple[int, int]:
    inside = [i for i, character in enumerate(text) if not character.isspace()]
    first, last = sorted((draw(st.sampled_from(inside)), draw(st.sampled_from(inside))))
    return first, last + 1


@st.composite
def flat_entities(draw: st.DrawFn, text: str) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    for start, end in sorted(draw(st.lists(spans(text), max_size=4))):
        if not found or start >= found[-1][1]:
            found.append((start, end, draw(st.sampled_from([label.id for label in SCHEMA.entities]))))
    return tuple(found)


@st.composite
def any_record(draw: st.DrawFn, identity: str) -> Record:
    text = draw(FILLED)
    source = draw(st.none() | spans(text))
    polarities = st.sampled_from([label.id for label in SCHEMA.polarities])
    return Record(
        id=identity,
        publisher=draw(TEXT),
        doc=draw(FILLED),
        date=draw(TEXT),
        context=draw(TEXT),
        text=text,
        type=draw(st.sampled_from(SCHEMA.type_names)),
        entities=draw(flat_entities(text)),
        source=source,
        cue=draw(st.none() | spans(text)) if source else None,
        stances=draw(st.dictionaries(st.sampled_from(SCHEMA.issue_names), polarities, max_size=3)),
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(0, 3), packed=st.booleans())
def test_records_survive_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int, packed: bool
) -> None:
    records = [data.draw(any_record(str(number))) for number in range(count)]
    path = tmp_path_factory.mktemp("corpus") / ("records.jsonl.gz" if packed else "records.jsonl")
    write_records(path, records)
    assert read_records(path, SCHEMA) == records
    assert list(iter_problems(path, SCHEMA)) == []


def valid() -> dict[str, Any]:
    return {
        "id": "a", "source": "wire", "doc": "d", "date": "2025-02-06", "context": "", "text": "Chile signed on Monday.",
        "type": "commitment", "entities": [[0, 5, "GPE"], [16, 22, "DATE"]], "attribution": {"source": [0, 5], "cue": [6, 12]},
        "stances": {"taiwan": "support"},
    }  # fmt: skip


# What replaces a field, what the message says is wrong, and what it says will mend it.
MALFORMED: list[tuple[str, Any, str, str]] = [
    *((key, 7, f"'{key}' must be a string, found 7", "put it in quotes") for key in STRINGS),
    *((key, " ", f"'{key}' is empty", "fill it in") for key in ("id", "doc", "text")),
    ("context", "\ud83d", "half of a surrogate pair", "mend the escape"),
    ("type", "opinion", "unknown sentence type 'opinion'", "known: stated_position, commitment"),
    ("entities", {}, "'entities' is not a list", "write [[start, end, label], ...]"),
    ("entities", [[0, 5]], "'entities' is not a list", "write [[start, end, label], ...]"),
    ("entities", [[0, 5, "PLACE"]], "unknown entity label 'PLACE'", "known: PERSON, ROLE"),
    ("entities", [[0, 24, "GPE"]], "entity [0, 24] is not a span of the text (0 to 23)", "code points, end exclusive"),
    ("entities", [[5, 5, "GPE"]], "entity [5, 5] is not a span", "code points, end exclusive"),
    ("entities", [[-1, 5, "GPE"]], "entity [-1, 5] is not a span", "code points, end exclusive"),
    ("entities", [[False, 5, "GPE"]], "entity [False, 5] is not a span", "code points, end exclusive"),
    ("entities", [[0, 6, "GPE"]], "entity [0, 6] is 'Chile ', which begins or ends with white space", "trim the span"),
    ("entities", [[0, 12, "ORG"], [6, 12, "GPE"]], "[0, 12, 'ORG'] and [6, 12, 'GPE'] overlap", "keep the longer one"),
    ("attribution", [0, 5], "'attribution' has another form", "write null or"),
    ("attribution", {"source": [0, 5]}, "'attribution' has another form", "write null or"),
    ("attribution", {"source": None, "cue": [6, 12]}, "has no source", "write null for the whole attribution"),
    ("attribution", {"source": "Chile", "cue": None}, "source 'Chile' is not a span", "write [start, end]"),
    ("attribution", {"source": [0, 5], "cue": [6, 13]}, "cue [6, 13] is 'signed '", "trim the span"),
    ("stances", [], "'stances' is not an object", 'write {"issue": "polarity", ...}'),
    ("stances", {"mars": "support"}, "unknown issue 'mars'", "known: taiwan"),
    ("stances", {"taiwan": "absent"}, "unknown polarity of 'taiwan' 'absent'", "known: support, oppose, neutral"),
    ("stances", {"taiwan": ["support"]}, "unknown polarity of 'taiwan'", "known: support, oppose, neutral"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "wrong", "mend"), MALFORMED)
def test_a_malformed_field_is_named_with_its_place_and_mend(tmp_path: Path, key: str, value: Any, wrong: str, mend: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps(valid())}\n\n{json.dumps({**valid(), 'id': 'b', key: value})}\n", encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        read_records(path, SCHEMA)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert wrong in str(caught.value)
    assert mend in str(caught.value)


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_and_an_unknown_key_are_named(key: str) -> None:
    without = {name: value for name, value in valid().items() if name != key}
    with pytest.raises(RecordError, match=f"the key '{key}' is missing; a record has the keys id, source"):
        parse_record(without, SCHEMA)
    with pytest.raises(RecordError, match=f"unknown key '{key}s'; a record has the keys"):
        parse_record({**valid(), f"{key}s": ""}, SCHEMA)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", r"not valid JSON \(.*\); write one object a line"),
        (b"[" * 100_000, r"not valid JSON \(.*\); write one object a line"),
        (b"[]", "expected a JSON object, found list; write one object a line"),
        (b'{"id": "\xff"}', r"not UTF-8 text \(invalid start byte at byte 8\); save the file as UTF-8"),
        (b'{"id": "a", "id": "b"}', "the key 'id' stands there twice; keep one"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(line)
    with pytest.raises(RecordError, match=f"records.jsonl:1: {message}"):
        read_records(path, SCHEMA)


def test_an_id_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps(valid())}\n{json.dumps(valid())}\n")
    with pytest.raises(RecordError, match=r"records.jsonl:2: the id 'a' stands in line 1 too; give every record its own id"):
        read_records(path, SCHEMA)


def test_all_problems_of_a_file_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps({**valid(), 'type': 'x', 'stances': 1})}\n{{\n{json.dumps({**valid(), 'id': 'b'})}\n")
    assert [problem.split(": ")[0] for problem in iter_problems(path, SCHEMA)] == [f"{path}:1", f"{path}:1", f"{path}:2"]


@pytest.mark.parametrize(("name", "content"), [("none.jsonl", None), ("bad.jsonl.gz", b"no gzip"), ("cut.jsonl.gz", b"\x1f\x8b\x08\x00")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordError, match=f"{name}: (no such file; check the path|cannot be read .*; check that)"):
        read_records(tmp_path / name, SCHEMA)


def test_offsets_are_code_points(tmp_path: Path) -> None:
    text = "🇨🇱 Chile signed."
    data = {**valid(), "text": text, "entities": [[3, 8, "GPE"]], "attribution": None}
    [(start, end, _)] = parse_record(data, SCHEMA).entities
    assert text[start:end] == "Chile"


def test_the_fingerprint_knows_records_and_not_their_order(records: list[Record]) -> None:
    assert fingerprint(records) == fingerprint(records[::-1])
    assert fingerprint(records) != fingerprint([replace(records[0], type="background"), *records[1:]])


def test_the_example_records_hold_every_label(records: list[Record], schema: Schema) -> None:
    assert {record.type for record in records} == set(schema.type_names)
    assert {label for record in records for *_, label in record.entities} == {label.id for label in schema.entities}
    assert {issue for record in records for issue in record.stances} == set(schema.issue_names)
    assert {polarity for record in records for polarity in record.stances.values()} == {label.id for label in schema.polarities}
