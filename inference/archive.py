"""A run over any number of documents, from files to files: resumable, at constant memory, on one or several processes.

Invariant: a run that was killed and resumed, however often, leaves the same bytes as one that was not: a document's rows depend on
that document alone, and commits lie on the borders of chunks, which depend on the input alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DocumentError, FailedDocumentError
from .analyst import chunked
from .documents import InputDocument
from .files import STANDARD_INPUT, find_files
from .journal import Commit, Journal
from .output import JOURNAL, Output, check_target
from .readers import read_documents
from .result import Document, FailedDocument, Provenance
from .writers import flat_columns

Results = Iterable[list[Document | FailedDocument]]
Label = Callable[[Iterable[InputDocument]], Results]  # documents in, chunks of results out, in order
Watch = Callable[[Document | FailedDocument, Commit], None]


@dataclass(frozen=True)
class ArchiveOptions:
    """What decides the rows of a run; the journal holds it.

    Attributes:
        level: what a row is; None for the default of the extension.
        shard_rows: see `Output`.
        max_characters: longer documents become rows with an error.
        strict: stop at the first document that fails.
    """

    level: str | None = None
    shard_rows: int | None = None
    text_column: str = "text"
    id_column: str = "id"
    min_score: float = 0.0
    issues: tuple[str, ...] = ()
    max_characters: int = 20_000_000
    strict: bool = False


@dataclass(frozen=True)
class Summary:
    """What a run did; counts include those of the runs that it went on from."""

    documents: int
    rows: int
    claims: int
    failed: int
    seconds: float
    documents_per_second: float
    resumed_at: int
    output: str
    provenance: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_archive(
    paths: list[str],
    target: Path,
    label: Label,
    provenance: Provenance,
    options: ArchiveOptions,
    resume: bool = False,
    watch: Watch | None = None,
) -> Summary:
    """Label documents from files into files.

    Args:
        label: turns documents into chunks of results, such as `Engine.label`.
        resume: go on from where an interrupted run stopped, if there is one.
        watch: called with every result, for progress.

    Raises:
        ConfigError: an interrupted run is there, or it was a run with another model, other options or another input.
        DocumentError: an input cannot be read, or the output cannot be written.
        FailedDocumentError: a document failed and `strict` is set.
    """
    if resume and STANDARD_INPUT in paths:
        raise ConfigError("standard input cannot be read twice, so a run over it cannot go on; write it to a file first")
    began = time.perf_counter()
    check_target(target, options.level, options.shard_rows)
    _check_apart(paths, target)
    documents = limited(read_documents(paths, options.text_column, options.id_column), options.max_characters)
    with closing(Journal(_journal_path(target, options), _fingerprint(paths, provenance, options), resume)) as journal:
        start = journal.last
        if not start.is_complete:
            try:
                names, documents = _columns(documents, target, options, start)
                _write(label(islice(documents, start.documents, None)), target, options, journal, names, watch)
            except OSError as error:
                raise DocumentError(f"{target}: cannot be written ({error}); mend that and go on with --resume") from None
    if not options.shard_rows:
        journal.path.unlink()  # a folder keeps its journal; a whole file speaks for itself
    return _summary(journal.last, start, time.perf_counter() - began, target, provenance)


def _check_apart(paths: list[str], target: Path) -> None:
    home = target.resolve()
    for file in find_files(paths):
        if file.path.resolve().is_relative_to(home):
            raise ConfigError(f"{file.path}: is an input and belongs to the output {target}; write somewhere else")


def limited(documents: Iterable[InputDocument], characters: int) -> Iterator[InputDocument]:
    """Replace documents that are too long by ones with an error."""
    for document in documents:
        if len(document.text) > characters:
            error = f"{document.id}: {len(document.text):,} characters, more than {characters:,}; split it, or raise --max-characters"
            yield InputDocument(document.id, "", document.date, document.title, document.speaker, document.extra, error)
        else:
            yield document


def _columns(
    documents: Iterator[InputDocument], target: Path, options: ArchiveOptions, start: Commit
) -> tuple[tuple[str, ...], Iterator[InputDocument]]:
    """The columns of CSV and Parquet rows, which the first chunk of the input decides; and the documents, that chunk included."""
    kind, level = check_target(target, options.level, options.shard_rows)
    if kind == ".jsonl" or start.columns:
        return start.columns, documents
    first = next(chunked(documents), [])
    return flat_columns(level, dict.fromkeys(name for document in first for name in document.carried)), chain(first, documents)


def _write(
    chunks: Results,
    target: Path,
    options: ArchiveOptions,
    journal: Journal,
    names: tuple[str, ...],
    watch: Watch | None,
) -> None:
    with closing(Output(target, options.level, options.shard_rows, replace(journal.last, columns=names))) as output:
        for chunk in chunks:
            for result in chunk:
                output.write(result)
                if watch:
                    watch(result, output.at)
                if options.strict and isinstance(result, FailedDocument):
                    raise FailedDocumentError(f"{result.error} (--strict stops here)")
            if commit := output.commit():
                journal.commit(commit)
        journal.commit(output.finish())


def _journal_path(target: Path, options: ArchiveOptions) -> Path:
    if not options.shard_rows:
        return target.with_name(target.name + ".journal")
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise DocumentError(f"{target}: cannot be made ({error.strerror}); name another folder") from None
    return target / JOURNAL


def _fingerprint(paths: list[str], provenance: Provenance, options: ArchiveOptions) -> dict[str, Any]:
    """What must not change between a run and its continuation, by the name that a person would call it."""
    rows = {f"option {name}": value for name, value in asdict(options).items() if name != "strict"}
    model = {"model": provenance.weights_sha256, "schema": provenance.schema_sha256, "version": provenance.version}
    return {**model, **rows, **{f"input {path}": _input_digest(path) for path in paths}}


def _input_digest(path: str) -> str:
    """SHA-256 over the names, sizes and times of the files behind a path; reading an archive twice would take too long."""
    digest = hashlib.sha256()
    for file in find_files([path]) if path != STANDARD_INPUT else []:
        facts = file.path.lstat() if file.error else file.path.stat()
        digest.update(f"{file.path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _summary(last: Commit, start: Commit, seconds: float, target: Path, provenance: Provenance) -> Summary:
    done = last.documents - (0 if start.is_complete else start.documents)
    return Summary(
        documents=last.documents,
        rows=last.rows,
        claims=last.claims,
        failed=last.failed,
        seconds=round(seconds, 3),
        documents_per_second=round(done / max(seconds, 1e-9), 2),
        resumed_at=start.documents,
        output=str(target),
        provenance=provenance.to_dict(),
    )
