"""The labeller of one weights file of a checkpoint folder: a folder can hold two, and each is scored and calibrated for itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..inference.label import Labeller
from ..inference.score import Session
from ..inference.session import OnnxSession, TorchSession, read_network, read_tokenizer
from ..models.checkpoint import ONNX, WEIGHTS, Checkpoint, read_checkpoint, verified


def weights_files(folder: Path) -> list[str]:
    """The names of the weights files that lie in a folder."""
    return [name for name in (WEIGHTS, ONNX) if (folder / name).is_file()]


def open_labeller(folder: Path, file: str, temperatures: Mapping[str, float] | None = None) -> Labeller:
    """Open one weights file of a checkpoint folder, on the CPU.

    Args:
        file: `model.safetensors` or `model.int8.onnx`.
        temperatures: in place of those that the checkpoint holds for the file.

    Raises:
        ModelError: a file is missing or damaged.
    """
    checkpoint = read_checkpoint(folder)
    chosen = checkpoint.temperatures.get(file, {}) if temperatures is None else temperatures
    schema = checkpoint.schema
    session = _session(folder, checkpoint, file)
    return Labeller(read_tokenizer(folder), session, schema, checkpoint.encoding, chosen, schema.issue_names)


def _session(folder: Path, checkpoint: Checkpoint, file: str) -> Session:
    if file == WEIGHTS:
        return TorchSession(read_network(folder, checkpoint))
    return OnnxSession(verified(folder, checkpoint, file))
