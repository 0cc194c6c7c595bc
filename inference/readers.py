"""From files to input documents, streaming.

Invariant: what cannot run at all (no such file, unknown extension, missing column) raises before anything is read; what is wrong
with one document becomes a document with an `error`, in its place.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from ..errors import DocumentError, at
from .bytes_text import decode_bytes
from .documents import InputDocument, document_from_row
from .files import ROWS, STANDARD_INPUT, WHOLE, InputFile, file_kind, find_files
from .html_text import html_to_text
from .markdown_text import markdown_to_text

BATCH_ROWS = 256  # rows of a Parquet batch: few enough that long articles stay small in memory


def read_documents(
    paths: Sequence[str | Path], text_column: str = "text", id_column: str = "id", stdin: IO[bytes] | None = None
) -> Iterator[InputDocument]:
    """Yield the documents of files, globs, folders and standard input (`-`), in order.

    Raises:
        DocumentError: a path does not exist, has an unknown extension, or lacks the text column.
    """
    files = find_files(paths)
    for file in files:
        if file.error is None:
            _check_columns(file, text_column)
    return (document for file in files for document in _read(file, text_column, id_column, stdin))


def count_documents(paths: Sequence[str | Path]) -> int | None:
    """How many documents the paths hold, or None where only reading them would tell."""
    counts = [_count(file) for file in find_files(paths)]
    return None if None in counts else sum(count for count in counts if count is not None)


def _count(file: InputFile) -> int | None:
    if file.error is not None or file.kind in WHOLE:
        return 1
    if file.kind == ".parquet":
        from pyarrow.parquet import read_metadata

        return int(read_metadata(file.path).num_rows)
    if file.kind in (".jsonl", ".ndjson"):
        with file.path.open("rb") as lines:
            return sum(1 for line in lines if line.strip())
    return None


def _read(file: InputFile, text_column: str, id_column: str, stdin: IO[bytes] | None) -> Iterator[InputDocument]:
    path = file.path
    if file.error is not None:
        yield InputDocument(path.name, "", error=file.error)
    elif str(path) == STANDARD_INPUT:
        yield _whole("standard input", (stdin or sys.stdin.buffer).read(), PARSERS[".txt"])
    elif file.kind in WHOLE:
        yield _whole(str(path), path.read_bytes(), PARSERS[file.kind])
    else:
        for line, row in ROW_READERS[file.kind](path):
            name = f"{path.name.split('.')[0]}-{line}"
            if isinstance(row, str):
                yield InputDocument(name, "", error=row)
            else:
                yield document_from_row({**file.partition, **row}, at(path, line), name, text_column, id_column)


# One document a file


def _whole(name: str, data: bytes, parse: Callable[[str], InputDocument]) -> InputDocument:
    identity = name if name == "standard input" else Path(name).name
    try:
        text = decode_bytes(data, name)
    except DocumentError as error:
        return InputDocument(identity, "", error=str(error))
    if not text:
        return InputDocument(identity, "", error=f"{name}: is empty; give it some text")
    return replace(parse(text), id=identity)


def _plain(text: str) -> InputDocument:
    return InputDocument("", text)


def _markdown(source: str) -> InputDocument:
    text, fields = markdown_to_text(source)
    return document_from_row({**fields, "id": None, "text": text or " "}, "", "")


def _html(source: str) -> InputDocument:
    page = html_to_text(source)
    return InputDocument("", page.text, date=page.date, title=page.title)


PARSERS: Mapping[str, Callable[[str], InputDocument]] = {
    ".txt": _plain, ".md": _markdown, ".markdown": _markdown, ".html": _html, ".htm": _html,
}  # fmt: skip

# One document a row: pairs of a line and either the row or what is wrong with it

Rows = Iterator[tuple[int, Mapping[str, Any] | str]]


def _json_lines(file: Path) -> Rows:
    number = 0
    try:
        with _unpacked(file) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _json_row(line, at(file, number))
    except (EOFError, zlib.error, OSError) as error:  # what stood in front of the damage has been read
        yield number + 1, f"{at(file, number + 1)}: cannot be read on ({error}); check that the file is whole"


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
    csv.field_size_limit(sys.maxsize)
    with file.open("rb") as raw:
        lines = _text_lines(raw, file)
        reader = csv.reader(lines, delimiter="\t" if file_kind(file) == ".tsv" else ",")
        header: list[str] = []
        while True:
            number = reader.line_num + 1
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


def _text_lines(raw: Iterable[bytes], file: Path) -> Iterator[str]:
    return _Lines(raw, file)


class _Lines(Iterator[str]):
    """Decoded lines; a generator would end at the first broken one."""

    def __init__(self, raw: Iterable[bytes], file: Path) -> None:
        self._raw, self._file, self._number = iter(raw), file, 0

    def __next__(self) -> str:
        line = next(self._raw)
        self._number += 1
        return decode_bytes(line, at(self._file, self._number))


def _csv_row(header: Sequence[str], fields: Sequence[str], place: str) -> Mapping[str, Any] | str:
    if len(fields) != len(header):
        return f"{place}: {len(fields)} fields instead of {len(header)}; quote texts that hold the delimiter"
    return dict(zip(header, fields, strict=True))


def _parquet(file: Path) -> Rows:
    from pyarrow.parquet import ParquetFile

    number = 0
    with ParquetFile(file) as table:
        for batch in table.iter_batches(batch_size=BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield number, row


_READERS: Mapping[str, Callable[[Path], Rows]] = {".csv": _delimited, ".tsv": _delimited, ".parquet": _parquet}
ROW_READERS = {kind: _READERS.get(kind, _json_lines) for kind in ROWS}


def _check_columns(file: InputFile, text_column: str) -> None:
    if file.kind not in _READERS:
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
    with file.open("rb") as raw:
        return next(csv.reader(_text_lines(raw, file), delimiter="\t" if file_kind(file) == ".tsv" else ","), [])


def _parquet_columns(file: Path) -> list[str]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_schema

    try:
        return list(read_schema(file).names)
    except (ArrowInvalid, OSError) as error:
        raise DocumentError(f"{file}: not a readable Parquet file ({error}); write it again") from None
