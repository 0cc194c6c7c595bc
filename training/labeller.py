"""The labeller of one weights file of a checkpoint folder: a folder can hold two, and each is scored and calibrated for itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tokenizers import Tokenizer

from ..errors import ModelError
from ..inference.label import Labeller
from ..inference.score import Session
from ..inference.session import OnnxSession, TorchSession, read_network
from ..models.checkpoint import ONNX, TOKENIZER, WEIGHTS, Checkpoint, read_checkpoint, verified


def weights_files(folder: Path) -> list[str]:
    """The names of the weights files that lie in a folder."""
    return [name for name in (WEIGHTS, ONNX) if (folder / name).is_file()]


def open_labeller(folder: Path, file: str, temperatures: Mapping[str, float] | None = None, session: Session | None = None) -> Labeller:
    """Open one weights file of a checkpoint folder.

    Args:
        file: `model.safetensors` or `model.int8.onnx`.
        temperatures: in place of those that the checkpoint holds for the file.
        session: in place of one on the CPU.

    Raises:
        ModelError: a file is missing or damaged.
    """
    checkpoint = read_checkpoint(folder)
    chosen = checkpoint.temperatures.get(file, {}) if temperatures is None else temperatures
    schema = checkpoint.schema
    run = session or _session(folder, checkpoint, file)
    return Labeller(_tokenizer(folder), run, schema, checkpoint.encoding, chosen, schema.issue_names)


def _session(folder: Path, checkpoint: Checkpoint, file: str) -> Session:
    if file == WEIGHTS:
        return TorchSession(read_network(folder, checkpoint))
    return OnnxSession(verified(folder, checkpoint, file))


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ModelError(f"{folder / TOKENIZER}: cannot be read ({error}); copy the model again") from None
