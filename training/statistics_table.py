"""The statistics of record files as one table, a column a file."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.table import Table

from ..models.schema import Schema
from .statistics import Statistics


def statistics_table(files: Mapping[str, Statistics], schema: Schema) -> Table:
    """Lay out the counts.

    Args:
        files: statistics by file name.
    """
    table = Table("", *files, box=box.SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for section in _sections(list(files.values()), schema):
        for label, *cells in section:
            table.add_row(label, *cells)
        table.add_section()
    return table


def _sections(found: list[Statistics], schema: Schema) -> list[list[list[str]]]:
    polarities = [label.id for label in schema.polarities]
    return [
        [
            ["sentences", *(f"{s.records:,}" for s in found)],
            ["documents", *(f"{s.documents:,}" for s in found)],
            ["publishers", *(f"{len(s.publishers):,}" for s in found)],
            ["attributed", *(f"{s.attributed:,}" for s in found)],
            ["words a sentence (mean, longest)", *(f"{s.mean_words:.1f}, {s.longest_words:,}" for s in found)],
        ],
        [[name, *(f"{s.types.get(name, 0):,}" for s in found)] for name in schema.type_names],
        [[label.id, *(f"{s.entities.get(label.id, 0):,}" for s in found)] for label in schema.entities],
        [
            [f"{issue} ({', '.join(polarities)})", *(", ".join(f"{s.stances.get((issue, p), 0):,}" for p in polarities) for s in found)]
            for issue in schema.issue_names
        ],
    ]
