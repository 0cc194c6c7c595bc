"""The whole way: train by the smoke recipe, save, reload in torch and in int8, compare; resume; stop early."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from communique.errors import ConfigError
from communique.inference.score import Logits, score
from communique.inference.session import read_network
from communique.models.checkpoint import ONNX, WEIGHTS, read_checkpoint
from communique.models.network import HEADS
from communique.models.schema import Schema
from communique.training import train as module
from communique.training.corpus import Record
from communique.training.labeller import open_labeller
from communique.training.recipe import Recipe, Records
from communique.training.train import load_tokenizer, read_existing, score_dev, train


def logits_of(folder: Path, file: str, records: list[Record]) -> Logits:
    labeller = open_labeller(folder, file)
    return score([r.text for r in records], [r.context for r in records], labeller.tokenizer, labeller.session, labeller.encoding).logits


def knobs(recipe: Recipe, **changes: Any) -> Recipe:
    return replace(recipe, optimisation=replace(recipe.optimisation, **changes))


def test_the_smoke_model_learnt_and_says_the_same_after_reloading(tiny_checkpoint: Path, records: list[Record]) -> None:
    checkpoint = read_checkpoint(tiny_checkpoint)
    network = read_network(tiny_checkpoint, checkpoint)
    labeller = open_labeller(tiny_checkpoint, WEIGHTS)
    again = score_dev(network, records, labeller.tokenizer, checkpoint.schema, checkpoint.encoding)
    assert checkpoint.training["dev"] == pytest.approx(again, abs=0.03)  # the stored figures are those of fp32 weights
    assert again["entities"] > 0.9
    assert again["type_macro_f1"] > 0.5


def test_torch_and_int8_agree(tiny_checkpoint: Path, records: list[Record]) -> None:
    plain, quantised = (logits_of(tiny_checkpoint, file, records) for file in (WEIGHTS, ONNX))
    for head in HEADS:
        left, right = getattr(plain, head), getattr(quantised, head)
        assert left.shape == right.shape
        assert np.abs(left - right).mean() < 0.1 * left.std()
    assert (plain.type.argmax(-1) == quantised.type.argmax(-1)).mean() > 0.9
    assert (plain.entity.argmax(-1) == quantised.entity.argmax(-1)).mean() > 0.97


def test_a_checkpoint_remembers_what_made_it_and_not_where(tiny_checkpoint: Path, smoke_recipe: Recipe, records: list[Record]) -> None:
    checkpoint = read_checkpoint(tiny_checkpoint)
    assert checkpoint.name == "smoke"
    assert checkpoint.training["recipe"] == json.loads(json.dumps(smoke_recipe.to_dict()))
    assert checkpoint.training["records"] == len(records)
    assert "_name_or_path" not in checkpoint.encoder


def test_a_recipe_with_a_start_goes_on_from_its_weights(tiny_checkpoint: Path, smoke_recipe: Recipe, tmp_path: Path) -> None:
    standing = knobs(smoke_recipe, epochs=1, learning_rate=0.0, head_learning_rate=0.0)
    onward = train(replace(standing, name="onward", start=str(tiny_checkpoint)), tmp_path / "onward")
    before, after = (load_file(folder / WEIGHTS) for folder in (tiny_checkpoint, onward))
    assert all(torch.equal(before[name], after[name]) for name in before)
    earlier = read_checkpoint(onward).training["earlier"]
    assert [stage["name"] for stage in earlier] == ["smoke"]


def test_training_is_repeatable(smoke_recipe: Recipe, tmp_path: Path) -> None:
    first, second = (train(knobs(smoke_recipe, epochs=2), tmp_path / name) for name in ("first", "second"))
    assert (first / WEIGHTS).read_bytes() == (second / WEIGHTS).read_bytes()


def test_processes_share_the_records_and_one_of_them_writes(smoke_recipe: Recipe, tmp_path: Path) -> None:
    recipe, folder = tmp_path / "recipe.json", tmp_path / "model"  # JSON is YAML
    recipe.write_text(json.dumps(knobs(smoke_recipe, epochs=2).to_dict()), encoding="utf-8")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*launcher, "-m", "communique", "train", str(recipe), "-o", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "epochs", ONNX, WEIGHTS, "tokenizer.json"]
    [state] = (folder / "epochs").glob("checkpoint-*/trainer_state.json")
    records = read_checkpoint(folder).training["records"]
    assert json.loads(state.read_text())["max_steps"] == 2 * math.ceil(records / 2 / smoke_recipe.optimisation.batch_size)


def test_an_interrupted_run_goes_on(smoke_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count(1)
    monkeypatch.setattr(module, "score_dev", lambda *_, **__: {"score": next(calls)})
    train(knobs(smoke_recipe, epochs=2), tmp_path)  # scores 1 and 2, and 3 for the figures of the checkpoint
    train(knobs(smoke_recipe, epochs=4), tmp_path, resume=True)
    state = json.loads((tmp_path / "epochs" / "checkpoint-16" / "trainer_state.json").read_text())
    assert [(e["epoch"], e["eval_score"]) for e in state["log_history"] if "eval_score" in e] == [(1, 1), (2, 2), (3, 4), (4, 5)]


def test_there_must_be_a_run_to_resume(smoke_recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no interrupted run to resume; train without --resume"):
        train(smoke_recipe, tmp_path, resume=True)


def test_it_stops_early_and_keeps_the_best_epoch(smoke_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    monkeypatch.setattr(module, "score_dev", lambda *_, **__: {"score": next(scores)})
    folder = train(knobs(smoke_recipe, epochs=30, patience=2), tmp_path / "model")
    assert next(scores) == 0.1  # four epochs and the final scoring, then no more
    best, kept = (load_file(path / WEIGHTS) for path in (folder / "epochs" / "checkpoint-8", folder))  # four steps an epoch
    assert all(torch.equal(best[name].half(), tensor) for name, tensor in kept.items())


def test_missing_files_are_said_and_left_out(
    smoke_recipe: Recipe, schema: Schema, records: list[Record], caplog: pytest.LogCaptureFixture
) -> None:
    [known] = smoke_recipe.records.train
    assert read_existing(["none.jsonl", known], schema) == records
    assert "none.jsonl: no such file; going on without these records" in caplog.text
    with pytest.raises(ConfigError, match=r"none of the record files exists: none.jsonl; name existing files"):
        read_existing(["none.jsonl"], schema)


def test_a_recipe_without_records_or_backbone_is_refused(smoke_recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none of the record files exists"):
        train(replace(smoke_recipe, records=Records(("none.jsonl",), ("none.jsonl",))), tmp_path)
    with pytest.raises(ConfigError, match=r"cannot be loaded: .*; name a folder or a hub model"):
        load_tokenizer(str(tmp_path / "nothing"), smoke_recipe.encoding)
