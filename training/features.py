"""From records to training features: the windows of inference plus label ids, and the collator that pads them.

Invariant: tokenisation and windows come from `inference.encode`; a label that no word carries is never invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
class Targets:
    """What the heads should say of a sentence: class ids, or probabilities with the classes as one more axis.

    Attributes:
        type: sentence type, shape [].
        stances: shape [issues].
        entities, attribution: tags of each word, shape [words].
    """

    type: NDArray[Any]
    stances: NDArray[Any]
    entities: NDArray[Any]
    attribution: NDArray[Any]

    def of_window(self, window: Window) -> Targets:
        """Keep the words of one window."""
        part = slice(window.first_word, window.first_word + len(window.word_starts))
        return replace(self, entities=self.entities[part], attribution=self.attribution[part])


@dataclass(frozen=True)
class Feature:
    """One window with its targets."""

    window: Window
    targets: Targets


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
    words = tokenize([record.text for record in records], tokenizer)
    targets = [gold_targets(record, own, schema) for record, own in zip(records, words, strict=True)]
    return lay_windows(words, [record.context for record in records], targets, tokenizer, config)


def lay_windows(
    sentences: Sequence[Words], contexts: Sequence[str], targets: Sequence[Targets], tokenizer: Tokenizer, config: EncodingConfig
) -> list[Feature]:
    """Lay sentences with their contexts and targets into the windows of inference."""
    rows = enumerate(zip(sentences, tokenize(contexts, tokenizer), targets, strict=True))
    return [
        Feature(window, own.of_window(window))
        for index, (words, context, own) in rows
        for window in windows(words, context if len(context.ids) else None, index, config)
    ]


def gold_targets(record: Record, words: Words, schema: Schema) -> Targets:
    """The class ids that a record's labels stand for."""
    stances = [schema.stance_names.index(record.stances[i]) if i in record.stances else 0 for i in schema.issue_names]
    roles = {"source": record.source, "cue": record.cue}
    spans = [(*span, role) for role, span in roles.items() if span is not None]
    return Targets(
        np.array(schema.type_names.index(record.type)),
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
        input_ids, attention_mask, token_type_ids: int64 [batch, tokens]; label_type [batch], label_stance [batch, issues],
        label_entity and label_attribution [batch, tokens], standing at each word's first token. Labels are class ids, with
        `IGNORED` at other tokens; or probabilities with the classes as one more axis, all zero at other tokens.
    """
    features: list[Feature] = [row["feature"] for row in rows]
    batch = collate([feature.window for feature in features], pad_id)
    arrays = {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "token_type_ids": batch.token_type_ids,
        "label_type": np.stack([feature.targets.type for feature in features]),
        "label_stance": np.stack([feature.targets.stances for feature in features]),
        "label_entity": _at_words(features, [feature.targets.entities for feature in features], batch.input_ids.shape),
        "label_attribution": _at_words(features, [feature.targets.attribution for feature in features], batch.input_ids.shape),
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _at_words(features: Sequence[Feature], targets: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> NDArray[Any]:
    ids = targets[0].ndim == 1
    result = np.full((*shape, *targets[0].shape[1:]), IGNORED if ids else 0, targets[0].dtype)
    for row, (feature, own) in enumerate(zip(features, targets, strict=True)):
        result[row, feature.window.word_starts] = own
    return result
