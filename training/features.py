"""From records to training features: the windows of inference plus label ids, and the collator that pads them.

Invariant: tokenisation and windows come from `inference.encode`; a label that no word carries is never invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import Dataset

from ..inference.encode import EncodingConfig, Window, Words, collate, tokenize, windows
from ..models.schema import Schema
from .corpus import Record

IGNORED = -100  # the label of positions that do not count, torch's own convention


@dataclass(frozen=True)
class Feature:
    """One window with its labels.

    Attributes:
        type: sentence type id.
        stances: class id an issue, shape [issues].
        entities, attribution: tag id of each word of the window, shape [words].
    """

    window: Window
    type: int
    stances: NDArray[np.int64]
    entities: NDArray[np.int64]
    attribution: NDArray[np.int64]


class FeatureSet(Dataset[dict[str, Any]]):
    """Features as a torch dataset; `input_ids` lets samplers group by length."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = features

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, index: int) -> dict[str, Any]:
        feature = self.features[index]
        return {"feature": feature, "input_ids": feature.window.ids}


def make_features(records: Sequence[Record], schema: Schema, tokenizer: Tokenizer, config: EncodingConfig) -> list[Feature]:
    """Encode records; a long sentence becomes several features, each with the labels of its words."""
    sentences = tokenize([record.text for record in records], tokenizer)
    contexts = tokenize([record.context for record in records], tokenizer)
    features = []
    for index, (record, words, context) in enumerate(zip(records, sentences, contexts, strict=True)):
        labels = _labels(record, words, schema)
        for window in windows(words, context if len(context.ids) else None, index, config):
            part = slice(window.first_word, window.first_word + len(window.word_starts))
            features.append(Feature(window, labels.type, labels.stances, labels.entities[part], labels.attribution[part]))
    return features


@dataclass(frozen=True)
class _Labels:
    type: int
    stances: NDArray[np.int64]
    entities: NDArray[np.int64]
    attribution: NDArray[np.int64]


def _labels(record: Record, words: Words, schema: Schema) -> _Labels:
    stances = [schema.stance_names.index(record.stances[i]) if i in record.stances else 0 for i in schema.issue_names]
    roles = {"source": record.source, "cue": record.cue}
    spans = [(*span, role) for role, span in roles.items() if span is not None]
    return _Labels(
        schema.type_names.index(record.type),
        np.array(stances),
        word_tags(words.offsets, record.entities, schema.entity_tags),
        word_tags(words.offsets, spans, schema.attribution_tags),
    )


def word_tags(offsets: NDArray[np.int64], spans: Sequence[tuple[int, int, str]], tags: Sequence[str]) -> NDArray[np.int64]:
    """Turn labelled character spans into one BIO tag id a word.

    Args:
        offsets: start and end of each word, shape [words, 2].
        spans: (start, end, label); a word belongs to the span that it overlaps.
        tags: tag names; the position is the id.

    >>> word_tags(np.array([[0, 4], [5, 9], [10, 14]]), [(0, 9, "GPE")], ["O", "B-GPE", "I-GPE"]).tolist()
    [1, 2, 0]
    """
    result = np.zeros(len(offsets), np.int64)
    for start, end, label in spans:
        inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
        result[inside] = tags.index(f"I-{label}")
        result[inside[:1]] = tags.index(f"B-{label}")
    return result


def collate_features(rows: Sequence[Mapping[str, Any]], pad_id: int) -> dict[str, Tensor]:
    """Pad a batch of features.

    Returns:
        input_ids, attention_mask, token_type_ids, label_entity, label_attribution: int64 [batch, tokens], labels standing at
        each word's first token and `IGNORED` elsewhere; label_type: [batch]; label_stance: [batch, issues].
    """
    features: list[Feature] = [row["feature"] for row in rows]
    batch = collate([feature.window for feature in features], pad_id)
    entity, attribution = (np.full(batch.input_ids.shape, IGNORED) for _ in range(2))
    for row, feature in enumerate(features):
        entity[row, feature.window.word_starts] = feature.entities
        attribution[row, feature.window.word_starts] = feature.attribution
    arrays = {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "token_type_ids": batch.token_type_ids,
        "label_type": np.array([feature.type for feature in features]),
        "label_stance": np.stack([feature.stances for feature in features]),
        "label_entity": entity,
        "label_attribution": attribution,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
