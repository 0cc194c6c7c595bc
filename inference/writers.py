"""From results to files: JSONL, CSV, Parquet.

Invariant: a file appears under its name only when it is complete; until then it is `NAME.partial`.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from ..errors import ConfigError, DocumentError
from .result import Document, FailedDocument
from .rows import columns, document_rows

if TYPE_CHECKING:
    import pyarrow

KNOWN = (".jsonl", ".csv", ".parquet")
ROWS = 5_000  # rows of a Parquet row group
EXTRA = "input_columns"  # holds, as JSON, input columns that CSV and Parquet rows meet after the first document
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBERS = {"start": "int64", "end": "int64", "score": "float64"}


class Writer(Protocol):
    """Takes results one by one."""

    def write(self, document: Document | FailedDocument) -> None: ...


@contextmanager
def open_writer(target: Path, level: str | None = None) -> Iterator[Writer]:
    """Open a file for results; by its extension JSON lines, CSV or Parquet.

    Args:
        level: "document", "sentence" or "claim"; by default documents for JSONL and claims for CSV and Parquet.

    Raises:
        ConfigError: the extension is unknown, or the level needs nested rows.
        DocumentError: the folder does not exist.
    """
    kind = target.suffix.lower()
    if kind not in KNOWN:
        raise ConfigError(f"{target}: unknown output extension {target.suffix!r}; known ones: {', '.join(KNOWN)}")
    if not target.parent.is_dir():
        raise DocumentError(f"{target}: the folder {target.parent} does not exist; make it first")
    chosen = level or ("document" if kind == ".jsonl" else "claim")
    if kind != ".jsonl":
        columns(chosen)  # refuse before anything is computed
    partial = target.with_name(target.name + ".partial")
    try:
        with _OPENERS[kind](partial, chosen) as writer:
            yield writer
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def write_line(file: IO[str], document: Document | FailedDocument, level: str) -> None:
    """Write one result as JSON lines: one object for level "document", else one a row."""
    rows: Iterable[Mapping[str, Any]] = [document.to_dict()] if level == "document" else document_rows(document, level)
    for row in rows:
        line = json.dumps(row, ensure_ascii=False, default=str)
        file.write((json.dumps(row, default=str) if _LONE_SURROGATE.search(line) else line) + "\n")


class _JsonWriter:
    def __init__(self, file: IO[str], level: str) -> None:
        self._file, self._level = file, level

    def write(self, document: Document | FailedDocument) -> None:
        write_line(self._file, document, self._level)


@contextmanager
def _open_json(path: Path, level: str) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8") as file:
        yield _JsonWriter(file, level)


class _FlatRows:
    """Rows with the columns of their level, those of the first document, and one JSON column for any that come later."""

    def __init__(self, level: str) -> None:
        self._level = level
        self.names: tuple[str, ...] = ()

    def add(self, document: Document | FailedDocument) -> list[dict[str, Any]]:
        rows = document_rows(document, self._level)
        if rows and not self.names:
            known = columns(self._level)
            self.names = (*known, *(name for name in rows[0] if name not in known), EXTRA)
        return [self._fitted(row) for row in rows]

    def finished(self) -> tuple[str, ...]:
        return self.names or (*columns(self._level), EXTRA)

    def _fitted(self, row: Mapping[str, Any]) -> dict[str, Any]:
        late = {name: value for name, value in row.items() if name not in self.names}
        plain = {name: _plain(row.get(name)) for name in self.names}
        return {**plain, EXTRA: json.dumps(late, default=str) if late else None}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return json.dumps(value, ensure_ascii=True, default=str) if isinstance(value, (dict, list, tuple)) else str(value)


class _CsvWriter:
    def __init__(self, file: IO[str], level: str) -> None:
        self._writer, self._rows, self._has_header = csv.writer(file), _FlatRows(level), False

    def write(self, document: Document | FailedDocument) -> None:
        for row in self._rows.add(document):
            self.write_header()
            self._writer.writerow(row.values())

    def write_header(self) -> None:
        if not self._has_header:
            self._writer.writerow(self._rows.finished())
            self._has_header = True


@contextmanager
def _open_csv(path: Path, level: str) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = _CsvWriter(file, level)
        yield writer
        writer.write_header()


class _ParquetWriter:
    def __init__(self, path: Path, level: str) -> None:
        self._path, self._rows, self._waiting = path, _FlatRows(level), list[dict[str, Any]]()
        self._file: Any = None

    def write(self, document: Document | FailedDocument) -> None:
        self._waiting += self._rows.add(document)
        if len(self._waiting) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow
        import pyarrow.parquet

        # The input's own columns are text: their type could change from one document to the next.
        schema = pyarrow.schema([(name, getattr(pyarrow, _NUMBERS.get(name, "string"))()) for name in self._rows.finished()])
        if self._file is None:
            self._file = pyarrow.parquet.ParquetWriter(self._path, schema)
        self._file.write_table(pyarrow.Table.from_pylist([_as_text(row, schema) for row in self._waiting], schema))
        self._waiting = []

    def close(self) -> None:
        if self._waiting or self._file is None:
            self._flush()
        self._file.close()


def _as_text(row: Mapping[str, Any], schema: pyarrow.Schema) -> dict[str, Any]:
    kept = {name: value is None or name in _NUMBERS or isinstance(value, str) for name, value in row.items()}
    return {name: value if kept[name] else json.dumps(value) for name, value in row.items()}


@contextmanager
def _open_parquet(path: Path, level: str) -> Iterator[Writer]:
    writer = _ParquetWriter(path, level)
    yield writer
    writer.close()


_OPENERS = {".jsonl": _open_json, ".csv": _open_csv, ".parquet": _open_parquet}
