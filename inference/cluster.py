"""A run over files on a Ray cluster: files are read, labelled and written by whichever machine is free.

Invariant: the rows are those of a run on one machine; a part is written under a name that a repeated task writes again.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import StringIO
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow import fs, parquet

from ..errors import ConfigError, DocumentError
from .analyst import chunked, read_provenance
from .archive import ArchiveOptions, Summary, limited
from .distributed import Worker, cluster_engine, count_units, import_ray, packed, unpacked, worker_needs
from .documents import InputDocument
from .files import STANDARD_INPUT
from .output import check_level
from .parallel import Engine
from .readers import read_file
from .remote_files import Source, fetched, find_sources, is_address, open_filesystem
from .result import Document, FailedDocument
from .row_files import check_columns
from .writers import FlatRows, arrow_table, flat_columns, write_line

if TYPE_CHECKING:
    from ray.data import Datasink

BLOCK_BYTES = 4 << 20  # of documents a block: what a lost machine costs at most
PART_DOCUMENTS = 2_000  # or somewhat more, in one part of the output
READ_TASKS = 10_000  # over which the files are spread
COUNTS = ("documents", "rows", "claims", "failed")


def run_cluster(paths: Sequence[str], target: str, engine: Engine, options: ArchiveOptions, address: str | None = None) -> Summary:
    """Label the documents of files on a Ray cluster, into a folder of parts.

    Args:
        paths: files, folders and globs that every machine sees under the same path, or addresses such as `s3://bucket/archive`.
        target: a new folder or address; its extension says what the parts are, `.jsonl` or `.parquet`.
        engine: `workers` is the number of analysts; 1 takes as many as the cluster has cores.
        address: of the cluster; None for the one that this process has joined, or else a new one on this machine.

    Raises:
        ConfigError: the output or an option does not go with a cluster, or there is no cluster at the address.
        DocumentError: an input cannot be found, something lies where the output belongs, or the run failed.
        MissingExtraError: Ray is not installed (extra `ray`).
    """
    began = time.perf_counter()
    import_ray()
    kind, level = _check(paths, target, options)
    engine = cluster_engine(engine)
    provenance = read_provenance(engine.model, engine.device, engine.issues)
    sources = find_sources(paths)
    names = () if kind == ".jsonl" else flat_columns(level, _carried(sources, options))
    parts = _parts(target if is_address(target) else str(Path(target).absolute()), kind, names)
    with _joined(address):
        _run(sources, {"engine": engine, "kind": kind, "level": level, "names": names}, parts, options)
    counts = {name: parts.counts[name] for name in COUNTS}  # type: ignore[attr-defined]
    seconds = time.perf_counter() - began
    return Summary(
        **counts,
        seconds=round(seconds, 3),
        documents_per_second=round(counts["documents"] / max(seconds, 1e-9), 2),
        resumed_at=0,
        output=target,
        provenance=provenance.to_dict(),
    )


def _run(sources: Sequence[Source], worker: Mapping[str, Any], parts: Datasink[Any], options: ArchiveOptions) -> None:
    from ray.data import TaskPoolStrategy, from_items
    from ray.exceptions import RayError

    engine = worker["engine"]
    cores, units = count_units("cpu"), count_units(engine.device)
    workers = engine.workers if engine.workers > 1 else units
    items = from_items([{"source": source} for source in sources], override_num_blocks=min(len(sources), READ_TASKS))
    items.context.target_max_block_size = BLOCK_BYTES
    # Cores are for the network; reading and writing wait for disks and need few.
    readers = TaskPoolStrategy(min(cores, len(sources)))
    documents = items.map_batches(partial(_read, options=options), batch_size=1, num_cpus=0, compute=readers)
    labelled = documents.map_batches(_ResultWorker, fn_constructor_kwargs=dict(worker), **worker_needs(engine.device, units, workers))
    try:
        labelled.write_datasink(parts, ray_remote_args={"num_cpus": 0}, concurrency=cores)
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise DocumentError(f"the run failed on the cluster ({reason}); mend that and write to a new folder") from error


@contextmanager
def _joined(address: str | None) -> Iterator[None]:
    """Join a cluster, or start one here and stop it in the end; one that was joined before stays joined."""
    ray = import_ray()
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(address or "local", log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ConfigError(f"--address {address}: no cluster can be joined there ({error}); check the address") from None
    try:
        yield
    finally:
        ray.shutdown()


def _check(paths: Sequence[str], target: str, options: ArchiveOptions) -> tuple[str, str]:
    if STANDARD_INPUT in paths:
        raise ConfigError("standard input lies on one machine; name files that the whole cluster sees")
    for option, given in (("--shard-rows", options.shard_rows), ("--strict", options.strict)):
        if given:
            raise ConfigError(f"{option} does not go with --engine ray, where parts are written and rows fail on many machines at once")
    kind, level = check_level(target.partition("?")[0], options.level)
    if kind not in (".jsonl", ".parquet"):
        raise ConfigError(f"{target}: a cluster writes .jsonl or .parquet; name one of these")
    system, path = _open_target(target)
    if system.get_file_info(path).type != fs.FileType.NotFound:
        raise DocumentError(f"{target}: is there already; name a new folder")
    return kind, level


def _open_target(target: str) -> tuple[fs.FileSystem, str]:
    return open_filesystem(target) if is_address(target) else (fs.LocalFileSystem(), target)


def _carried(sources: Iterable[Source], options: ArchiveOptions) -> Sequence[str]:
    """The columns that the first documents carry, as on one machine."""
    first = next(chunked(chain.from_iterable(_documents(source, options) for source in sources)), [])
    return list(dict.fromkeys(name for document in first for name in document.carried))


def _documents(source: Source, options: ArchiveOptions) -> Iterator[InputDocument]:
    """The documents of a file; among a million files, one that cannot be read is a row, not the end."""
    here = source.file.path
    try:
        with fetched(source) as file:
            here = file.path
            if file.error is None:
                check_columns(file, options.text_column)
            for document in limited(read_file(file, options.text_column, options.id_column), options.max_characters):
                yield replace(document, error=document.error.replace(str(here), source.place)) if document.error else document
    except DocumentError as error:
        yield InputDocument(source.file.name, "", error=str(error).replace(str(here), source.place))


def _read(batch: Any, options: ArchiveOptions) -> Iterator[pyarrow.Table]:
    for source in batch["source"]:
        for chunk in chunked(_documents(source, options)):
            yield pyarrow.Table.from_pylist([packed(document) for document in chunk])


class _ResultWorker(Worker):
    """From packed documents to one row a document: its output, ready to be written, and what there is to count."""

    def __init__(self, engine: Engine, kind: str, level: str, names: Sequence[str]) -> None:
        super().__init__(engine)
        self._level, self._rows = level, None if kind == ".jsonl" else FlatRows(level, names)

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        documents = [unpacked(str(text)) for text in batch["document"].to_pylist()]
        return pyarrow.Table.from_pylist([self._row(result) for result in self.label(documents)])

    def _row(self, result: Document | FailedDocument) -> dict[str, Any]:
        output, rows = self._output(result)
        claims = 0 if isinstance(result, FailedDocument) else len(result.claims)
        return {"output": output, "documents": 1, "rows": rows, "claims": claims, "failed": int(isinstance(result, FailedDocument))}

    def _output(self, result: Document | FailedDocument) -> tuple[str, int]:
        if self._rows is None:
            lines = StringIO()
            count = write_line(lines, result, self._level)
            return lines.getvalue(), count
        rows = self._rows.of(result)
        return json.dumps(rows), len(rows)


def _parts(target: str, kind: str, names: Sequence[str]) -> Datasink[Any]:
    """The sink that writes the parts and counts what is in them; made here, since its base class comes with Ray."""
    from ray.data import Datasink
    from ray.data.block import BlockAccessor

    class Parts(Datasink[Any]):
        def on_write_start(self, schema: Any = None) -> None:
            system, path = _open_target(target)
            system.create_dir(path, recursive=True)

        def write(self, blocks: Iterable[Any], ctx: Any) -> dict[str, int]:
            tables = [BlockAccessor.for_block(block).to_arrow() for block in blocks]
            rows = [row for table in tables for row in table.to_pylist()]
            if rows:
                _write_part(target, f"part-{ctx.task_idx:05d}{kind}", [row["output"] for row in rows], names)
            return {name: sum(row[name] for row in rows) for name in COUNTS}

        def on_write_complete(self, write_result: Any) -> None:
            self.counts = Counter[str]()
            for counts in write_result.write_returns:
                self.counts.update(counts)
            if not self.counts["documents"]:
                _write_part(target, f"part-00000{kind}", [], names)  # no documents make a valid output too

        @property
        def min_rows_per_write(self) -> int:
            return PART_DOCUMENTS

    return Parts()


def _write_part(target: str, name: str, outputs: Sequence[str], columns: Sequence[str]) -> None:
    system, root = _open_target(target)
    with system.open_output_stream(str(PurePosixPath(root, name))) as file:
        if not columns:
            file.writelines([text.encode() for text in outputs])
            return
        parquet.write_table(arrow_table([row for text in outputs for row in json.loads(text)], columns), file)
