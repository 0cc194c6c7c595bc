"""One input document, and how a row of a table becomes one.

Invariant: a bad row never raises: it becomes an `InputDocument` with an `error`, so that no row of a batch is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = ("id", "text", "date", "title", "speaker", "author")  # columns that mean something; all others only travel through


@dataclass(frozen=True)
class InputDocument:
    """A text to analyse.

    Attributes:
        date: when it was published, as given; claims carry it.
        speaker: who "we" and "I" are, where the text is a speech or statement; its role and country may be part of it.
        extra: columns that travel through untouched.
        error: why the document could not be read; None when it could.

    >>> InputDocument("a", "Text.", title="Talks").carried
    {'title': 'Talks'}
    """

    id: str
    text: str
    date: str = ""
    title: str = ""
    speaker: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def carried(self) -> dict[str, Any]:
        """What the output repeats of the input: title, date and speaker where given, and all further columns."""
        own = {"title": self.title, "date": self.date, "speaker": self.speaker}
        return {**{name: value for name, value in own.items() if value}, **self.extra}


def document_from_row(
    row: Mapping[str, Any], place: str, default_id: str, text_column: str = "text", id_column: str = "id"
) -> InputDocument:
    """Turn one row of a JSONL, CSV or Parquet file into a document.

    Args:
        place: file and line, for messages.
        default_id: stands in where the row has no id.

    >>> document_from_row({"text": None, "desk": "asia"}, "a.jsonl:3", "a-3").error
    "a.jsonl:3: column 'text' is empty; give every row a text"
    """
    identity = row.get(id_column)
    name = str(identity) if identity not in (None, "") else default_id
    used = {text_column, id_column, *(column for column in FIELDS if column not in ("id", "text"))}
    extra = {str(key): value for key, value in row.items() if key not in used}
    facts = {key: str(row[key]) for key in ("date", "title") if row.get(key) is not None}
    speaker = next((str(row[key]) for key in ("speaker", "author") if row.get(key)), "")
    text, error = _text(row, place, text_column)
    return InputDocument(name, text, facts.get("date", ""), facts.get("title", ""), speaker, extra, error)


def _text(row: Mapping[str, Any], place: str, column: str) -> tuple[str, str | None]:
    if column not in row:
        there = ", ".join(repr(str(key)) for key in row) or "none"
        return "", f"{place}: no column {column!r} (columns: {there}); name the right one with --text-column"
    text = row[column]
    if text is None or text == "":
        return "", f"{place}: column {column!r} is empty; give every row a text"
    if not isinstance(text, str):
        return "", f"{place}: column {column!r} holds {type(text).__name__}, not text; give every row a string"
    return text, None
