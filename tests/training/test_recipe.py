"""Recipes: what is read, and what is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from communique.errors import ConfigError
from communique.models.network import HEADS
from communique.training.recipe import Optimisation, read_recipe

SMALLEST: dict[str, Any] = {"name": "n", "backbone": "b", "records": {"train": ["t.jsonl"], "dev": ["d.jsonl"]}}

TAUGHT: dict[str, Any] = {"teachers": ["runs/teacher"], "unlabelled": ["u.jsonl"]}


def written(folder: Path, data: Any) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_the_smallest_recipe_gets_the_defaults(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, SMALLEST))
    assert (recipe.name, recipe.backbone, recipe.seed) == ("n", "b", 0)
    assert (recipe.records.train, recipe.records.dev) == (("t.jsonl",), ("d.jsonl",))
    assert recipe.heads == HEADS
    assert recipe.optimisation == Optimisation()


def test_a_recipe_survives_writing_and_reading(tmp_path: Path) -> None:
    knobs = {"epochs": 3, "learning_rate": 0.5, "precision": "fp32"}
    data = {**SMALLEST, "seed": 7, "heads": ["type"], "encoding": {"context_tokens": 0}, "optimisation": knobs, "distillation": TAUGHT}
    recipe = read_recipe(written(tmp_path, data))
    again = json.loads(json.dumps(recipe.to_dict()))  # as a checkpoint stores it
    assert read_recipe(written(tmp_path, again)) == recipe
    assert (recipe.optimisation.epochs, recipe.encoding.context_tokens, recipe.heads) == (3, 0, ("type",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 3}, "unknown key 'epochs'.*`optimisation`"),
        ({"optimisation": {"epoch": 3}}, "optimisation: unknown key 'epoch'"),
        ({"optimisation": {"backbone": "b"}}, "optimisation: unknown key 'backbone'"),
        ({"optimisation": {"learning_rate": "1e-4"}}, "optimisation: learning_rate: expected float, found '1e-4'; write 1.0e-4"),
        ({"optimisation": {"epochs": True}}, "optimisation: epochs: expected float, found True"),
        ({"optimisation": {"precision": 16}}, "optimisation: precision: expected str, found 16"),
        ({"records": {"train": ["t.jsonl"]}}, "records: the key 'dev' is missing"),
        ({"records": {"train": "t.jsonl", "dev": []}}, "records: train: expected a list of file names"),
        ({"heads": ["types"]}, "unknown head 'types'; known heads: type, stance, entity, attribution"),
        ({"loss_weights": {"holder": 1.0}}, "unknown head 'holder'"),
        ({"distillation": {"teachers": ["runs/teacher"]}}, "distillation: the key 'unlabelled' is missing"),
        ({"teachers": ["runs/teacher"]}, "unknown key 'teachers'.*`distillation`"),
        ({"distillation": {"teachers": [], "unlabelled": []}}, "distillation: teachers: name at least one"),
        ({"distillation": {**TAUGHT, "teacher_weight": 50}}, "distillation: teacher_weight: 50 is not a share"),
        ({"distillation": TAUGHT, "optimisation": {"label_smoothing": 0.1}}, "optimisation: label_smoothing: the teachers smooth"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"recipe.yaml: {message}"):
        read_recipe(written(tmp_path, {**SMALLEST, **change}))


@pytest.mark.parametrize("key", SMALLEST)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"recipe.yaml: the key '{key}' is missing"):
        read_recipe(written(tmp_path, {name: value for name, value in SMALLEST.items() if name != key}))


def test_a_missing_file_and_broken_yaml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: no such file"):
        read_recipe(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("name: n\nrecords: [")
    with pytest.raises(ConfigError, match=r"broken.yaml:\d: not valid YAML"):
        read_recipe(tmp_path / "broken.yaml")
