"""`communique predict` and `communique issues`.

Invariant: results go to standard output or to the file that was named, everything else to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from .result import Document, FailedDocument

Write = Callable[["Document | FailedDocument"], None]
Model = Annotated[str | None, typer.Option("-m", "--model", help="Name of a shipped model or a checkpoint folder.", show_default=False)]
SOME_FAILED = 1  # exit status: some documents could not be read


class Level(str, Enum):
    """What one row of the output stands for."""

    document = "document"
    sentence = "sentence"
    claim = "claim"


def predict(
    files: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.", show_default=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write .jsonl, .csv or .parquet.", show_default=False)] = None,
    level: Annotated[Level | None, typer.Option(help="What a row is; by default documents for JSONL, claims for CSV and Parquet.")] = None,
    model: Model = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    issue: Annotated[list[str] | None, typer.Option(help="Report only this issue (repeatable); see `communique issues`.")] = None,
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out claims below this probability.")] = 0.0,
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="Column that holds the id.")] = "id",
) -> None:
    """Turn documents into claims: who holds which position on what.

    Reads .txt, .md, .html, .jsonl, .csv and .parquet. Prints a table in a terminal, and JSON lines into a pipe.

    **Examples**

    - communique predict article.txt
    - cat article.txt | communique predict -
    - communique predict articles.jsonl -o claims.csv
    - communique predict archive/ -o claims.parquet --level claim --issue taiwan
    """
    from .analyst import load
    from .readers import count_documents, read_documents

    documents = read_documents(files, text_column=text_column, id_column=id_column)
    with _writer(output, level) as write:
        analyst = load(model, device, issue or None)
        results = analyst.stream(documents, min_score)
        failed = _write_all(results, write, count_documents(files), shows_progress=output is not None or not sys.stdout.isatty())
    if failed:
        raise typer.Exit(SOME_FAILED)


@contextmanager
def _writer(output: Path | None, level: Level | None) -> Iterator[Write]:
    from .writers import open_writer, write_line

    if output is not None:
        with open_writer(output, level.value if level else None) as writer:
            yield writer.write
    elif level is None and sys.stdout.isatty():
        from .table import print_document

        console = Console()
        yield lambda document: print_document(document, console)
    else:
        yield lambda document: write_line(sys.stdout, document, level.value if level else "document")


def _write_all(results: Iterable[Document | FailedDocument], write: Write, total: int | None, shows_progress: bool) -> int:
    from .result import FailedDocument

    errors = Console(stderr=True)
    done = failed = claims = 0
    for result in _progress(results, total, errors) if shows_progress and errors.is_terminal else results:
        write(result)
        done += 1
        if isinstance(result, FailedDocument):
            failed += 1
            errors.print(f"[red]error:[/red] {result.error}", highlight=False, soft_wrap=True)
        else:
            claims += len(result.claims)
    if shows_progress:
        errors.print(f"{done:,} documents, {claims:,} claims, {failed:,} failed", highlight=False)
    return failed


def _progress(results: Iterable[Document | FailedDocument], total: int | None, console: Console) -> Iterator[Document | FailedDocument]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("documents"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        yield from progress.track(results, total=total)


def issues(
    model: Model = None,
) -> None:
    """List the issues on which stances are reported, each with the proposition that `support` agrees with."""
    from rich import box
    from rich.table import Table

    from ..models.checkpoint import find_model, read_checkpoint

    table = Table("id", "name", "proposition (support agrees with it)", box=box.SIMPLE_HEAD)
    for entry in read_checkpoint(find_model(model)).schema.issues:
        table.add_row(entry.id, entry.name, entry.proposition)
    Console().print(table)
