"""From a recipe to a model folder, also where int8 does not do."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from communique.errors import ModelError
from communique.models.checkpoint import ONNX, WEIGHTS, read_checkpoint
from communique.training import export, pipeline
from communique.training.pipeline import train_and_export
from communique.training.recipe import Recipe


def test_a_training_whose_int8_file_is_refused_ends_well_without_it(
    tiny_checkpoint: Path, smoke_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pipeline, "train", lambda *_: shutil.copytree(tiny_checkpoint, tmp_path / "model"))
    monkeypatch.setattr(export, "fallen_figures", lambda _: ["cue by 0.119 (0.059 to 0.180)"])
    with caplog.at_level(logging.WARNING):
        folder = train_and_export(smoke_recipe, tmp_path / "model")
    assert "refused, int8 loses too much: cue by 0.119" in caplog.text
    assert (folder / WEIGHTS).is_file()
    assert not (folder / ONNX).exists()
    assert set(read_checkpoint(folder).temperatures) == {WEIGHTS}


def test_damaged_weights_still_end_a_training(
    tiny_checkpoint: Path, smoke_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "model")
    (folder / WEIGHTS).write_bytes(b"")
    monkeypatch.setattr(pipeline, "train", lambda *_: folder)
    with pytest.raises(ModelError, match="the file is damaged"):
        train_and_export(smoke_recipe, folder)
