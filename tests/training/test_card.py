"""The card says what the stored evaluation says; the shipped one is pinned to it."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from communique.errors import ModelError
from communique.models.checkpoint import CARD, CONFIG, WEIGHTS, find_model, read_checkpoint
from communique.models.schema import Schema
from communique.training.bootstrap import Figure
from communique.training.calibrate import calibrate
from communique.training.card import EVALUATION, card_facts, card_text, read_evaluation, write_card
from communique.training.corpus import Record
from communique.training.evaluation import evaluate
from communique.training.labeller import open_labeller
from communique.training.report_table import figure_text


@pytest.fixture(scope="module")
def folder(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory, records: list[Record], schema: Schema) -> Path:
    folder = shutil.copytree(tiny_checkpoint, tmp_path_factory.mktemp("card") / "model", ignore=shutil.ignore_patterns("epochs"))
    calibrate(folder, records)
    write_card(folder, evaluate(open_labeller(folder, WEIGHTS), records, schema, resamples=20).to_dict())
    return folder


@pytest.fixture(scope="module")
def card(folder: Path) -> str:
    return (folder / CARD).read_text(encoding="utf-8")


def test_the_card_follows_from_what_is_stored(folder: Path, card: str) -> None:
    assert card_text(read_evaluation(folder), card_facts(folder)) == card


def test_the_front_matter_is_what_the_hub_reads(card: str) -> None:
    _, front, _ = card.split("---\n", 2)
    data = yaml.safe_load(front)
    assert (data["license"], data["language"], data["library_name"]) == ("apache-2.0", "en", "communique")
    assert "stance-detection" in data["tags"]
    assert "base_model" not in data  # the backbone was no hub model


def test_the_card_holds_scores_calibration_and_checksums(folder: Path, card: str) -> None:
    evaluation, checkpoint = read_evaluation(folder), read_checkpoint(folder)
    for system in evaluation["systems"]:
        assert system["name"] in card
        for figure in system["headline"].values():
            assert figure_text(Figure(**figure)) in card
    for digest in (*checkpoint.sha256.values(), checkpoint.schema.sha256):
        assert digest in card
    for own in checkpoint.training["calibration"].values():
        assert f"{own['before']['type']['ece']:.3f} | {own['after']['type']['ece']:.3f}" in card


def test_tables_are_whole(card: str) -> None:
    lines = card.splitlines()
    for line, following in pairwise(lines):
        if line.startswith("|") and following.startswith("|"):
            assert line.count("|") == following.count("|"), (line, following)


def test_scores_on_the_dev_records_are_said_to_flatter(folder: Path, card: str) -> None:
    assert "so the scores flatter" in card
    assert "so the scores flatter" not in card_text({**read_evaluation(folder), "fingerprint": "another"}, card_facts(folder))


@pytest.mark.parametrize(
    ("backbone", "shown", "hub"),
    [("sentence-transformers/all-MiniLM-L6-v2",) * 2 + (True,), ("/srv/models/all-MiniLM-L6-v2", "all-MiniLM-L6-v2", False)],
)
def test_a_hub_backbone_is_named_and_a_folder_keeps_its_place_to_itself(
    folder: Path, backbone: str, shown: str, hub: bool, tmp_path: Path
) -> None:
    copy = shutil.copytree(folder, tmp_path / "model")
    text = (copy / CONFIG).read_text().replace('"backbone": "random"', f'"backbone": "{backbone}"')
    (copy / CONFIG).write_text(text)
    facts = card_facts(copy)
    assert (facts["backbone"], facts["hub"]) == (shown, hub)
    rendered = card_text(read_evaluation(folder), facts)
    assert (f"base_model: {backbone}" in rendered) == hub
    assert "/srv" not in rendered


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_missing_or_damaged_evaluation_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / EVALUATION).write_text(content)
    with pytest.raises(ModelError, match=r"evaluation.json: .*; score the model and write its card again"):
        read_evaluation(tmp_path)


def test_an_uncalibrated_model_is_said_to_be_one(folder: Path) -> None:
    facts: dict[str, Any] = {**card_facts(folder), "calibration": {}}
    assert "Not calibrated" in card_text(read_evaluation(folder), facts)


def test_the_shipped_card_is_what_its_evaluation_gives() -> None:
    shipped = find_model(None)
    if not (shipped / CONFIG).is_file():
        pytest.skip("no model is shipped with this source tree")
    assert (shipped / CARD).read_text(encoding="utf-8") == card_text(read_evaluation(shipped), card_facts(shipped))
