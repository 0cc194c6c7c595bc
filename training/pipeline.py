"""From a recipe to a model that can ship: train, quantise, calibrate.

Invariant: what lands in the folder has been scored on dev records that training never saw.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from accelerate import PartialState

from ..errors import ModelError
from ..inference.session import read_network
from ..models.checkpoint import ONNX, WEIGHTS, read_checkpoint
from ..models.schema import load_schema
from .calibrate import Calibration, calibrate
from .corpus import read_records
from .export import export_checked, export_plain
from .recipe import Recipe
from .train import read_first, train

logger = logging.getLogger(__name__)


def train_and_export(recipe: Recipe, output: Path | None = None, resume: bool = False) -> Path:
    """Train by a recipe, write the int8 file if it scores as well, calibrate what there is; returns the checkpoint folder.

    Args:
        output: `runs/NAME` by default.
    """
    folder = train(recipe, output or Path("runs") / recipe.name, resume)
    if not PartialState().is_main_process:  # one of several that trained together writes
        return folder
    records = read_first(recipe.records.dev, load_schema())
    try:
        _log_figures(export_checked(folder, records))
    except ModelError as error:  # a refused int8 file takes nothing from the weights: a teacher needs none
        logger.warning("%s", error)
    _log_calibrations(calibrate(folder, records))
    return folder


def export_all(folder: Path, data: Path, plain: Path | None = None) -> list[Path]:
    """Quantise and calibrate a checkpoint folder; returns the files and folders written.

    Args:
        data: dev records.
        plain: where each task goes as a plain `transformers` classifier; None for nowhere.
    """
    records = read_records(data, read_checkpoint(folder).schema)
    _log_figures(export_checked(folder, records))
    _log_calibrations(calibrate(folder, records))
    checkpoint = read_checkpoint(folder)
    written = export_plain(read_network(folder, checkpoint), checkpoint, folder, plain) if plain else []
    return [folder / ONNX, *written]


def _log_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    for name in figures[WEIGHTS]:
        logger.info("%-14s %s %.3f, %s %.3f", name, WEIGHTS, figures[WEIGHTS][name], ONNX, figures[ONNX][name])


def _log_calibrations(found: Mapping[str, Calibration]) -> None:
    for file, calibration in found.items():
        heads = ", ".join(f"{head} {value:.2f}" for head, value in calibration.temperatures.items())
        logger.info("%s: temperatures %s", file, heads)
