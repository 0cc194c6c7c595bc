"""Chunks of documents labelled in one or several processes, in order and with a bounded number in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread

from .analyst import Analyst, chunked, load
from .documents import InputDocument
from .result import Document, FailedDocument

AHEAD = 2  # chunks waiting for each worker: enough to keep it busy, few enough to bound memory

_worker: Analyst | None = None  # one a worker process: a process pool has no other place for what a worker loads once


@dataclass(frozen=True)
class Engine:
    """How documents are labelled; results are the same for any number of workers.

    Attributes:
        model, device, issues: see `load`.
        min_score: claims below this probability are left out.
        workers: processes; each runs the network on its share of the cores.
    """

    model: str | None = None
    device: str = "auto"
    issues: tuple[str, ...] | None = None
    min_score: float = 0.0
    workers: int = 1

    def load(self) -> Analyst:
        return load(self.model, self.device, self.issues)

    def label(self, documents: Iterable[InputDocument], own: Analyst) -> Iterator[list[Document | FailedDocument]]:
        """Label documents chunk by chunk.

        Args:
            own: does the work where there is one worker.
        """
        if self.workers == 1:
            yield from (own.analyse(chunk, self.min_score) for chunk in chunked(documents))
            return
        waiting: deque[Future[list[Document | FailedDocument]]] = deque()
        pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _begin, (self,))
        try:
            for chunk in chunked(documents):
                waiting.append(pool.submit(_analyse, chunk, self.min_score))
                if len(waiting) >= self.workers * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(engine: Engine) -> None:
    global _worker
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // engine.workers))
    _worker = engine.load()


def _end_with_parent() -> None:
    # A killed parent cannot tell its workers to stop; they would wait for work for ever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _analyse(chunk: list[InputDocument], min_score: float) -> list[Document | FailedDocument]:
    assert _worker is not None
    return _worker.analyse(chunk, min_score)
