"""From tables to rows: JSON lines (also packed), CSV and Parquet, streaming.

Invariant: what is wrong with one row, or with the rest of a damaged file, becomes a message in its place; nothing is skipped in silence.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ..errors import DocumentError, at
from .bytes_text import decode_bytes
from .files import DOCUMENT_BYTES, ROWS, InputFile, file_kind

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS = 256  # rows of a Parquet batch: few enough that long articles stay small in memory

_FOREIGN = re.compile(r"extension<(?!arrow\.)")  # Arrow's own extension types are plain data

Rows = Iterator[tuple[int, Mapping[str, Any] | str]]  # line, and either the row or what is wrong with it


def read_rows(file: InputFile) -> Rows:
    """Yield the rows of a file of rows, each with its line."""
    number = 0
    try:
        for number, row in _READERS[file.kind](file.path):
            yield number, row
    except (EOFError, zlib.error, OSError, ValueError) as error:  # pyarrow's own are ValueError and OSError; earlier rows have been read
        yield number + 1, f"{at(file.path, number + 1)}: cannot be read on ({error}); check that the file is whole and readable"


def _json_lines(file: Path) -> Rows:
    with _unpacked(file) as lines:
        for number, line in enumerate(bounded(lines), 1):
            if line is None:
                yield number, _too_long(file, number)
            elif line.strip():
                yield number, _json_row(line, at(file, number))


def _too_long(file: Path, number: int) -> str:
    return f"{at(file, number)}: more than {DOCUMENT_BYTES:,} bytes in one line; split the document"


def bounded(lines: IO[bytes]) -> Iterator[bytes | None]:
    """Lines, with None for one that is too long to hold: a small packed file can unpack to a line of many gigabytes."""
    while line := lines.readline(DOCUMENT_BYTES + 1):
        whole = len(line) <= DOCUMENT_BYTES or line.endswith(b"\n")
        yield line if whole else None
        while not whole:
            rest = lines.readline(DOCUMENT_BYTES)
            whole = len(rest) < DOCUMENT_BYTES or rest.endswith(b"\n")


def _unpacked(file: Path) -> IO[bytes]:
    if file.suffix.lower() == ".zst":
        import pyarrow

        return io.BufferedReader(cast(io.RawIOBase, pyarrow.CompressedInputStream(str(file), "zstd")))
    return gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb")  # type: ignore[return-value]


def _json_row(line: bytes, place: str) -> Mapping[str, Any] | str:
    try:
        row = json.loads(decode_bytes(line, place))
    except DocumentError as error:
        return str(error)
    except (ValueError, RecursionError) as error:
        return f"{place}: not valid JSON ({error}); write one object a line"
    return row if isinstance(row, dict) else f"{place}: {type(row).__name__} instead of an object; write one object a line"


def _delimited(file: Path) -> Rows:
    csv.field_size_limit(DOCUMENT_BYTES)
    with file.open("rb") as raw:
        lines = _Lines(raw, file)
        reader = csv.reader(lines, delimiter="\t" if file_kind(file) == ".tsv" else ",")
        header: list[str] = []
        while True:
            number = lines.number + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except (csv.Error, DocumentError) as error:
                yield number, str(error) if isinstance(error, DocumentError) else f"{at(file, number)}: {error}; mend the row"
                continue
            if not header:
                header = fields
            elif fields:
                yield number, _csv_row(header, fields, at(file, number))


class _Lines(Iterator[str]):
    """Decoded lines; a generator would end at the first broken one."""

    def __init__(self, raw: IO[bytes], file: Path) -> None:
        self._raw, self._file, self.number = bounded(raw), file, 0

    def __next__(self) -> str:
        line = next(self._raw)
        self.number += 1
        if line is None:
            raise DocumentError(_too_long(self._file, self.number))
        return decode_bytes(line, at(self._file, self.number))


def _csv_row(header: Sequence[str], fields: Sequence[str], place: str) -> Mapping[str, Any] | str:
    if len(fields) != len(header):
        return f"{place}: {len(fields)} fields instead of {len(header)}; quote texts that hold the delimiter"
    return dict(zip(header, fields, strict=True))


def _parquet(file: Path) -> Rows:
    from pyarrow.parquet import ParquetFile

    number = 0
    with ParquetFile(file) as table:
        _refuse_pickles(table.schema_arrow)
        for batch in table.iter_batches(batch_size=BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield number, row


def _refuse_pickles(schema: pyarrow.Schema) -> None:
    # Where Ray is loaded, its columns of Python objects unpickle themselves, and a pickle can run code.
    for field in schema:
        if _FOREIGN.search(str(field.type)):  # nested types name theirs too
            raise ValueError(f"column {field.name!r} holds {field.type}, which may run code when it is read; write it as text")


_WITH_HEADER: Mapping[str, Callable[[Path], Rows]] = {".csv": _delimited, ".tsv": _delimited, ".parquet": _parquet}
_READERS = {kind: _WITH_HEADER.get(kind, _json_lines) for kind in ROWS}


def check_columns(file: InputFile, text_column: str) -> None:
    """Refuse a file whose header lacks the text column.

    Raises:
        DocumentError: naming file, line and mend.
    """
    if file.kind not in _WITH_HEADER:
        return
    columns = _parquet_columns(file.path) if file.kind == ".parquet" else _header(file.path)
    if not columns:
        raise DocumentError(f"{file.path}: is empty; the first line must name the columns")
    if text_column not in columns:
        raise DocumentError(
            f"{at(file.path, 1)}: no column {text_column!r} (columns: {', '.join(columns)}); name the right one with --text-column"
        )
    if twice := {name for name in columns if columns.count(name) > 1}:
        raise DocumentError(f"{at(file.path, 1)}: two columns are called {min(twice)!r}; rename one")


def _header(file: Path) -> list[str]:
    csv.field_size_limit(DOCUMENT_BYTES)
    try:
        with file.open("rb") as raw:
            return next(csv.reader(_Lines(raw, file), delimiter="\t" if file_kind(file) == ".tsv" else ","), [])
    except (csv.Error, OSError) as error:
        raise DocumentError(f"{at(file, 1)}: the header cannot be read ({error}); mend the first line") from None


def _parquet_columns(file: Path) -> list[str]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_schema

    try:
        return list(read_schema(file).names)
    except (ArrowInvalid, OSError) as error:
        raise DocumentError(f"{file}: not a readable Parquet file ({error}); write it again") from None
