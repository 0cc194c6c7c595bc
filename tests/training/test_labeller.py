"""A labeller for either weights file, and what is said when one is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from communique.errors import ModelError
from communique.inference.session import OnnxSession, TorchSession
from communique.models.checkpoint import ONNX, TOKENIZER, WEIGHTS
from communique.training.labeller import open_labeller, weights_files


def test_each_file_has_its_session_and_temperatures(tiny_checkpoint: Path) -> None:
    assert weights_files(tiny_checkpoint) == [WEIGHTS, ONNX]
    assert isinstance(open_labeller(tiny_checkpoint, WEIGHTS).session, TorchSession)
    assert isinstance(open_labeller(tiny_checkpoint, ONNX).session, OnnxSession)
    assert open_labeller(tiny_checkpoint, WEIGHTS, {"type": 2.0}).temperatures == {"type": 2.0}


@pytest.mark.parametrize("name", [WEIGHTS, ONNX, TOKENIZER])
def test_a_missing_or_damaged_file_is_named(tiny_checkpoint: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "model", ignore=shutil.ignore_patterns("epochs"))
    file = ONNX if name == ONNX else WEIGHTS
    (folder / name).write_bytes(b"damaged")
    with pytest.raises(ModelError, match=name):
        open_labeller(folder, file)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        open_labeller(folder, file)
