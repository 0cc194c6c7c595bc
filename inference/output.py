"""Where a run's results go: one file, or a folder of parts.

Invariant: a file stands under its name only when it is whole, until then it is `NAME.partial`; and whatever is cut off
by a kill, an output opened again at a commit holds exactly the rows up to that commit.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from ..errors import ConfigError, DocumentError
from .journal import Commit
from .result import Document, FailedDocument
from .rows import columns
from .writers import KNOWN, Part, open_part

JOURNAL = "_journal.jsonl"  # lies in every folder of parts


class Output:
    """Takes results one by one; `commit` says from where a run could go on."""

    def __init__(self, target: Path, level: str | None = None, shard_rows: int | None = None, start: Commit | None = None) -> None:
        """Open an output.

        Args:
            target: file, by its extension JSON lines, CSV or Parquet; with `shard_rows` the folder of the parts.
            level: "document", "sentence" or "claim"; by default documents for JSONL and claims for CSV and Parquet.
            shard_rows: a part ends at the first commit at which it has this many rows; None for one file.
            start: the commit to go on from.

        Raises:
            ConfigError: the extension is unknown, or the level needs nested rows.
            DocumentError: the folder does not exist.
        """
        self.kind, self.level = check_target(target, level, shard_rows)
        self._target, self._shard_rows = target, shard_rows
        self.at = start or Commit()
        if shard_rows:
            target.mkdir(exist_ok=True)
        self._remove_later_parts()
        self._is_open = True
        self._part = self._open()

    def write(self, document: Document | FailedDocument) -> None:
        rows = self._part.write(document)
        failed = isinstance(document, FailedDocument)
        self.at = replace(
            self.at,
            documents=self.at.documents + 1,
            rows=self.at.rows + rows,
            claims=self.at.claims + (0 if isinstance(document, FailedDocument) else len(document.claims)),
            failed=self.at.failed + failed,
            part_rows=self.at.part_rows + rows,
            columns=self._part.columns,
        )

    def commit(self) -> Commit | None:
        """Make what was written safe, and end the part if it is full; None where a part is only safe when it is whole."""
        if self._shard_rows and self.at.part_rows >= self._shard_rows:
            self._finish_part()
            self.at = replace(self.at, part=self.at.part + 1, part_rows=0, offset=0)
            self._part = self._open()
            return self.at
        offset = self._part.flush()
        if offset is None:
            return None
        self.at = replace(self.at, offset=offset)
        return self.at

    def finish(self) -> Commit:
        """End the last part."""
        self._is_open = False
        self._finish_part()
        return replace(self.at, part=self.at.part + 1, part_rows=0, offset=0, is_complete=True)

    def close(self) -> None:
        """Leave the output as it stands, to go on later; a finished one stays finished."""
        if self._is_open:
            self._is_open = False
            self._part.close()

    def _name(self, part: int) -> Path:
        return self._target / f"part-{part:05d}{self.kind}" if self._shard_rows else self._target

    def _partial(self, part: int) -> Path:
        name = self._name(part)
        return name.with_name("_" + name.name + ".partial" if self._shard_rows else name.name + ".partial")

    def _open(self) -> Part:
        partial = self._partial(self.at.part)
        if self.at.offset and not partial.exists() and self._name(self.at.part).exists():
            os.replace(self._name(self.at.part), partial)  # killed between the rename and the last line of the journal
        if self.at.offset and (not partial.exists() or partial.stat().st_size < self.at.offset):
            raise DocumentError(f"{partial}: shorter than the journal says; delete the journal to start again")
        return open_part(partial, self.kind, self.level, self.at.columns, self.at.offset)

    def _finish_part(self) -> None:
        self._part.close()
        os.replace(self._partial(self.at.part), self._name(self.at.part))

    def _remove_later_parts(self) -> None:
        if not self._shard_rows:
            return
        own = re.compile(rf"_?part-(\d{{5,}}){re.escape(self.kind)}(?:\.partial)?")
        for file in self._target.iterdir():
            part = own.fullmatch(file.name)
            if part and int(part[1]) >= self.at.part + (self.at.offset > 0):
                file.unlink()


def check_target(target: Path, level: str | None, shard_rows: int | None = None) -> tuple[str, str]:
    """Return the extension and the level of an output, or refuse it before anything is computed."""
    kind, chosen = check_level(str(target), level)
    if not target.parent.is_dir():
        raise DocumentError(f"{target}: the folder {target.parent} does not exist; make it first")
    if shard_rows and target.exists() and not _is_ours(target):
        raise DocumentError(f"{target}: exists and is no folder of an earlier run; name another")
    if not shard_rows and target.is_dir():
        raise DocumentError(f"{target}: is a folder; name a file, or add --shard-rows")
    return kind, chosen


def check_level(target: str, level: str | None) -> tuple[str, str]:
    """Return the extension of an output, and the level of its rows.

    Raises:
        ConfigError: the extension is unknown, or the level needs nested rows.

    >>> check_level("claims.parquet", None)
    ('.parquet', 'claim')
    """
    kind = Path(target).suffix.lower()
    if kind not in KNOWN:
        raise ConfigError(f"{target}: unknown output extension {Path(target).suffix!r}; known ones: {', '.join(KNOWN)}")
    chosen = level or ("document" if kind == ".jsonl" else "claim")
    if kind != ".jsonl":
        columns(chosen)
    return kind, chosen


def _is_ours(target: Path) -> bool:
    return target.is_dir() and ((target / JOURNAL).exists() or not any(target.iterdir()))
