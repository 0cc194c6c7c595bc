"""Exports score as the network does, plain classifiers agree with the heads, and a bad int8 file is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import pipeline

from communique.errors import ModelError, RecordError
from communique.inference.encode import Batch
from communique.inference.session import TorchSession, read_network
from communique.models.checkpoint import ONNX, WEIGHTS, Checkpoint, read_checkpoint, write_checkpoint
from communique.models.network import HEADS, Network
from communique.training import export
from communique.training.bootstrap import Figure
from communique.training.corpus import Record
from communique.training.export import export_checked, export_plain, fallen_figures, plain_labels
from communique.training.quantise import export_onnx


@pytest.fixture
def folder(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_checkpoint, tmp_path / "model", ignore=shutil.ignore_patterns("epochs"))


@pytest.fixture
def checkpoint(folder: Path) -> Checkpoint:
    return read_checkpoint(folder)


@pytest.fixture
def network(folder: Path, checkpoint: Checkpoint) -> Network:
    return read_network(folder, checkpoint)


def as_good(monkeypatch: pytest.MonkeyPatch, int8: float) -> None:
    """Let the weights score 0.8 and the int8 file what is given."""
    figures = {WEIGHTS: {"entities": 0.8, "score": 0.8}, ONNX: {"entities": int8, "score": 0.8}}
    losses = {"entities": Figure(0.8 - int8, 0.001, 0.05)}
    monkeypatch.setattr(export, "_compare", lambda *_: (figures, losses))


def test_a_good_int8_file_is_kept_and_its_old_temperatures_are_dropped(
    folder: Path, checkpoint: Checkpoint, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    temperatures = {WEIGHTS: {"type": 2.0}, ONNX: {"type": 3.0}}
    (folder / ONNX).unlink()
    write_checkpoint(folder, Checkpoint(**{**vars(checkpoint), "temperatures": temperatures}))
    as_good(monkeypatch, 0.79)
    assert export_checked(folder, records) == {WEIGHTS: {"entities": 0.8, "score": 0.8}, ONNX: {"entities": 0.79, "score": 0.8}}
    again = read_checkpoint(folder)
    assert again.temperatures == {WEIGHTS: {"type": 2.0}}
    assert set(again.sha256) == {WEIGHTS, ONNX}
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", ONNX, WEIGHTS, "tokenizer.json"]


def test_a_bad_int8_file_is_refused_with_its_figures(folder: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    as_good(monkeypatch, 0.78)
    with pytest.raises(
        ModelError, match=r"model.int8.onnx: refused, int8 loses too much: entities by 0.020 \(0.001 to 0.050\); ship model.safetensors"
    ):
        export_checked(folder, records)
    assert not (folder / ONNX).exists()
    assert set(read_checkpoint(folder).sha256) == {WEIGHTS}


def test_the_real_figures_are_compared(folder: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TOLERANCE", 1.0)
    figures = export_checked(folder, records)
    assert set(figures) == {WEIGHTS, ONNX}
    assert figures[WEIGHTS]["entities"] == pytest.approx(figures[ONNX]["entities"], abs=0.1)

    def broken(network: Network, path: Path, _: list[Batch]) -> None:
        for parameter in network.parameters():
            torch.nn.init.zeros_(parameter)
        export_onnx(network, path)

    monkeypatch.setattr(export, "TOLERANCE", 0.01)
    monkeypatch.setattr(export, "export_int8", broken)
    with pytest.raises(ModelError, match=r"int8 loses too much: .*entities by"):
        export_checked(folder, records)


def test_one_point_and_chance_are_tolerated() -> None:
    losses = {
        "a": Figure(0.01, 0.005, 0.02),
        "b": Figure(0.0101, 0.001, 0.02),
        "c": Figure(-0.1, -0.2, -0.05),
        "d": Figure(0.03, -0.001, 0.06),
    }
    assert fallen_figures(losses) == ["b by 0.010 (0.001 to 0.020)"]


def test_without_records_nothing_is_exported(folder: Path) -> None:
    with pytest.raises(RecordError, match="no records to score"):
        export_checked(folder, [])


def test_plain_classifiers_load_with_transformers_and_agree(network: Network, checkpoint: Checkpoint, folder: Path, tmp_path: Path) -> None:
    written = export_plain(network, checkpoint, folder, tmp_path / "plain")
    assert [path.name for path in written] == list(HEADS)
    text = "Jordan condemned the bombing of Gaza."
    classify: Any = pipeline("text-classification", model=str(tmp_path / "plain" / "type"), top_k=None, device="cpu")
    scores = {row["label"]: row["score"] for row in classify([text])[0]}
    assert set(scores) == set(checkpoint.schema.type_names)
    ids = classify.tokenizer(text)["input_ids"]
    batch = Batch(np.array([ids]), np.ones((1, len(ids)), np.int64), np.zeros((1, len(ids)), np.int64))
    logits = TorchSession(network).run(batch)
    expected = torch.tensor(logits.type[0]).softmax(-1).tolist()
    assert [scores[name] for name in checkpoint.schema.type_names] == pytest.approx(expected, abs=1e-4)
    stances: Any = pipeline("text-classification", model=str(tmp_path / "plain" / "stance"), top_k=None, device="cpu")
    against = torch.tensor(logits.stance[0, :, 1:] - logits.stance[0, :, :1]).sigmoid().flatten().tolist()
    found = {row["label"]: row["score"] for row in stances([text])[0]}
    assert [found[name] for name in plain_labels(checkpoint.schema)["stance"]] == pytest.approx(against, abs=1e-4)
    tag: Any = pipeline("token-classification", model=str(tmp_path / "plain" / "entity"), device="cpu")
    assert all(row["entity"] in checkpoint.schema.entity_tags for row in tag(text))
