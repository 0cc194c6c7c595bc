"""The training loss: a weighted sum of one cross-entropy a head."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

from .features import IGNORED


def multi_head_loss(
    logits: Mapping[str, Tensor], batch: Mapping[str, Tensor], weights: Mapping[str, float], smoothing: float = 0.0
) -> Tensor:
    """Sum the heads' cross-entropies.

    Stances are summed over issues before the mean over the batch: nearly all (sentence, issue) pairs are absent, and a
    plain mean would drown the few that are not.

    Args:
        logits: as `Network.forward` returns them.
        batch: as `collate_features` returns it, with class ids or with probabilities for labels.
        weights: factor a head; heads left out do not train.
        smoothing: label smoothing of the sentence type, where labels are ids.
    """
    losses = [weight * _head_loss(head, logits[head].float(), batch[f"label_{head}"], smoothing) for head, weight in weights.items()]
    return sum(losses[1:], losses[0])


def _head_loss(head: str, logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    if labels.is_floating_point():
        return _soft_loss(head, logits, labels.float())
    if head == "type":
        return cross_entropy(logits, labels, label_smoothing=smoothing)
    flat, targets = logits.flatten(0, 1), labels.flatten()
    if head == "stance":
        return cross_entropy(flat, targets, reduction="sum") / len(labels)
    return cross_entropy(flat, targets, ignore_index=IGNORED)


def _soft_loss(head: str, logits: Tensor, probabilities: Tensor) -> Tensor:
    """Cross-entropy with a distribution at every place; places whose distribution is all zero do not count."""
    total = -(probabilities * log_softmax(logits, dim=-1)).sum()
    places = len(probabilities) if head == "stance" else probabilities.sum().clamp(min=1)  # a batch may hold no words at all
    return total / places
