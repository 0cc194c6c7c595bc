"""The exceptions of communique: one family, and every message says what was wrong, where, and how to mend it."""

from __future__ import annotations

from pathlib import Path


class CommuniqueError(Exception):
    """Root of all errors that communique raises on purpose."""


class ConfigError(CommuniqueError):
    """A configuration file (schema, issues, recipe) does not say what it must."""


class RecordError(CommuniqueError):
    """A file of annotated records breaks the record contract."""


class DocumentError(CommuniqueError):
    """An input document cannot be read."""


class FailedDocumentError(DocumentError):
    """One document of many failed, and the user asked to stop at the first."""


class ModelError(CommuniqueError):
    """A model folder is missing, damaged or does not fit the request."""


class MissingExtraError(CommuniqueError):
    """Something was asked for whose optional dependencies are not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} needs packages that are not installed; run: pip install "communique[{extra}]"')


def at(path: str | Path, line: int | None = None) -> str:
    """Name a place in a file the way compilers do, so that editors can jump to it.

    >>> at("records.jsonl", 3)
    'records.jsonl:3'
    """
    return f"{path}:{line}" if line is not None else str(path)
