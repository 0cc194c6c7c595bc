"""The journal of a run: how far its output is safe, so that a killed run goes on without losing or doubling a row.

Invariant: a commit is written only after the output it speaks of is on the disk; a torn last line was never a commit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from ..errors import ConfigError

FORMAT = 1


@dataclass(frozen=True)
class Commit:
    """A point from which a run can go on.

    Attributes:
        documents, rows, claims, failed: counts so far; `documents` input documents need no second look.
        part: number of the output file that is being written.
        part_rows: rows in that file.
        offset: bytes of that file that are safe.
        columns: columns of CSV and Parquet rows, which the beginning of the input decides.
        is_complete: nothing is left to do.
    """

    documents: int = 0
    rows: int = 0
    claims: int = 0
    failed: int = 0
    part: int = 0
    part_rows: int = 0
    offset: int = 0
    columns: tuple[str, ...] = ()
    is_complete: bool = False


class Journal:
    """An open journal file: a line with the run's fingerprint, then a line a commit."""

    def __init__(self, path: Path, fingerprint: Mapping[str, Any], resume: bool) -> None:
        """Begin a journal, or go on with one.

        Args:
            fingerprint: what must be the same for the run to go on, by name.
            resume: go on from the last commit, if there is a journal.

        Raises:
            ConfigError: an interrupted run is there and `resume` is false, or its fingerprint is another.
        """
        self.path = path
        known = _read(path)
        if known and not resume and not known[1].is_complete:
            raise ConfigError(f"{path}: an interrupted run is there; go on with --resume, or delete this file to start again")
        self.last = Commit()
        if known and resume:
            _check(path, known[0], fingerprint)
            self.last = known[1]
        self._file = self._begin(fingerprint)

    def _begin(self, fingerprint: Mapping[str, Any]) -> IO[str]:
        # Rewritten whole: this heals a torn last line.
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            self._write(file, {"format": FORMAT, "fingerprint": fingerprint})
            if self.last != Commit():
                self._write(file, asdict(self.last))
        os.replace(fresh, self.path)
        return self.path.open("a", encoding="utf-8")

    def commit(self, commit: Commit) -> None:
        """Record that the output is safe up to here."""
        self._write(self._file, asdict(commit))
        self.last = commit

    def close(self) -> None:
        self._file.close()

    @staticmethod
    def _write(file: IO[str], row: Mapping[str, Any]) -> None:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> tuple[dict[str, Any], Commit] | None:
    """The fingerprint and the last commit; None where no whole first line is."""
    if not path.is_file():
        return None
    names = {f.name for f in fields(Commit)}
    last = Commit()
    with path.open("rb") as lines:
        head = _row(next(lines, b""))
        if head is None or head.get("format") != FORMAT:
            return None
        for row in map(_row, lines):
            if row is not None and set(row) == names:
                last = Commit(**{**row, "columns": tuple(row["columns"])})
    return head["fingerprint"], last


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _check(path: Path, known: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    same = json.loads(json.dumps(current))  # as a journal would give it back
    changed = [name for name in {**known, **same} if known.get(name) != same.get(name)]
    if changed:
        what = ", ".join(changed)
        raise ConfigError(f"{path}: cannot go on: changed since the run began: {what}; restore that, or delete this file to start again")
