"""`communique predict` and `communique issues`.

Invariant: results go to standard output or to the file that was named, everything else to standard error.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import ConfigError, FailedDocumentError

if TYPE_CHECKING:
    from .archive import ArchiveOptions, Summary
    from .parallel import Engine
    from .result import Document, FailedDocument

Model = Annotated[str | None, typer.Option("-m", "--model", help="Name of a shipped model or a checkpoint folder.", show_default=False)]
SOME_FAILED = 1  # exit status: some documents could not be read
FILES, MODEL, RUN = "Input", "Model", "Long runs"  # panels of the help page


class Machines(str, Enum):
    """Who does the work."""

    local = "local"
    ray = "ray"


class Level(str, Enum):
    """What one row of the output stands for."""

    document = "document"
    sentence = "sentence"
    claim = "claim"


def predict(
    files: Annotated[list[str], typer.Argument(help="Files, folders, globs, or - for standard input.", show_default=False)],
    output: Annotated[str | None, typer.Option("-o", "--output", help="Write .jsonl, .csv or .parquet.", show_default=False)] = None,
    level: Annotated[Level | None, typer.Option(help="What a row is; by default documents for JSONL, claims for CSV and Parquet.")] = None,
    issue: Annotated[list[str] | None, typer.Option(help="Report only this issue (repeatable); see `communique issues`.")] = None,
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out claims below this probability.")] = 0.0,
    text_column: Annotated[str, typer.Option(help="Column that holds the text.", rich_help_panel=FILES)] = "text",
    id_column: Annotated[str, typer.Option(help="Column that holds the id.", rich_help_panel=FILES)] = "id",
    max_characters: Annotated[int, typer.Option(min=1, help="Longer documents fail.", rich_help_panel=FILES)] = 20_000_000,
    model: Model = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.", rich_help_panel=MODEL)] = "auto",
    workers: Annotated[int, typer.Option(min=1, help="Processes that label.", rich_help_panel=RUN)] = 1,
    shard_rows: Annotated[
        int | None,
        typer.Option(min=1, help="Make OUTPUT a folder of parts of about this size.", show_default=False, rich_help_panel=RUN),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where an interrupted run stopped.", rich_help_panel=RUN)] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first document that fails.", rich_help_panel=RUN)] = False,
    summary: Annotated[Path | None, typer.Option(help="Write counts and rates as JSON.", show_default=False, rich_help_panel=RUN)] = None,
    machines: Annotated[Machines, typer.Option("--engine", help="This machine, or a Ray cluster.", rich_help_panel=RUN)] = Machines.local,
    address: Annotated[
        str | None,
        typer.Option(help="Of the Ray cluster; by default one starts on this machine.", show_default=False, rich_help_panel=RUN),
    ] = None,
) -> None:
    """Turn documents into claims: who holds which position on what.

    Reads .txt, .md, .html, .jsonl (also .gz and .zst), .csv and .parquet. Prints a table in a terminal, and JSON lines into a pipe.

    **Examples**

    - communique predict article.txt
    - cat article.txt | communique predict -
    - communique predict articles.jsonl -o claims.csv
    - communique predict archive/ -o claims.parquet --issue taiwan
    - communique predict "archive/*.jsonl.gz" -o claims.parquet --shard-rows 100000 --workers 8 --resume
    - communique predict s3://archive/2024 -o s3://results/claims.parquet --engine ray --address auto
    """
    on_ray = machines == Machines.ray
    _check_options(output, shard_rows, resume, summary, on_ray, address)
    from .archive import ArchiveOptions
    from .parallel import Engine

    issues = tuple(issue or ())
    options = ArchiveOptions(level.value if level else None, shard_rows, text_column, id_column, min_score, issues, max_characters, strict)
    engine = Engine(model, device, issues or None, min_score, workers)
    try:
        if output is None:
            failed = _print_results(files, options, engine)
        else:
            done = _run_ray(files, output, options, engine, address) if on_ray else _run(files, Path(output), options, engine, resume)
            _report(done, summary)
            failed = done.failed
    except FailedDocumentError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(SOME_FAILED) from None
    if failed:
        raise typer.Exit(SOME_FAILED)


def _check_options(
    output: str | None, shard_rows: int | None, resume: bool, summary: Path | None, on_ray: bool, address: str | None
) -> None:
    """Refuse options that do not go together."""
    for option, given in (("--shard-rows", shard_rows), ("--resume", resume), ("--summary", summary), ("--engine ray", on_ray)):
        if given and output is None:
            raise ConfigError(f"{option} needs a file to write to; add -o FILE")
    if summary and not summary.parent.is_dir():
        raise ConfigError(f"{summary}: the folder {summary.parent} does not exist; make it first")
    if address and not on_ray:
        raise ConfigError("--address is that of a Ray cluster; add --engine ray")
    if resume and on_ray:
        raise ConfigError("--resume does not go with --engine ray, which repeats lost work by itself; write to a new folder")


def _print_results(files: list[str], options: ArchiveOptions, engine: Engine) -> int:
    """Print results as they come; returns how many documents failed."""
    from .archive import limited
    from .readers import read_documents
    from .result import FailedDocument

    documents = limited(read_documents(files, options.text_column, options.id_column), options.max_characters)
    show = _shower(options.level)
    failed = 0
    for result in (result for chunk in engine.label(documents, engine.load()) for result in chunk):
        try:
            show(result)
        except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return failed
        if isinstance(result, FailedDocument):
            failed += 1
            _complain(result)
            if options.strict:
                raise FailedDocumentError("stopped at the first document that failed (--strict)")
    return failed


def _shower(level: str | None) -> Callable[[Document | FailedDocument], object]:
    if level is None and sys.stdout.isatty():
        from .table import print_document

        console = Console()
        return lambda result: print_document(result, console)
    from .writers import write_line

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # JSON is UTF-8, whatever the terminal's own encoding
    return lambda result: write_line(sys.stdout, result, level or "document")


def _run(files: list[str], output: Path, options: ArchiveOptions, engine: Engine, resume: bool) -> Summary:
    """Write results into files, on this machine."""
    from .archive import run_archive
    from .output import check_target
    from .progress import watched
    from .readers import count_documents, read_documents

    check_target(output, options.level, options.shard_rows)
    read_documents(files, options.text_column, options.id_column)  # refuses what cannot run before the model is loaded
    analyst = engine.load()
    with watched(lambda: count_documents(files), _complain) as watch:
        return run_archive(files, output, lambda d: engine.label(d, analyst), analyst.provenance, options, resume, watch)


def _run_ray(files: list[str], output: str, options: ArchiveOptions, engine: Engine, address: str | None) -> Summary:
    """Write results into files, on a Ray cluster."""
    from .cluster import run_cluster

    return run_cluster(files, output, engine, options, address)


def _report(done: Summary, summary: Path | None) -> None:
    counts = f"{done.documents:,} documents, {done.claims:,} claims, {done.failed:,} failed"
    typer.echo(f"{counts}; {done.documents_per_second:,.1f} documents/s", err=True)
    if summary:
        summary.write_text(json.dumps(done.to_dict(), indent=1) + "\n", encoding="utf-8")


def _complain(result: FailedDocument) -> None:
    Console(stderr=True).print(f"[red]error:[/red] {escape(result.error)}", highlight=False, soft_wrap=True)


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
