"""Hugging Face's Trainer, taught our loss, our learning rates and our dev scores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer

from ..models.network import Network
from .loss import multi_head_loss
from .recipe import Recipe

LABELS = "label_"


class MultiHeadTrainer(Trainer):
    """Trains a `Network` by a recipe.

    Args:
        recipe: The knobs.
        score_dev: Called with the network after every epoch; returns the dev figures, of which `score` chooses the best epoch.
    """

    def __init__(self, *args: Any, recipe: Recipe, score_dev: Callable[[Network], dict[str, float]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recipe = recipe
        self.score_dev = score_dev

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], return_outputs: bool = False, num_items_in_batch: Tensor | int | None = None
    ) -> Any:
        logits = model(**{name: value for name, value in inputs.items() if not name.startswith(LABELS)})
        weights = {head: self.recipe.loss_weights.get(head, 1.0) for head in self.recipe.heads}
        loss = multi_head_loss(logits, inputs, weights, self.recipe.optimisation.label_smoothing)
        return (loss, logits) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            knobs = self.recipe.optimisation
            trained: Any = model or self.model
            groups = parameter_groups(trained.named_parameters(), self.recipe)
            self.optimizer = torch.optim.AdamW(groups, lr=knobs.learning_rate, fused=True)
        return self.optimizer

    def evaluate(self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval") -> dict[str, float]:
        network = self.accelerator.unwrap_model(self.model)
        was_training = network.training
        network.eval()
        figures = {f"{metric_key_prefix}_{name}": value for name, value in self.score_dev(network).items()}
        network.train(was_training)
        self.log(figures)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, figures)
        return figures


def parameter_groups(parameters: Iterable[tuple[str, nn.Parameter]], recipe: Recipe) -> list[dict[str, Any]]:
    """Give heads their own learning rate, lower encoder layers a smaller one, and biases and norms no weight decay."""
    knobs = recipe.optimisation
    named = list(parameters)
    depth = 1 + max((layer for name, _ in named if (layer := _layer(name)) is not None), default=-1)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in named:
        decay = 0.0 if parameter.ndim < 2 else knobs.weight_decay
        groups.setdefault((_rate(name, depth, recipe), decay), []).append(parameter)
    return [{"params": members, "lr": rate, "weight_decay": decay} for (rate, decay), members in groups.items()]


def _rate(name: str, depth: int, recipe: Recipe) -> float:
    knobs = recipe.optimisation
    if name.startswith("heads."):
        return knobs.head_learning_rate
    layer = _layer(name)
    below = depth - 1 - layer if layer is not None else depth  # embeddings lie below all layers
    return knobs.learning_rate * knobs.layer_decay**below


def _layer(name: str) -> int | None:
    match = re.search(r"\.layer\.(\d+)\.", name)
    return int(match[1]) if match else None
