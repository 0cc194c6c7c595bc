"""The model card: written from the stored evaluation and the checkpoint, so that no figure in it is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

from jinja2 import Environment, StrictUndefined

from ..errors import ModelError
from ..models.checkpoint import CARD, read_checkpoint
from ..version import __version__
from .bootstrap import Figure
from .report_table import NAMES, figure_text

EVALUATION = "evaluation.json"
TEMPLATE = "card.md.j2"


def write_card(folder: Path, evaluation: Mapping[str, Any]) -> Path:
    """Store an evaluation in a checkpoint folder, and the card that follows from it.

    Args:
        evaluation: as `Evaluation.to_dict` gives it.

    Returns:
        The card's path.
    """
    (folder / EVALUATION).write_text(json.dumps(evaluation, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card_text(evaluation, card_facts(folder)), encoding="utf-8")
    return folder / CARD


def read_evaluation(folder: Path) -> dict[str, Any]:
    """Read the evaluation that `write_card` stored.

    Raises:
        ModelError: it is missing or damaged.
    """
    path = folder / EVALUATION
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: missing; score the model and write its card again") from None
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON ({error}); score the model and write its card again") from None
    if not isinstance(data, dict):
        raise ModelError(f"{path}: holds no evaluation; score the model and write its card again")
    return data


def card_facts(folder: Path) -> dict[str, Any]:
    """What the card says of a checkpoint besides its scores.

    Returns:
        `name`, `version`, `backbone`, `hub` (whether the backbone is a hub name), `seed`, `records`, `earlier` (trainings gone on
        from), `averaged` (trainings whose weights were averaged), `teachers` (name, backbone, records), `unlabelled`, `dev_records`,
        `dev_fingerprint`, `issues`, `types`, `entities`, `calibration` (by weights file), `files` (name, sha256), `schema_sha256`.
    """
    checkpoint = read_checkpoint(folder)
    training, schema = checkpoint.training, checkpoint.schema
    recipe = training.get("recipe", {})
    backbone = PurePath(str(recipe.get("backbone", "unknown")))
    hub = len(backbone.parts) == 2 and not backbone.is_absolute()
    return {
        "name": checkpoint.name,
        "version": __version__,
        "backbone": str(backbone) if hub else backbone.name,  # where a folder lay is nobody's business
        "hub": hub,
        "seed": recipe.get("seed", 0),
        "records": training.get("records", 0),
        "earlier": training.get("earlier", []),
        "averaged": training.get("averaged", []),
        "teachers": training.get("teachers", []),
        "unlabelled": training.get("unlabelled", 0),
        "dev_records": training.get("dev_records", 0),
        "dev_fingerprint": training.get("dev_fingerprint", ""),
        "types": schema.type_names,
        "entities": [label.id for label in schema.entities],
        "issues": [{"name": issue.name, "proposition": issue.proposition} for issue in schema.issues],
        "calibration": training.get("calibration", {}),
        "files": [{"name": name, "sha256": digest} for name, digest in sorted(checkpoint.sha256.items())],
        "schema_sha256": schema.sha256,
    }


def card_text(evaluation: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Render the card; the same arguments always give the same text.

    Args:
        evaluation: as `Evaluation.to_dict` gives it.
        facts: as `card_facts` gives them.
    """
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    environment.filters |= {"figure": _figure_cell, "number": lambda value: f"{value:.3f}", "thousands": lambda value: f"{value:,}"}
    template = (resources.files(__package__) / TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(template).render(evaluation=evaluation, model=evaluation["systems"][0], figures=NAMES, **facts)


def _figure_cell(figure: Mapping[str, float] | None) -> str:
    return figure_text(Figure(**figure) if figure else None)
