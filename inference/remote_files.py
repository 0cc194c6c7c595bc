"""Files that lie somewhere else: on S3, Google Cloud Storage, HDFS or whatever pyarrow and fsspec know.

Invariant: a remote file is read by the same readers as a local one, from a copy that is gone as soon as it has been read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pyarrow import ArrowInvalid, fs

from ..errors import DocumentError
from .files import HIDDEN, KNOWN, InputFile, file_kind, find_files, partition_columns

ATTEMPTS, PAUSE = 3, 2.0  # a store that is busy answers some seconds later
HERE = "file://"


@dataclass(frozen=True)
class Source:
    """A file to read, wherever it lies.

    Attributes:
        place: what messages call it: the path as given, or its address.
        root: address of the file system that holds it; empty for a file that every machine sees under its path.
        path: where it lies in that file system.
    """

    file: InputFile
    place: str
    root: str = ""
    path: str = ""


def is_address(path: str) -> bool:
    """Whether a path names a file system.

    >>> is_address("s3://archive/2024"), is_address("archive/2024")
    (True, False)
    """
    return "://" in path


def find_sources(paths: Sequence[str]) -> list[Source]:
    """Expand local folders and globs, as `find_files` does, and remote folders.

    Raises:
        DocumentError: nothing is there, or nothing that can be read.
    """
    unique: dict[str, Source] = {}
    for path in paths:
        local = not is_address(path) or path.startswith(HERE)
        for source in _local(path.removeprefix(HERE)) if local else _remote(path):
            unique[f"{source.root} {source.path or source.file.path}"] = source
    return list(unique.values())


def _local(path: str) -> list[Source]:
    return [Source(replace(file, path=file.path.absolute()), str(file.path)) for file in find_files([path])]


def open_filesystem(address: str) -> tuple[fs.FileSystem, str]:
    """The file system of an address, and the path in it.

    Raises:
        DocumentError: neither pyarrow nor fsspec knows the address, or it cannot be reached.
    """
    try:
        return fs.FileSystem.from_uri(address)
    except ArrowInvalid:
        pass  # not one of pyarrow's own
    except (OSError, NotImplementedError) as error:
        raise DocumentError(f"{address}: cannot be reached ({error}); check the address and your access to it") from None
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise DocumentError(f"{address}: no file system for this address ({error}); install the fsspec package that knows it") from None
    return fs.PyFileSystem(fs.FSSpecHandler(system)), path  # type: ignore[abstract]  # the stubs think it abstract


@contextmanager
def fetched(source: Source) -> Iterator[InputFile]:
    """The file on this machine; a remote one is copied for as long as it is read.

    Raises:
        DocumentError: it cannot be fetched, not even after a while.
    """
    if not source.root:
        yield source.file
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, PurePosixPath(source.path).name)
        _fetch(source, copy)
        yield replace(source.file, path=copy)


def _fetch(source: Source, copy: Path, attempts: int = ATTEMPTS) -> None:
    try:
        system, _ = open_filesystem(source.root)
        fs.copy_files(source.path, str(copy), source_filesystem=system, destination_filesystem=fs.LocalFileSystem())
    except Exception as error:  # every store has its own kinds, with no common root
        if attempts == 1:
            raise DocumentError(f"{source.place}: cannot be fetched ({error}); check it and run again") from None
        time.sleep(PAUSE)
        _fetch(source, copy, attempts - 1)


def _remote(address: str) -> list[Source]:
    system, root = open_filesystem(address)
    try:
        info = system.get_file_info(root)
        single = info.type == fs.FileType.File
        infos = [info] if single else system.get_file_info(fs.FileSelector(root, recursive=True))
    except OSError as error:
        raise DocumentError(f"{address}: cannot be listed ({error}); check the address and your access to it") from None
    home = PurePosixPath(root).parent if single else PurePosixPath(root)
    names = sorted((PurePosixPath(i.path).relative_to(home) for i in infos if i.type == fs.FileType.File), key=lambda name: name.parts)
    found = [Source(_input_file(name), _place(address, name, single), address, str(home / name)) for name in names if _is_document(name)]
    if not found:
        raise DocumentError(f"{address}: no documents there; known extensions: {', '.join(KNOWN)}")
    return found


def _place(address: str, name: PurePosixPath, single: bool) -> str:
    base = address.partition("?")[0].rstrip("/")
    return base if single else f"{base}/{name}"


def _is_document(name: PurePosixPath) -> bool:
    return file_kind(Path(name)) in KNOWN and not any(part.startswith(HIDDEN) for part in name.parts)


def _input_file(name: PurePosixPath) -> InputFile:
    return InputFile(Path(name), str(name), file_kind(Path(name)), partition_columns(Path(name)))
