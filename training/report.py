"""An evaluation as one self-contained HTML page, beside its figures as JSON.

Invariant: the page loads nothing from anywhere, and every figure on it stands in the JSON too; only the errors quote text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from .bootstrap import Figure
from .charts import confusion_chart, coverage_chart, reliability_chart
from .corpus import Record
from .evaluation import Evaluation
from .report_table import NAMES, figure_text
from .worst_errors import worst_errors

PAGE, FIGURES = "report.html", "evaluation.json"
TEMPLATE = "report.html.j2"


def write_report(folder: Path, evaluation: Evaluation, records: Sequence[Record], title: str) -> Path:
    """Write `report.html` and `evaluation.json` into a folder, which is made if need be; returns the page's path.

    Args:
        records: the records that were scored; the page quotes the sentences of the worst errors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = evaluation.to_dict()
    (folder / FIGURES).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / PAGE).write_text(report_page(data, evaluation, records, title), encoding="utf-8")
    return folder / PAGE


def report_page(data: dict[str, Any], evaluation: Evaluation, records: Sequence[Record], title: str) -> str:
    """Render the page.

    Args:
        data: as `Evaluation.to_dict` gives it.
    """
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
    environment.filters |= {
        "figure": lambda value: figure_text(Figure(**value) if value else None),
        "number": lambda value: "–" if value is None else f"{value:.3f}",
        "percent": lambda value: f"{value:.0%}",
    }
    model = data["systems"][0]
    charts = {
        "confusion": confusion_chart(list(model["type"]["labels"]), model["type"]["confusion"]),
        "reliability": reliability_chart(data["confidence"]),
        "coverage": coverage_chart(data["confidence"]),
    }
    template = (resources.files(__package__) / TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(template).render(
        title=title,
        evaluation=data,
        model=model,
        figures=NAMES,
        charts={name: Markup(svg) for name, svg in charts.items()},  # drawn here, from numbers and label names
        errors=worst_errors(records, evaluation.sentences),
    )
