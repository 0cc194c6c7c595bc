"""The mean of two checkpoints is a checkpoint, and only like is averaged with like."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from communique.errors import ConfigError
from communique.models.checkpoint import TOKENIZER, WEIGHTS, read_checkpoint, write_checkpoint
from communique.training.average import average
from communique.training.corpus import Record
from communique.training.labeller import open_labeller
from communique.training.recipe import Recipe
from communique.training.train import train


@pytest.fixture
def onward(tiny_checkpoint: Path, smoke_recipe: Recipe, tmp_path: Path) -> Path:
    """A training that went on from the tiny one."""
    short = replace(smoke_recipe, start=str(tiny_checkpoint), name="onward", optimisation=replace(smoke_recipe.optimisation, epochs=2))
    return train(short, tmp_path / "onward")


def test_the_mean_lies_between_and_labels(tiny_checkpoint: Path, onward: Path, tmp_path: Path, records: list[Record]) -> None:
    folder = average([tiny_checkpoint, onward], tmp_path / "mean")
    first, second, mean = (load_file(own / WEIGHTS) for own in (tiny_checkpoint, onward, folder))
    for name, tensor in mean.items():
        torch.testing.assert_close(tensor.float(), (first[name].float() + second[name].float()) / 2, rtol=2e-3, atol=1e-4)
    assert any(not torch.equal(first[name], second[name]) for name in mean)
    checkpoint = read_checkpoint(folder)
    assert checkpoint.name == "mean"
    assert [part["name"] for part in checkpoint.training["averaged"]] == ["smoke", "onward"]
    labelled = open_labeller(folder, WEIGHTS).label([r.text for r in records], [r.context for r in records])
    assert sum(s.type == r.type for s, r in zip(labelled, records, strict=True)) > len(records) / 2


def test_unlike_checkpoints_are_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs at least two"):
        average([tiny_checkpoint], tmp_path / "mean")
    other = shutil.copytree(tiny_checkpoint, tmp_path / "other")
    (other / TOKENIZER).write_text((other / TOKENIZER).read_text() + " ")
    with pytest.raises(ConfigError, match="have different tokenizers; average trainings of one backbone and schema"):
        average([tiny_checkpoint, other], tmp_path / "mean")


def test_schemas_that_differ_in_aliases_alone_are_averaged(tiny_checkpoint: Path, tmp_path: Path) -> None:
    other = shutil.copytree(tiny_checkpoint, tmp_path / "other")
    checkpoint = read_checkpoint(other)
    issues = tuple(replace(issue, aliases=(*issue.aliases, "one more")) for issue in checkpoint.schema.issues)
    write_checkpoint(other, replace(checkpoint, schema=replace(checkpoint.schema, issues=issues)))
    assert read_checkpoint(average([tiny_checkpoint, other], tmp_path / "mean")).schema == checkpoint.schema
