"""Labels without their text: what the project can share of sentences that belong to their publishers.

A row names its sentence by the SHA-256 of the text; whoever has the text joins the two into records again.

Invariant: a row without its text says nothing that the text says, and a join never pairs labels with another text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import RecordError, at
from ..models.schema import Schema
from .corpus import Record, parse_record

LABELS = ("type", "entities", "attribution", "stances")
KEY = "text_sha256"


def text_sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hexadecimal.

    >>> text_sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def detach(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield each record as `id`, `text_sha256` and labels."""
    for record in records:
        data = record.to_dict()
        yield {"id": data["id"], KEY: text_sha256(record.text), **{key: data[key] for key in LABELS}}


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSONL (gzipped when the name ends in .gz); returns how many."""
    lines = [json.dumps(row) + "\n" for row in rows]
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return len(lines)


def attach(labels: Path, texts: Iterable[Path], schema: Schema) -> Iterator[Record]:
    """Yield the records whose text is found, in the order of the texts.

    Args:
        labels: file of rows as `detach` gives them (JSONL, also .gz).
        texts: files as `read_texts` reads them.

    Raises:
        RecordError: a line is no such row, naming file, line and mend.
    """
    missing = {row[KEY]: row for row in _rows(labels, ("id", KEY, *LABELS))}
    for path in texts:
        for number, row in enumerate(read_texts(path), 1):
            own = missing.pop(text_sha256(row["text"]), None)
            if own is None:
                continue
            place = {key: row[key] for key in ("source", "doc", "date", "context", "text")}
            try:
                yield parse_record({"id": own["id"], **place, **{key: own[key] for key in LABELS}}, schema)
            except RecordError as error:
                raise RecordError(f"{at(path, number)}: {error}") from None


def read_texts(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield objects with `source`, `doc`, `date`, `context` and `text` from a file (JSONL, also .gz).

    Raises:
        RecordError: a line is no such object, naming file, line and mend.
    """
    for number, row in enumerate(_rows(path, ("source", "doc", "date", "context", "text")), 1):
        for key in ("context", "text"):
            if not isinstance(row[key], str):
                raise RecordError(f'{at(path, number)}: {key!r} is {type(row[key]).__name__} instead of a string; write "" for none')
        yield row


def _rows(path: Path, keys: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise RecordError(f"{path}: no such file; check the path")
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise RecordError(f"{at(path, number)}: not valid JSON ({error}); write one object a line") from None
            if lacking := [key for key in keys if not isinstance(row, dict) or key not in row]:
                raise RecordError(f"{at(path, number)}: the key {lacking[0]!r} is missing; every line has the keys {', '.join(keys)}")
            yield row
