"""Prediction on Ray Data: an analyst in every worker, and rows that do not depend on how the work was shared out.

Invariant: a document's rows are those that a single machine writes for it, since they depend on that document alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, MissingExtraError
from .archive import limited
from .documents import InputDocument, document_from_row
from .parallel import Engine
from .result import Document, FailedDocument
from .writers import FlatRows, arrow_table, flat_columns

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset

BATCH_DOCUMENTS = 32  # handed to a worker at once; a worker that dies loses no more work than its block


def predict(
    dataset: Dataset,
    model: str | None = None,
    device: str = "auto",
    issues: Sequence[str] | None = None,
    *,
    level: str = "claim",
    min_score: float = 0.0,
    text_column: str = "text",
    id_column: str = "id",
    max_characters: int = 20_000_000,
    workers: int | None = None,
) -> Dataset:
    """Turn a Ray data set of documents into one of claims or sentences.

    Args:
        dataset: rows with a text and an id; `date`, `title` and `speaker` mean what they mean in files, and all other columns
            travel through, as text.
        model, issues: see `communique.load`; a model folder must lie at the same path on every machine.
        device: "cpu", or "cuda" for one GPU a worker; "auto" is the CPU, so that all rows come from the same weights.
        level: "claim" or "sentence".
        min_score: claims below this probability are left out.
        max_characters: longer documents become rows with an `error`.
        workers: how many analysts at most, each on one core (or GPU); by default all cores but one, which reads and writes.

    Returns:
        The rows that `communique predict` writes to Parquet, with the same columns. Blocks that are lost with a machine are
        computed again.

    Raises:
        ConfigError: a column is missing, the level has no flat rows, or the cluster has no GPU.
        MissingExtraError: Ray is not installed (extra `ray`).

    Example:
        >>> import ray                                                            # doctest: +SKIP
        >>> articles = ray.data.read_parquet("s3://archive/articles/")            # doctest: +SKIP
        >>> predict(articles).write_parquet("s3://archive/claims/")               # doctest: +SKIP
    """
    names = _check_columns(dataset, text_column, id_column)
    shape = {"level": level, "names": flat_columns(level, _carried(names, text_column, id_column))}
    source = {"text_column": text_column, "id_column": id_column, "max_characters": max_characters}
    engine = cluster_engine(Engine(model, device, tuple(issues) if issues else None, min_score))
    cores = count_units(engine.device)
    spare = max(1, cores - (engine.device == "cpu"))
    needs = worker_needs(engine.device, cores, min(workers or spare, spare))
    return dataset.map_batches(_RowWorker, fn_constructor_kwargs={"engine": engine, **shape, **source}, **needs)


def cluster_engine(engine: Engine) -> Engine:
    """The engine as every machine understands it: one device for all, and a model folder by its whole path.

    Raises:
        ConfigError: a numbered GPU; which one a worker gets is for Ray to say.
    """
    if engine.device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device {engine.device!r}: a cluster gives each worker a GPU of its own; use auto, cpu or cuda")
    folder = Path(engine.model).absolute() if engine.model and Path(engine.model).is_dir() else None
    return replace(engine, device="cuda" if engine.device == "cuda" else "cpu", model=str(folder) if folder else engine.model)


def count_units(device: str) -> int:
    """How many cores the cluster has, or for "cuda" how many GPUs.

    Raises:
        ConfigError: it has no GPU.
    """
    units = int(import_ray().cluster_resources().get("GPU" if device == "cuda" else "CPU", 0))
    if device == "cuda" and not units:
        raise ConfigError("the cluster has no GPU; use device cpu")
    return max(1, units)


def worker_needs(device: str, units: int, workers: int) -> dict[str, Any]:
    """What `map_batches` hands to each worker: a GPU, or a core unless there is only one, which reading and writing need too.

    Args:
        units: cores, or GPUs, of the cluster.
        workers: how many analysts at most.
    """
    needs = {"num_gpus": 1} if device == "cuda" else {"num_cpus": 1 if units > 1 else 0}
    pool = import_ray().data.ActorPoolStrategy(min_size=1, max_size=min(workers, units))
    return {"compute": pool, "batch_size": BATCH_DOCUMENTS, "batch_format": "pyarrow", **needs}


def import_ray() -> Any:
    """Ray, with its data library.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtraError("working on a Ray cluster", "ray") from None
    return ray


class Worker:
    """An analyst that stays loaded between batches; Ray keeps one in each of its actors."""

    def __init__(self, engine: Engine) -> None:
        self._analyst, self._min_score = engine.load(), engine.min_score

    def label(self, documents: Iterable[InputDocument]) -> list[Document | FailedDocument]:
        return self._analyst.analyse(list(documents), self._min_score)


class _RowWorker(Worker):
    """From rows of documents to rows of results."""

    def __init__(self, engine: Engine, level: str, names: Sequence[str], text_column: str, id_column: str, max_characters: int) -> None:
        super().__init__(engine)
        self._rows, self._text, self._id, self._limit = FlatRows(level, names), text_column, id_column, max_characters

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        found = self.label(limited(self._documents(batch.to_pylist()), self._limit))
        return arrow_table([row for result in found for row in self._rows.of(result)], self._rows.names)

    def _documents(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[InputDocument]:
        for row in rows:
            yield document_from_row(row, f"document {row.get(self._id)!r}", "", self._text, self._id)


def _check_columns(dataset: Dataset, text_column: str, id_column: str) -> list[str]:
    schema = dataset.schema()
    names = list(schema.names) if schema is not None else []
    for name in (text_column, id_column):
        if names and name not in names:
            raise ConfigError(f"the data set has no column {name!r} (columns: {', '.join(names)}); add one, or name another")
    return names


def _carried(names: Sequence[str], text_column: str, id_column: str) -> list[str]:
    """The columns that travel through, in the order of `InputDocument.carried`."""
    own = [name for name in ("title", "date", "speaker") if name in names or (name == "speaker" and "author" in names)]
    return own + [name for name in names if name not in {text_column, id_column, "author", *own}]


def packed(document: InputDocument) -> dict[str, str]:
    """A document as a row that Arrow can hold, whatever the text and the further columns are."""
    return {"document": json.dumps(asdict(document), default=str)}


def unpacked(text: str) -> InputDocument:
    """Undo `packed`.

    >>> unpacked(packed(InputDocument("a", "Text.", extra={"rank": 2}))["document"])
    InputDocument(id='a', text='Text.', date='', title='', speaker='', extra={'rank': 2}, error=None)
    """
    return InputDocument(**json.loads(text))
