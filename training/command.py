"""`communique train`, `distill`, `evaluate`, `export` and `corpus`: the commands around records and weights.

Invariant: this module imports nothing heavy; what needs the extra `train` is imported inside the command that needs it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import ConfigError, MissingExtraError

FAULTY = 1  # exit status: some records are not valid
Model = Annotated[str | None, typer.Option("-m", "--model", help="Name of a shipped model or a checkpoint folder.", show_default=False)]
RecipeFile = Annotated[Path, typer.Argument(help="Recipe, such as those in configs/train/.", show_default=False)]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Checkpoint folder; runs/NAME by default.", show_default=False)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last epoch of an interrupted run.")]
Seed = Annotated[int | None, typer.Option(help="Overrides the recipe's seed.")]
Seen = Annotated[
    list[Path] | None, typer.Option("--train-data", help="Records for the learned baselines (repeatable).", show_default=False)
]
Files = Annotated[list[Path], typer.Argument(help="Files of records (.jsonl, .jsonl.gz).", show_default=False)]

corpus = typer.Typer(help="Look at files of annotated records.", no_args_is_help=True)


@contextmanager
def _needs_train(what: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("communique"):
            raise
        raise MissingExtraError(what, "train") from error


def train(recipe: RecipeFile, output: Output = None, resume: Resume = False, seed: Seed = None) -> None:
    """Train a model by a recipe, then quantise and calibrate it.

    **Example**

    - communique train configs/train/fast.yaml -o runs/small
    """
    _train(recipe, output, resume, seed, with_teachers=False)


def distill(recipe: RecipeFile, output: Output = None, resume: Resume = False, seed: Seed = None) -> None:
    """Train a small model on records and on what larger models say of unlabelled sentences, then quantise and calibrate it.

    **Examples**

    - communique train configs/train/teacher.yaml -o runs/teacher
    - communique distill configs/train/distill.yaml -o runs/small
    """
    _train(recipe, output, resume, seed, with_teachers=True)


def _train(path: Path, output: Path | None, resume: bool, seed: int | None, with_teachers: bool) -> None:
    with _needs_train("training"):
        from .pipeline import train_and_export
        from .recipe import read_recipe

    recipe = read_recipe(path)
    if recipe.distillation and not with_teachers:
        raise ConfigError(f"{path}: the recipe has teachers; run `communique distill {path}`")
    if with_teachers and not recipe.distillation:
        raise ConfigError(f"{path}: the recipe names no teachers; add `distillation`, or run `communique train {path}`")
    _log_to_terminal()
    folder = train_and_export(recipe if seed is None else replace(recipe, seed=seed), output, resume)
    Console().print(f"written: {folder}", highlight=False)


def evaluate(
    data: Annotated[Path, typer.Option("--data", help="File of annotated records.", show_default=False)],
    model: Model = None,
    train_data: Seen = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    contrast: Annotated[Path | None, typer.Option(help="Minimal pairs to pass or fail on.", show_default=False)] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures as JSON.", show_default=False)] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page and the JSON into this folder.", show_default=False)] = None,
    card: Annotated[bool, typer.Option("--card", help="Write the model card into the model's folder.")] = False,
) -> None:
    """Score a model on annotated records, beside baselines, with 95 % intervals.

    **Examples**

    - communique evaluate --data data/examples/records.jsonl --json scores.json
    - communique evaluate --data data/corpus/dev.jsonl --contrast data/contrast/contrast.jsonl --report runs/report
    """
    with _needs_train("communique evaluate"):
        from .card import write_card
        from .evaluation import evaluate as score
        from .report import write_report
        from .report_table import print_evaluation
    from ..inference.analyst import load
    from ..models.checkpoint import find_model
    from .corpus import read_records

    analyst = load(model, device)
    schema = analyst.labeller.schema
    fitted = [record for path in train_data or [] for record in read_records(path, schema)]
    records = read_records(data, schema)
    evaluation = score(analyst, records, schema, fitted or None, contrast=read_records(contrast, schema) if contrast else ())
    print_evaluation(evaluation, Console())
    if json_file:
        json_file.write_text(json.dumps(evaluation.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if report:
        typer.echo(f"written: {write_report(report, evaluation, records, f'{analyst.provenance.model} on {data.name}')}", err=True)
    if card:
        typer.echo(f"written: {write_card(find_model(model), evaluation.to_dict())}", err=True)


def export(
    folder: Annotated[Path, typer.Argument(help="Checkpoint folder.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="Dev records: the int8 file is scored and calibrated on them.", show_default=False)],
    plain: Annotated[
        Path | None, typer.Option("--plain", help="Also write each task as a plain transformers classifier here.", show_default=False)
    ] = None,
) -> None:
    """Quantise a checkpoint to int8, calibrate it, and write plain classifiers for transformers.

    **Example**

    - communique export runs/small --data data/real/real-dev.jsonl --plain runs/small/plain
    """
    with _needs_train("communique export"):
        from .pipeline import export_all
    _log_to_terminal()
    for path in export_all(folder, data, plain):
        Console().print(f"written: {path}", highlight=False)


def average(
    folders: Annotated[list[Path], typer.Argument(help="Checkpoint folders.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="Checkpoint folder to write.", show_default=False)],
) -> None:
    """Average the weights of several trainings; run `communique export` on the result.

    **Example**

    - communique average runs/broad runs/refined -o runs/small
    """
    with _needs_train("communique average"):
        from .average import average as mean
    Console().print(f"written: {mean(folders, output)}", highlight=False)


@corpus.command()
def stats(files: Files) -> None:
    """Count records, labels and stances, and name sentences that stand in two files."""
    from ..models.schema import load_schema
    from .corpus import read_records
    from .statistics import shared_texts, statistics
    from .statistics_table import statistics_table

    schema = load_schema()
    records = {str(path): read_records(path, schema) for path in files}
    console = Console()
    console.print(statistics_table({name: statistics(rows) for name, rows in records.items()}, schema))
    for shared in shared_texts(records):
        console.print(f"{shared.first} and {shared.second} share a sentence: {' and '.join(shared.ids)}", highlight=False)


@corpus.command()
def validate(files: Files) -> None:
    """Check every record of every file, and name each problem with its file, line and mend."""
    from ..models.schema import load_schema
    from .corpus import iter_problems

    schema = load_schema()
    problems = 0
    for path in files:
        for problem in iter_problems(path, schema):
            typer.echo(problem)
            problems += 1
    typer.echo(f"{problems:,} problems in {len(files):,} files", err=True)
    if problems:
        raise typer.Exit(FAULTY)


@corpus.command()
def agreement(
    files: Files,
    second: Annotated[Path, typer.Option("--second", help="The second annotation; ids tell what belongs together.", show_default=False)],
) -> None:
    """Tell how far a second annotation agrees with the first: kappa for types and stances, F1 for spans.

    **Example**

    - communique corpus agreement data/corpus/*.jsonl --second data/corpus/second.jsonl
    """
    with _needs_train("communique corpus agreement"):
        from .agreement import agreement as compare
    from ..models.schema import load_schema
    from .corpus import read_records

    schema = load_schema()
    first = [record for path in files if path != second for record in read_records(path, schema)]
    for name, value in asdict(compare(first, read_records(second, schema), schema)).items():
        typer.echo(f"{name:13} {value:,}" if isinstance(value, int) else f"{name:13} {value:.3f}")


@corpus.command()
def detach(
    records: Annotated[Path, typer.Argument(help="File of records.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="File of labels without text to write.", show_default=False)],
) -> None:
    """Write the labels of records without their text, for texts that may not be passed on."""
    from ..models.schema import load_schema
    from .corpus import read_records
    from .standoff import detach as rows
    from .standoff import write_rows

    typer.echo(f"{write_rows(output, rows(read_records(records, load_schema()))):,} labelled sentences written", err=True)


@corpus.command()
def attach(
    labels: Annotated[Path, typer.Argument(help="File of labels without text.", show_default=False)],
    texts: Annotated[list[Path], typer.Argument(help="Files with the texts (.jsonl, .jsonl.gz).", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="File of records to write.", show_default=False)],
) -> None:
    """Join labels with the texts that they were made for into records to train on."""
    from ..models.schema import load_schema
    from .corpus import write_records
    from .standoff import attach as joined

    found = list(joined(labels, texts, load_schema()))
    write_records(output, found)
    typer.echo(f"{len(found):,} records written", err=True)


def _log_to_terminal() -> None:
    logging.basicConfig(format="%(message)s")
    logging.getLogger(__package__.partition(".")[0]).setLevel(logging.INFO)  # other libraries only warn
