"""Annotated records: a strict reader and a writer.

Invariant: a `Record` in memory satisfies the whole contract (labels known, offsets inside the text, spans trimmed, entities
flat), so nothing behind the reader has to check again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import RecordError, at
from ..models.schema import Schema

Pair = tuple[int, int]
KEYS = ("id", "source", "doc", "date", "context", "text", "type", "entities", "attribution", "stances")
STRINGS = ("id", "source", "doc", "date", "context", "text", "type")
FILLED = ("id", "doc", "text")  # an empty `doc` would make one document of many: intervals are computed over documents


@dataclass(frozen=True)
class Record:
    """One annotated sentence; offsets are code points into `text`, end exclusive.

    Attributes:
        publisher: where the text comes from (`source` in the file).
        entities: (start, end, label), sorted, without overlaps.
        source, cue: the attribution's spans, or None.
        stances: polarity by issue id.
    """

    id: str
    publisher: str
    doc: str
    date: str
    context: str
    text: str
    type: str
    entities: tuple[tuple[int, int, str], ...]
    source: Pair | None
    cue: Pair | None
    stances: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The record as one line of a file holds it."""
        attribution = {"source": list(self.source), "cue": list(self.cue) if self.cue else None} if self.source else None
        return {
            "id": self.id, "source": self.publisher, "doc": self.doc, "date": self.date, "context": self.context, "text": self.text,
            "type": self.type, "entities": [list(e) for e in self.entities], "attribution": attribution, "stances": dict(self.stances),
        }  # fmt: skip


def read_records(path: str | Path, schema: Schema) -> list[Record]:
    """Read a file of records (JSONL, also .gz).

    Raises:
        RecordError: at the first problem, with file, line and mend.
    """
    records = []
    for item in _items(Path(path), schema):
        if isinstance(item, RecordError):
            raise item
        records.append(item)
    return records


def iter_problems(path: str | Path, schema: Schema) -> Iterator[str]:
    """Yield every problem of a file, several a line if need be, as `file:line: what is wrong; the mend`."""
    return (str(item) for item in _items(Path(path), schema) if isinstance(item, RecordError))


def write_records(path: str | Path, records: Iterable[Record]) -> None:
    """Write records as JSONL (gzipped when the name ends in .gz)."""
    target = Path(path)
    with gzip.open(target, "wt", encoding="utf-8") if target.suffix == ".gz" else target.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record.to_dict(), ensure_ascii=False) + "\n")


def fingerprint(records: Iterable[Record]) -> str:
    """SHA-256 of records, whatever their order: tells whether two sets are the same.

    >>> fingerprint([])[:8]
    'e3b0c442'
    """
    lines = sorted(json.dumps(record.to_dict(), sort_keys=True) for record in records)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def parse_record(data: Mapping[str, Any], schema: Schema) -> Record:
    """Turn one line's object into a record.

    Raises:
        RecordError: saying what is wrong and how to mend it, without the place.

    >>> from communique.models.schema import load_schema
    >>> line = {"id": "1", "source": "wire", "doc": "a", "date": "2025-02-06", "context": "", "text": "Chile signed.",
    ...         "type": "commitment", "entities": [[0, 5, "GPE"]], "attribution": {"source": [0, 5], "cue": [6, 12]}, "stances": {}}
    >>> parse_record(line, load_schema()).cue
    (6, 12)
    """
    for problem in record_problems(data, schema):
        raise RecordError(problem)
    roles = data["attribution"] or {"source": None, "cue": None}
    source, cue = (tuple(roles[role]) if roles[role] else None for role in ("source", "cue"))
    entities = tuple(sorted((start, end, label) for start, end, label in data["entities"]))
    stances = {issue: data["stances"][issue] for issue in schema.issue_names if issue in data["stances"]}
    own = {key: data[key] for key in ("id", "doc", "date", "context", "text", "type")}
    return Record(publisher=data["source"], entities=entities, source=source, cue=cue, stances=stances, **own)


def record_problems(data: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """Yield all that is wrong with one line's object, each with its mend."""
    yield from (f"the key {key!r} is missing; a record has the keys {', '.join(KEYS)}" for key in KEYS if key not in data)
    yield from (f"unknown key {key!r}; a record has the keys {', '.join(KEYS)}" for key in data if key not in KEYS)
    yield from (problem for key in STRINGS if key in data for problem in _string_problems(key, data[key]))
    if isinstance(data.get("type"), str):
        yield from _unknown(data["type"], schema.type_names, "sentence type")
    if isinstance(data.get("text"), str):
        yield from _entity_problems(data.get("entities", []), data["text"], schema)
        yield from _attribution_problems(data.get("attribution"), data["text"])
    yield from _stance_problems(data.get("stances", {}), schema)


def _items(path: Path, schema: Schema) -> Iterator[Record | RecordError]:
    seen: dict[str, int] = {}
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield from _line_items(line, at(path, number), schema, seen, number)
    except FileNotFoundError:
        yield RecordError(f"{path}: no such file; check the path")
    except (OSError, EOFError, zlib.error) as error:
        yield RecordError(f"{path}: cannot be read ({error}); check that the file is whole and readable")


def _line_items(line: bytes, where: str, schema: Schema, seen: dict[str, int], number: int) -> Iterator[Record | RecordError]:
    try:
        data = _object(line)
    except RecordError as error:
        yield RecordError(f"{where}: {error}")
        return
    problems = list(record_problems(data, schema))
    if isinstance(data.get("id"), str) and seen.setdefault(data["id"], number) != number:
        problems.append(f"the id {data['id']!r} stands in line {seen[data['id']]} too; give every record its own id")
    yield from (RecordError(f"{where}: {problem}") for problem in problems)
    if not problems:
        yield parse_record(data, schema)


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=_unique_keys)
    except UnicodeDecodeError as error:
        raise RecordError(f"not UTF-8 text ({error.reason} at byte {error.start}); save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not valid JSON ({error}); write one object a line") from None
    if not isinstance(value, dict):
        raise RecordError(f"expected a JSON object, found {type(value).__name__}; write one object a line")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise RecordError(f"the key {twice!r} stands there twice; keep one")
    return found


def _string_problems(key: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{key!r} must be a string, found {value!r}; put it in quotes"
    elif key in FILLED and not value.strip():
        yield f"{key!r} is empty; fill it in, or leave the record out"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{key!r} holds half of a surrogate pair, which is no character; mend the escape"


def _unknown(name: Any, names: Sequence[str], what: str) -> Iterator[str]:
    if name not in names:
        yield f"unknown {what} {name!r}; known: {', '.join(names)}"


def _entity_problems(items: Any, text: str, schema: Schema) -> Iterator[str]:
    if not isinstance(items, list) or not all(isinstance(item, list) and len(item) == 3 for item in items):
        yield "'entities' is not a list of entities; write [[start, end, label], ...]"
        return
    whole = []
    for start, end, label in items:
        problems = [
            *_span_problems([start, end], text, "entity"),
            *_unknown(label, [known.id for known in schema.entities], "entity label"),
        ]
        yield from problems
        if not problems:
            whole.append((start, end, label))
    whole.sort()
    for left, right in pairwise(whole):
        if right[0] < left[1]:
            yield f"the entities {list(left)} and {list(right)} overlap; keep the longer one"


def _span_problems(span: Any, text: str, what: str) -> Iterator[str]:
    whole = isinstance(span, list) and len(span) == 2 and all(type(n) is int for n in span)  # `True` is an int too, but no offset
    if not whole or not 0 <= span[0] < span[1] <= len(text):
        yield f"{what} {span!r} is not a span of the text (0 to {len(text)}); write [start, end] in code points, end exclusive"
        return
    part = text[span[0] : span[1]]
    if part != part.strip():
        yield f"{what} {span!r} is {part!r}, which begins or ends with white space; trim the span"


def _attribution_problems(value: Any, text: str) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, dict) or set(value) != {"source", "cue"}:
        yield '\'attribution\' has another form; write null or {"source": [start, end], "cue": [start, end] or null}'
        return
    if value["source"] is None:
        yield "'attribution' has no source, and a cue alone marks nobody; write null for the whole attribution"
    else:
        yield from _span_problems(value["source"], text, "source")
    if value["cue"] is not None:
        yield from _span_problems(value["cue"], text, "cue")


def _stance_problems(value: Any, schema: Schema) -> Iterator[str]:
    if not isinstance(value, dict):
        yield '\'stances\' is not an object; write {"issue": "polarity", ...}'
        return
    for issue, polarity in value.items():
        yield from _unknown(issue, schema.issue_names, "issue")
        yield from _unknown(polarity, [label.id for label in schema.polarities], f"polarity of {issue!r}")
