"""The live line of a long run, on standard error: documents, rate, errors, time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from .archive import Watch
from .journal import Commit
from .result import Document, FailedDocument


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s", style="progress.data.speed")


@contextmanager
def watched(count: Callable[[], int | None], complain: Callable[[FailedDocument], None]) -> Iterator[Watch]:
    """Show progress in a terminal; elsewhere only complain of documents that failed.

    Args:
        count: how many documents there are, or None where only reading them would tell; called only for a terminal.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda result, _: complain(result) if isinstance(result, FailedDocument) else None
        return
    bar, left = (BarColumn(), MofNCompleteColumn()), (TextColumn("{task.fields[failed]} failed"), TimeRemainingColumn())
    columns = (TextColumn("documents"), *bar, _Rate(), *left)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=count(), failed=0)

        def watch(result: Document | FailedDocument, at: Commit) -> None:
            if isinstance(result, FailedDocument):
                complain(result)
            progress.update(task, completed=at.documents, failed=at.failed)

        yield watch
