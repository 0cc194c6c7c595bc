"""The mean of several trainings' weights: as fast as one network, and often better than each (model soups, Wortsman et al., 2022).

Invariant: only networks of one shape, tokenisation and set of names are averaged; where they began apart, the mean means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ..errors import ConfigError
from ..inference.session import read_network, read_tokenizer
from ..models.checkpoint import TOKENIZER, Checkpoint, read_checkpoint
from .train import save_checkpoint


def average(folders: Sequence[Path], output: Path) -> Path:
    """Write a checkpoint folder whose weights are the mean of others'; returns it.

    Args:
        folders: at least two checkpoints that were trained from the same backbone, or one from the other.

    Raises:
        ConfigError: there are not two, or they differ in encoder, names or tokenisation.
        ModelError: a folder is no checkpoint.
    """
    if len(folders) < 2:
        raise ConfigError("a mean needs at least two checkpoint folders")
    checkpoints = [read_checkpoint(folder) for folder in folders]
    for folder, other in zip(folders[1:], checkpoints[1:], strict=True):
        _check_alike(folders[0], checkpoints[0], folder, other)
    networks = [read_network(folder, checkpoint) for folder, checkpoint in zip(folders, checkpoints, strict=True)]
    weights = [network.state_dict() for network in networks]
    networks[0].load_state_dict({name: torch.stack([own[name] for own in weights]).mean(0) for name in weights[0]})
    merged = replace(checkpoints[0], name=output.name, training=_facts(checkpoints), temperatures={}, sha256={})
    save_checkpoint(output, merged, networks[0], read_tokenizer(folders[0]))
    return output


def _check_alike(first: Path, checkpoint: Checkpoint, folder: Path, other: Checkpoint) -> None:
    def same_size(found: Checkpoint) -> Any:
        return {key: found.encoder.get(key) for key in ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")}

    alike = {
        "encoders": same_size(checkpoint) == same_size(other),
        "names": checkpoint.schema.outputs == other.schema.outputs,
        "encodings": checkpoint.encoding == other.encoding,
        "tokenizers": (first / TOKENIZER).read_bytes() == (folder / TOKENIZER).read_bytes(),
    }
    if different := [what for what, is_same in alike.items() if not is_same]:
        raise ConfigError(f"{first} and {folder} have different {', '.join(different)}; average trainings of one backbone and schema")


def _facts(checkpoints: Sequence[Checkpoint]) -> dict[str, Any]:
    """What the mean remembers: the last training, and what each of them was."""
    kept = ("recipe", "records", "earlier", "teachers", "unlabelled")
    parts = [{"name": own.name, **{key: own.training[key] for key in kept if key in own.training}} for own in checkpoints]
    return {**checkpoints[-1].training, "averaged": parts}
