"""The network: one transformer encoder with two sequence heads and two token heads.

Each head has the shape that `transformers` uses for its plain classifiers (tanh pooler on [CLS] plus linear layer for sequences,
linear layer for tokens), so that every task can leave as a checkpoint that `transformers.pipeline` loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

HEADS = ("type", "stance", "entity", "attribution")


@dataclass(frozen=True)
class HeadSizes:
    """How many classes each head tells apart; stances are `issues` times `stance` classes."""

    type: int
    issues: int
    stance: int
    entity: int
    attribution: int


class SequenceHead(nn.Module):
    """tanh pooler on the first token, dropout, linear layer: as in `BertForSequenceClassification`."""

    def __init__(self, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)

    def forward(self, hidden: Tensor) -> Tensor:  # [batch, tokens, width] -> [batch, classes]
        pooled = torch.tanh(self.dense(hidden[:, 0]))
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits


class TokenHead(nn.Module):
    """Dropout and a linear layer on every token: as in `BertForTokenClassification`."""

    def __init__(self, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)

    def forward(self, hidden: Tensor) -> Tensor:  # [batch, tokens, width] -> [batch, tokens, classes]
        logits: Tensor = self.classifier(self.dropout(hidden))
        return logits


class Network(nn.Module):
    """Shared encoder and four heads.

    Args:
        encoder: A `transformers` encoder.
        sizes: Classes of each head.
        dropout: Probability of dropping a feature in front of each head's linear layer.
    """

    def __init__(self, encoder: nn.Module, sizes: HeadSizes, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.sizes = sizes
        config: Any = encoder.config
        width = int(config.hidden_size)
        self.has_token_types = getattr(config, "type_vocab_size", 0) > 1
        self.heads = nn.ModuleDict(  # "type" alone would hide a method of Module
            {
                "type_head": SequenceHead(width, sizes.type, dropout),
                "stance_head": SequenceHead(width, sizes.issues * sizes.stance, dropout),
                "entity_head": TokenHead(width, sizes.entity, dropout),
                "attribution_head": TokenHead(width, sizes.attribution, dropout),
            }
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> dict[str, Tensor]:
        """Score a batch.

        Args:
            input_ids, attention_mask, token_type_ids: int64, [batch, tokens].

        Returns:
            Logits: type [batch, types], stance [batch, issues, stances], entity and attribution [batch, tokens, tags].
        """
        extra = {"token_type_ids": token_type_ids} if self.has_token_types else {}
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **extra).last_hidden_state
        logits = {name: self.heads[f"{name}_head"](hidden) for name in HEADS}
        logits["stance"] = logits["stance"].unflatten(-1, (self.sizes.issues, self.sizes.stance))
        return logits


def new_network(backbone: str, sizes: HeadSizes, dropout: float = 0.1, encoder_dropout: float = 0.1) -> Network:
    """Put fresh heads on a pretrained encoder (a hub name or a folder), ready to train."""
    config = AutoConfig.from_pretrained(backbone)
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):  # BERT's names, DistilBERT's
        if hasattr(config, name):
            setattr(config, name, encoder_dropout)
    encoder = AutoModel.from_pretrained(backbone, config=config, **_no_pooler(config))
    if not torch.cuda.is_available():
        encoder.set_attn_implementation("eager")  # on a CPU, flash attention's backward pass takes twice the time of plain products
    return Network(encoder, sizes, dropout)


def empty_network(encoder_config: Mapping[str, Any], sizes: HeadSizes) -> Network:
    """Build the network of a checkpoint, without weights, from the encoder's configuration."""
    settings = dict(encoder_config)
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    return Network(AutoModel.from_config(config, **_no_pooler(config)), sizes, dropout=0.0)


def _no_pooler(config: Any) -> dict[str, bool]:
    # The heads bring their own poolers; the encoder's would be dead weight in every checkpoint.
    return {"add_pooling_layer": False} if config.model_type in {"bert", "mpnet", "roberta"} else {}
