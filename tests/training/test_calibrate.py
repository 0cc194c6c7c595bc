"""Temperatures: found again where they are known, the best on a grid elsewhere, and stored for each weights file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.errors import RecordError
from communique.inference.decode import softmax
from communique.inference.score import score
from communique.models.checkpoint import ONNX, WEIGHTS, read_checkpoint, verified
from communique.models.network import HEADS
from communique.training.calibrate import HIGHEST, LOWEST, calibrate, fit_temperature, fit_temperatures, gold_classes
from communique.training.corpus import Record
from communique.training.labeller import open_labeller


def likelihood_loss(logits: np.ndarray, gold: np.ndarray, temperature: float) -> float:
    probabilities = softmax(logits.astype(np.float32), temperature).astype(np.float64)
    return float(-np.log(np.maximum(np.take_along_axis(probabilities, gold[:, None], axis=1), 1e-30)).mean())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.5, 5))
def test_no_temperature_on_a_grid_is_better(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    logits = (random.normal(0, scale, (60, 4))).astype(np.float32)
    gold = np.where(random.random(60) < 0.5, logits.argmax(axis=1), random.integers(0, 4, 60))
    fitted = fit_temperature(logits, gold)
    best = min(likelihood_loss(logits, gold, t) for t in np.geomspace(LOWEST, HIGHEST, 200))
    assert LOWEST <= fitted <= HIGHEST
    assert likelihood_loss(logits, gold, fitted) <= best + 1e-4


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_known_temperature_is_found_again(temperature: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 4)).astype(np.float32)
    cumulated = softmax(logits).cumsum(axis=1)
    gold = (random.random((20_000, 1)) < cumulated).argmax(axis=1)  # drawn from the probabilities at temperature 1
    assert fit_temperature(logits * np.float32(temperature), gold) == pytest.approx(temperature, rel=0.05)


def test_extremes_stay_in_bounds() -> None:
    right = np.array([[9.0, 0.0]] * 3, np.float32)
    assert LOWEST <= fit_temperature(right, np.array([0, 0, 0])) < 1  # all right: the loss is flat long before the bound
    assert fit_temperature(right, np.array([1, 1, 1])) == pytest.approx(HIGHEST, rel=0.05)


def test_gold_classes_fit_the_logits(tiny_checkpoint: Path, records: list[Record]) -> None:
    labeller = open_labeller(tiny_checkpoint, WEIGHTS)
    scores = score([r.text for r in records], [r.context for r in records], labeller.tokenizer, labeller.session, labeller.encoding)
    gold = gold_classes(records, scores, labeller.schema)
    for head in HEADS:
        assert gold[head].shape == getattr(scores.logits, head).shape[:-1]
    assert (gold["entity"] % 2).sum() == sum(len(r.entities) for r in records)  # odd tags begin a span
    assert (gold["stance"] > 0).sum() == sum(len(r.stances) for r in records)
    assert set(fit_temperatures(scores.logits, gold)) == set(HEADS)


def test_calibration_is_stored_for_each_file_and_changes_confidence_alone(
    tiny_checkpoint: Path, tmp_path: Path, records: list[Record]
) -> None:
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "model", ignore=shutil.ignore_patterns("epochs"))
    texts, contexts = [r.text for r in records], [r.context for r in records]
    before = open_labeller(folder, WEIGHTS).label(texts, contexts)
    found = calibrate(folder, records)
    checkpoint = read_checkpoint(folder)
    assert checkpoint.temperatures == {file: found[file].temperatures for file in (WEIGHTS, ONNX)}
    assert checkpoint.training["calibration"] == {file: found[file].to_dict() for file in (WEIGHTS, ONNX)}
    assert checkpoint.training["recipe"]["name"] == "smoke"
    for file in (WEIGHTS, ONNX):
        assert set(found[file].temperatures) == set(HEADS)
        assert found[file].after["type"]["brier"] <= found[file].before["type"]["brier"] + 0.05
        verified(folder, checkpoint, file)
    after = open_labeller(folder, WEIGHTS).label(texts, contexts)
    assert [(s.type, s.source, s.cue, [(x.issue, x.polarity) for x in s.stances]) for s in after] == [
        (s.type, s.source, s.cue, [(x.issue, x.polarity) for x in s.stances]) for s in before
    ]
    assert [s.scores for s in after] != [s.scores for s in before]
    assert calibrate(folder, records) == found  # fitted on raw logits, so a second time changes nothing


def test_without_records_there_is_nothing_to_fit(tiny_checkpoint: Path) -> None:
    with pytest.raises(RecordError, match="no records to calibrate on"):
        calibrate(tiny_checkpoint, [])
