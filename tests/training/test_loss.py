"""The loss against plain sums of log-probabilities."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from communique.training.features import IGNORED
from communique.training.loss import multi_head_loss


@pytest.fixture
def logits() -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(0)
    shapes = {"type": (2, 4), "stance": (2, 3, 4), "entity": (2, 5, 7), "attribution": (2, 5, 5)}
    return {name: torch.randn(*shape, generator=random) for name, shape in shapes.items()}


@pytest.fixture
def batch() -> dict[str, Tensor]:
    words = torch.tensor([[IGNORED, 1, 0, IGNORED, 2], [IGNORED, 0, IGNORED, IGNORED, IGNORED]])
    return {
        "label_type": torch.tensor([3, 1]),
        "label_stance": torch.tensor([[0, 1, 0], [2, 0, 0]]),
        "label_entity": words,
        "label_attribution": words,
    }


def surprise(logits: Tensor, label: Tensor) -> Tensor:
    return -logits.log_softmax(-1)[int(label)]


def test_each_head_is_its_cross_entropy(logits: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    types = sum(surprise(logits["type"][i], batch["label_type"][i]) for i in range(2)) / 2
    stances = sum(surprise(logits["stance"][i, j], batch["label_stance"][i, j]) for i in range(2) for j in range(3)) / 2
    counted = [(i, j) for i in range(2) for j in range(5) if batch["label_entity"][i, j] != IGNORED]
    entities = sum(surprise(logits["entity"][at], batch["label_entity"][at]) for at in counted) / len(counted)
    for head, expected in (("type", types), ("stance", stances), ("entity", entities)):
        assert multi_head_loss(logits, batch, {head: 1.0}).item() == pytest.approx(float(expected), rel=1e-5)


def test_heads_are_weighed_and_summed(logits: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    each = {head: multi_head_loss(logits, batch, {head: 1.0}).item() for head in logits}
    weights = {"type": 2.0, "stance": 0.5, "attribution": 1.0}
    expected = sum(weight * each[head] for head, weight in weights.items())
    assert multi_head_loss(logits, batch, weights).item() == pytest.approx(expected, rel=1e-5)


def test_smoothing_touches_the_type_alone(logits: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    for head in logits:
        same = multi_head_loss(logits, batch, {head: 1.0}, 0.2).item() == pytest.approx(multi_head_loss(logits, batch, {head: 1.0}).item())
        assert same == (head != "type")


def test_half_precision_logits_give_a_full_precision_loss(logits: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    half = {head: values.bfloat16() for head, values in logits.items()}
    assert multi_head_loss(half, batch, {"type": 1.0}).dtype == torch.float32


def test_sure_probabilities_cost_what_their_class_ids_cost(logits: dict[str, Tensor], batch: dict[str, Tensor]) -> None:
    sure = {}
    for head, logit in logits.items():
        labels = batch[f"label_{head}"]
        counted = labels != IGNORED
        sure[f"label_{head}"] = one_hot(labels.clamp(min=0), logit.shape[-1]).half() * counted[..., None]
    for head in logits:
        assert multi_head_loss(logits, sure, {head: 1.0}).item() == pytest.approx(multi_head_loss(logits, batch, {head: 1.0}).item())


def test_the_soft_loss_is_least_where_the_network_agrees(logits: dict[str, Tensor]) -> None:
    targets = {f"label_{head}": logit.softmax(-1) for head, logit in logits.items()}
    moved = {head: logit + torch.linspace(0, 1, logit.shape[-1]) for head, logit in logits.items()}
    for head in logits:
        assert multi_head_loss(logits, targets, {head: 1.0}) < multi_head_loss(moved, targets, {head: 1.0})


def test_a_batch_without_words_costs_nothing_and_harms_nothing(logits: dict[str, Tensor]) -> None:
    none = {f"label_{head}": torch.zeros_like(logit) for head, logit in logits.items()}
    assert multi_head_loss(logits, none, dict.fromkeys(("entity", "attribution"), 1.0)).item() == 0.0
