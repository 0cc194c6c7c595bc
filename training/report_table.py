"""An evaluation as tables for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from .bootstrap import Figure
from .evaluation import Evaluation, SystemScores

NAMES = {
    "type_macro_f1": "type macro-F1",
    "type_accuracy": "type accuracy",
    "type_mcc": "type MCC",
    "entities": "entity F1",
    "source": "source F1",
    "cue": "cue F1",
    "stances": "stance F1",
    "claims": "claim F1",
}
NONE = "–"


def print_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Print the headline figures of all systems, then the model's scores in detail."""
    for table in evaluation_tables(evaluation):
        console.print(table)


def evaluation_tables(evaluation: Evaluation) -> list[Table]:
    """The tables of `print_evaluation`, in order."""
    model = evaluation.systems[0]
    types = list(model.type["labels"])
    return [
        headline_table(evaluation),
        _score_table("Sentence types", model.type["labels"]),
        confusion_table(types, model.type["confusion"]),
        _score_table("Entities", {**(model.entities or {}).get("labels", {}), **_spans("all", model.entities)}),
        _score_table("Attribution and claims", _attribution(model)),
        _score_table("Stances by issue", {**model.stances["issues"], "all": model.stances["micro"]}),
        _score_table("Stances by polarity", {**model.stances["polarities"], "issue alone": model.stances["issue_only"]}),
        calibration_table(evaluation.systems),
        publisher_table(model),
    ]


def figure_text(figure: Figure | None) -> str:
    """A figure with its interval.

    >>> figure_text(Figure(0.8031, 0.7612, 0.8448))
    '0.803 (0.76-0.84)'
    """
    return f"{figure.value:.3f} ({figure.low:.2f}-{figure.high:.2f})" if figure else NONE


def headline_table(evaluation: Evaluation) -> Table:
    """Figures by system, with 95 % intervals; the best of a row in bold."""
    table = _table(f"{evaluation.records} sentences of {evaluation.documents} documents; in brackets: {evaluation.level:.0%} intervals")
    table.add_column("")
    for number, system in enumerate(evaluation.systems):
        table.add_column(system.name, justify="right", no_wrap=number == 0, min_width=11)
    for key, name in NAMES.items():
        figures = [system.headline.get(key) for system in evaluation.systems]
        best = max(figure.value for figure in figures if figure)
        table.add_row(name, *(f"[bold]{figure_text(f)}[/]" if f and f.value == best else figure_text(f) for f in figures))
    return table


def confusion_table(names: Sequence[str], confusion: Sequence[Sequence[int]]) -> Table:
    """Gold types by row, predicted ones by column."""
    table = _table("Confusion of sentence types (rows: gold, columns: predicted)")
    _columns(table, "", names)
    for name, row in zip(names, confusion, strict=True):
        table.add_row(name, *map(str, row))
    return table


def calibration_table(systems: Iterable[SystemScores]) -> Table:
    """Expected calibration errors and Brier scores of the systems that give probabilities."""
    table = _table("Calibration (lower is better)")
    _columns(table, "", ("type ECE", "type Brier", "stance ECE", "stance Brier"))
    for system in systems:
        both = (system.type_calibration, system.stance_calibration)
        table.add_row(system.name, *(f"{own[key]:.3f}" if own else NONE for own in both for key in ("ece", "brier")))
    return table


def publisher_table(model: SystemScores) -> Table:
    """The model's headline figures by publisher."""
    table = _table("By publisher")
    keys = ("type_macro_f1", "entities", "stances")
    _columns(table, "", ("sentences", "documents", *(NAMES[key] for key in keys)))
    for name, own in model.publishers.items():
        table.add_row(name, str(own.records), str(own.documents), *(figure_text(own.headline[key]) for key in keys))
    return table


def _attribution(model: SystemScores) -> dict[str, Mapping[str, float]]:
    claims = {"claims": model.claims} if model.claims else {}
    return {**_spans("source", model.source), **_spans("cue", model.cue), **claims}


def _spans(name: str, scores: Mapping[str, Any] | None) -> dict[str, Mapping[str, float]]:
    return {f"{name}, {kind}": scores[kind] for kind in ("exact", "overlapping")} if scores else {}


def _score_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    table = _table(title)
    _columns(table, "", ("precision", "recall", "F1", "support"))
    for name, own in rows.items():
        table.add_row(name, *(f"{own[key]:.3f}" for key in ("precision", "recall", "f1")), str(own["support"]))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)


def _columns(table: Table, first: str, names: Iterable[str]) -> None:
    table.add_column(first)
    for name in names:
        table.add_column(name, justify="right")
