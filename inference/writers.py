"""From results to files: JSONL, CSV, Parquet.

Invariant: what `flush` has said is written stays as it is; a part that goes on writes the columns that it began with.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from .result import Document, FailedDocument
from .rows import carried_columns, columns, document_rows

if TYPE_CHECKING:
    import pyarrow

KNOWN = (".jsonl", ".csv", ".parquet")
GROUP_ROWS = 5_000  # rows of a Parquet row group
EXTRA = "input_columns"  # holds, as JSON, input columns that CSV and Parquet rows meet after the first document
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBERS = {"start": "int64", "end": "int64", "score": "float64"}


class Part(Protocol):
    """One file of results, open for writing."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of every row; none for JSON lines."""

    def write(self, document: Document | FailedDocument) -> int:
        """Write a result; returns its number of rows."""

    def flush(self) -> int | None:
        """Bring all rows to the disk; returns the bytes that are safe now, or None where only closing makes them so."""

    def close(self) -> None:
        """Finish the file."""


def open_part(path: Path, kind: str, level: str, known: Sequence[str] = (), offset: int = 0) -> Part:
    """Open one file.

    Args:
        kind: ".jsonl", ".csv" or ".parquet".
        level: "document" (JSONL alone), "sentence" or "claim".
        known: the columns of CSV and Parquet rows, see `FlatRows`.
        offset: how many bytes of an earlier run to keep; the rest is cut off.
    """
    if kind == ".parquet":
        return _ParquetPart(path, level, known)
    file = path.open("r+" if offset else "w", encoding="utf-8", newline="")
    if offset:
        file.truncate(offset)
        file.seek(offset)
    return _JsonPart(file, level) if kind == ".jsonl" else _CsvPart(file, level, known, has_header=offset > 0)


def write_line(file: IO[str], document: Document | FailedDocument, level: str) -> int:
    """Write one result as JSON lines, one object for level "document", else one a row; returns how many."""
    rows: Sequence[Mapping[str, Any]] = [document.to_dict()] if level == "document" else document_rows(document, level)
    for row in rows:
        line = json.dumps(row, ensure_ascii=False, default=str)
        file.write((json.dumps(row, default=str) if _LONE_SURROGATE.search(line) else line) + "\n")
    return len(rows)


class _JsonPart:
    columns: tuple[str, ...] = ()

    def __init__(self, file: IO[str], level: str) -> None:
        self._file, self._level = file, level

    def write(self, document: Document | FailedDocument) -> int:
        return write_line(self._file, document, self._level)

    def flush(self) -> int:
        return _synced(self._file)

    def close(self) -> None:
        _synced(self._file)
        self._file.close()


def _synced(file: IO[str]) -> int:
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno()).st_size


def flat_columns(level: str, carried: Iterable[str]) -> tuple[str, ...]:
    """The columns of CSV and Parquet rows: those of their level, the input's own, and one for any that come later.

    Args:
        carried: columns that travel through, by the names that the input gives them.

    Raises:
        ConfigError: see `columns`.
    """
    known = columns(level)
    return (*known, *(name for name in carried_columns(dict.fromkeys(carried), known) if name != EXTRA), EXTRA)


class FlatRows:
    """Results as rows of the same columns; what fits none of them goes, as JSON, into the last."""

    def __init__(self, level: str, names: Sequence[str] = ()) -> None:
        """Args:
        names: as `flat_columns` gives them; those of the level alone by default.
        """
        self._level = level
        self.names = tuple(names) or flat_columns(level, ())

    def of(self, document: Document | FailedDocument) -> list[dict[str, Any]]:
        return [self._fitted(row) for row in document_rows(document, self._level)]

    def _fitted(self, row: Mapping[str, Any]) -> dict[str, Any]:
        late = {name: value for name, value in row.items() if name not in self.names or name == EXTRA}
        plain = {name: _plain(row.get(name)) for name in self.names}
        return {**plain, EXTRA: json.dumps(late, default=str) if late else None}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return json.dumps(value, ensure_ascii=True, default=str) if isinstance(value, (dict, list, tuple)) else str(value)


class _CsvPart:
    def __init__(self, file: IO[str], level: str, known: Sequence[str], has_header: bool) -> None:
        self._file, self._writer, self._rows, self._has_header = file, csv.writer(file), FlatRows(level, known), has_header

    @property
    def columns(self) -> tuple[str, ...]:
        return self._rows.names

    def write(self, document: Document | FailedDocument) -> int:
        rows = self._rows.of(document)
        if rows:
            self._write_header()
        self._writer.writerows(row.values() for row in rows)
        return len(rows)

    def _write_header(self) -> None:
        if not self._has_header:
            self._writer.writerow(self._rows.names)
            self._has_header = True

    def flush(self) -> int:
        return _synced(self._file)

    def close(self) -> None:
        self._write_header()
        _synced(self._file)
        self._file.close()


class _ParquetPart:
    def __init__(self, path: Path, level: str, known: Sequence[str]) -> None:
        self._path, self._rows, self._waiting = path, FlatRows(level, known), list[dict[str, Any]]()
        self._file: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        return self._rows.names

    def write(self, document: Document | FailedDocument) -> int:
        rows = self._rows.of(document)
        self._waiting += rows
        while len(self._waiting) >= GROUP_ROWS:
            self._write_group(GROUP_ROWS)
        return len(rows)

    def _write_group(self, size: int) -> None:
        from pyarrow.parquet import ParquetWriter

        table = arrow_table(self._waiting[:size], self._rows.names)
        if self._file is None:
            self._file = ParquetWriter(self._path, table.schema)
        self._file.write_table(table)
        self._waiting = self._waiting[size:]

    def flush(self) -> None:
        """Nothing is safe before the footer stands."""

    def close(self) -> None:
        if self._waiting or self._file is None:
            self._write_group(GROUP_ROWS)
        self._file.close()
        with self._path.open("r+b") as file:
            os.fsync(file.fileno())


def arrow_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pyarrow.Table:
    """Rows as a table; the input's own columns are text, since their type could change from one document to the next."""
    import pyarrow

    schema = pyarrow.schema([(name, getattr(pyarrow, _NUMBERS.get(name, "string"))()) for name in names])
    return pyarrow.Table.from_pylist([_as_text(row) for row in rows], schema)


def _as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value is None or name in _NUMBERS or isinstance(value, str) for name, value in row.items()}
    return {name: value if kept[name] else json.dumps(value) for name, value in row.items()}
