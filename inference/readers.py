"""From files to input documents, streaming.

Invariant: what cannot run at all (no such file, unknown extension, missing column) raises before anything is read; what is wrong
with one document becomes a document with an `error`, in its place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from ..errors import DocumentError, at
from .bytes_text import decode_bytes
from .documents import InputDocument, document_from_row
from .files import DOCUMENT_BYTES, STANDARD_INPUT, WHOLE, InputFile, find_files
from .html_text import html_to_text
from .markdown_text import markdown_to_text
from .row_files import bounded, check_columns, read_rows

COUNTED_BYTES = 1 << 30  # larger files are not read twice only to show how much is left


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
            check_columns(file, text_column)
    return (document for file in files for document in read_file(file, text_column, id_column, stdin))


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
    if file.kind in (".jsonl", ".ndjson") and file.path.stat().st_size < COUNTED_BYTES:
        with file.path.open("rb") as lines:
            return sum(1 for line in bounded(lines) if line is None or line.strip())
    return None


def read_file(file: InputFile, text_column: str = "text", id_column: str = "id", stdin: IO[bytes] | None = None) -> Iterator[InputDocument]:
    """Yield the documents of one file."""
    if file.error is not None:
        yield InputDocument(file.name, "", error=file.error)
    elif str(file.path) == STANDARD_INPUT:
        yield _whole(file, lambda: _read_at_most(stdin or sys.stdin.buffer, file.name), PARSERS[".txt"])
    elif file.kind in WHOLE:
        yield _whole(file, lambda: _read_file(file.path), PARSERS[file.kind])
    else:
        for line, row in read_rows(file):
            name = f"{file.name.removesuffix(file.kind)}-{line}"
            if isinstance(row, str):
                yield InputDocument(name, "", error=row)
            else:
                yield document_from_row({**file.partition, **row}, at(file.path, line), name, text_column, id_column)


# One document a file


def _whole(file: InputFile, read: Callable[[], bytes], parse: Callable[[str], InputDocument]) -> InputDocument:
    place = file.name if str(file.path) == STANDARD_INPUT else str(file.path)
    try:
        text = decode_bytes(read(), place)
        document = parse(text)
    except DocumentError as error:
        return InputDocument(file.name, "", error=str(error))
    except OSError as error:
        return InputDocument(file.name, "", error=f"{place}: cannot be read ({error.strerror}); check its permissions")
    except Exception as error:  # the parsers of HTML and Markdown promise nothing about broken pages
        return InputDocument(file.name, "", error=f"{place}: cannot be parsed ({type(error).__name__}: {error}); save it as plain text")
    if not text:
        return InputDocument(file.name, "", error=f"{place}: is empty; give it some text")
    return replace(document, id=file.name, extra={**file.partition, **document.extra})


def _read_file(path: Path) -> bytes:
    with path.open("rb") as stream:
        return _read_at_most(stream, str(path))


def _read_at_most(stream: IO[bytes], place: str) -> bytes:
    content = stream.read(DOCUMENT_BYTES + 1)
    if len(content) > DOCUMENT_BYTES:
        raise DocumentError(f"{place}: more than {DOCUMENT_BYTES:,} bytes in one document; split it")
    return content


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
