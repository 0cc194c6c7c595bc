"""The trainer's learning rates, loss and dev scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import TrainingArguments

from communique.models.network import HeadSizes, Network, new_network
from communique.training.recipe import Recipe
from communique.training.trainer import MultiHeadTrainer, parameter_groups

SIZES = HeadSizes(type=4, issues=3, stance=4, entity=5, attribution=5)


@pytest.fixture(scope="module")
def network(tiny_backbone: Path) -> Network:
    return new_network(str(tiny_backbone), SIZES)


def test_every_parameter_has_one_rate_and_the_right_decay(network: Network, smoke_recipe: Recipe) -> None:
    knobs = replace(smoke_recipe.optimisation, learning_rate=1.0, head_learning_rate=7.0, layer_decay=0.5, weight_decay=0.25)
    groups = parameter_groups(network.named_parameters(), replace(smoke_recipe, optimisation=knobs))
    found = {id(p): (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}
    assert sum(len(group["params"]) for group in groups) == len(found) == len(list(network.parameters()))
    for name, parameter in network.named_parameters():
        expected = 7.0 if name.startswith("heads.") else 1.0 if ".layer.1." in name else 0.5 if ".layer.0." in name else 0.25
        assert found[id(parameter)] == (expected, 0.0 if parameter.ndim < 2 else 0.25), name


def test_parameters_without_layers_get_the_top_rate(smoke_recipe: Recipe) -> None:
    [group] = parameter_groups([("embeddings.weight", nn.Parameter(torch.ones(2, 2)))], smoke_recipe)
    assert group["lr"] == smoke_recipe.optimisation.learning_rate


def trainer_of(network: Network, recipe: Recipe, folder: Path) -> MultiHeadTrainer:
    def score_dev(scored: Network) -> dict[str, float]:
        assert not scored.training
        return {"score": 0.5}

    arguments = TrainingArguments(output_dir=str(folder), report_to=[], use_cpu=True)
    return MultiHeadTrainer(model=network, args=arguments, recipe=recipe, score_dev=score_dev)


def batch() -> dict[str, torch.Tensor]:
    ones = torch.ones(2, 6, dtype=torch.int64)
    return {
        "input_ids": ones, "attention_mask": ones, "token_type_ids": ones * 0, "label_type": ones[:, 0], "label_stance": ones[:, :3],
        "label_entity": ones, "label_attribution": ones,
    }  # fmt: skip


def test_heads_that_a_recipe_leaves_out_do_not_learn(network: Network, smoke_recipe: Recipe, tmp_path: Path) -> None:
    trainer = trainer_of(network, replace(smoke_recipe, heads=("type", "entity")), tmp_path)
    network.zero_grad()
    trainer.compute_loss(network, batch()).backward()
    learns = {name.split(".")[1] for name, p in network.named_parameters() if name.startswith("heads.") and p.grad is not None}
    assert learns == {"type_head", "entity_head"}


def test_evaluation_scores_in_eval_mode_and_restores_training(network: Network, smoke_recipe: Recipe, tmp_path: Path) -> None:
    trainer = trainer_of(network, smoke_recipe, tmp_path)
    network.train()
    assert trainer.evaluate()["eval_score"] == 0.5
    assert network.training
    assert trainer.state.log_history[-1]["eval_score"] == 0.5
