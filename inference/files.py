"""Which files to read: paths, globs, folders and partitioned data sets become a sorted list of files.

Invariant: the list is the same whenever the same files are there, and nothing outside a named folder is ever read through a link.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ..errors import DocumentError

STANDARD_INPUT = "-"
WHOLE = (".txt", ".md", ".markdown", ".html", ".htm")  # one document a file
ROWS = (".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".ndjson.gz", ".ndjson.zst", ".csv", ".tsv", ".parquet")  # one document a row
KNOWN = (*WHOLE, *ROWS)
PACKED = (".gz", ".zst")
DOCUMENT_BYTES = 1 << 28  # what is read of one file or line at most: far more than any document, far less than memory
HIDDEN = (".", "_")  # how names begin that are nobody's documents, as in every tool for data sets


@dataclass(frozen=True)
class InputFile:
    """A file to read.

    Attributes:
        name: what ids of its documents begin with: the file's name, or its path from the folder or pattern that was named.
        kind: its extension in small letters, `.jsonl.gz` for packed files; empty for standard input.
        partition: columns that the folders above it name, such as `year=2024`.
        error: why it may not be read; None when it may.
    """

    path: Path
    name: str
    kind: str
    partition: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


def find_files(paths: Sequence[str | Path]) -> list[InputFile]:
    """Expand globs, and replace folders by the files below them that have a known extension.

    Raises:
        DocumentError: a path does not exist, has an unknown extension, or is a glob or folder without such files.
    """
    unique = {str(file.path): file for path in paths for file in _files_of(str(path))}
    return list(unique.values())


def file_kind(path: Path) -> str:
    """The extension that decides how a file is read.

    >>> file_kind(Path("archive/2024.News.JSONL.gz"))
    '.jsonl.gz'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes) if suffixes[-1:] and suffixes[-1] in PACKED else "".join(suffixes[-1:])


def _files_of(path: str) -> list[InputFile]:
    if path == STANDARD_INPUT:
        return [InputFile(Path(path), "standard input", "")]
    if not os.path.exists(path) and glob.has_magic(path):
        return _matching(path)
    if os.path.isdir(path):
        return _folder(Path(path))
    if not os.path.exists(path):
        raise DocumentError(f"{path}: no such file; check the path")
    kind = file_kind(Path(path))
    if kind not in KNOWN:
        raise DocumentError(f"{path}: unknown extension {Path(path).suffix!r}; known ones: {', '.join(KNOWN)}, or - for standard input")
    return [InputFile(Path(path), Path(path).name, kind)]


def _matching(pattern: str) -> list[InputFile]:
    matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]
    found = [file for file in matches if file.is_file() and file_kind(file) in KNOWN and not file.name.startswith(HIDDEN)]
    if not found:
        raise DocumentError(f"{pattern}: no file of a known extension matches; check the pattern")
    return [InputFile(file, file.as_posix(), file_kind(file), partition_columns(file)) for file in found]


def _folder(root: Path) -> list[InputFile]:
    found = sorted((file for file in _below(root) if file_kind(file) in KNOWN), key=lambda file: file.relative_to(root).parts)
    if not found:
        raise DocumentError(f"{root}: no documents in this folder; known extensions: {', '.join(KNOWN)}")
    home = root.resolve()
    inside = [(file, file.relative_to(root)) for file in found]
    return [InputFile(file, own.as_posix(), file_kind(file), partition_columns(own), _escapes(file, home)) for file, own in inside]


def _below(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root, onerror=_refuse):  # does not follow links to folders
        inner[:] = [name for name in inner if not name.startswith(HIDDEN)]
        yield from (Path(folder, name) for name in names if not name.startswith(HIDDEN))


def _refuse(error: OSError) -> None:
    raise DocumentError(f"{error.filename}: cannot be looked into ({error.strerror}); change its permissions, or leave it out")


def partition_columns(relative: Path) -> dict[str, str]:
    """Columns that the folders of a partitioned data set name.

    >>> partition_columns(Path("year=2024/desk=south%20asia/a.jsonl"))
    {'year': '2024', 'desk': 'south asia'}
    """
    pairs = (part.partition("=") for part in relative.parts[:-1])
    return {name: unquote(value) for name, sign, value in pairs if sign and name}


def _escapes(file: Path, home: Path) -> str | None:
    if not file.is_symlink():
        return None
    target = file.resolve()
    if not target.is_file():
        return f"{file}: is a link to nothing; remove it"
    return None if target.is_relative_to(home) else f"{file}: is a link that leads out of its folder; name the target itself to read it"
