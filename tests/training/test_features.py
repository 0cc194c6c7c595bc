"""Labels reach the words that they belong to, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from communique.inference.encode import EncodingConfig, tokenize
from communique.models.schema import Schema
from communique.training.corpus import Record
from communique.training.features import IGNORED, FeatureSet, collate_features, make_features, word_tags

TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


@pytest.fixture(scope="module")
def tokenizer(tiny_backbone: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))


@settings(max_examples=80, deadline=None)
@given(lengths=st.lists(st.integers(1, 4), min_size=1, max_size=8), data=st.data())
def test_tags_against_a_loop_over_words(lengths: list[int], data: st.DataObject) -> None:
    ends = np.cumsum([length + 1 for length in lengths]) - 1
    offsets = np.stack([ends - lengths, ends], axis=1)
    cuts = sorted(data.draw(st.sets(st.integers(0, int(ends[-1])), max_size=6)))
    spans = [(a, b, data.draw(st.sampled_from("xy"))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    expected = ["O"] * len(lengths)
    for start, end, label in spans:
        inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
        for number, index in enumerate(inside):
            expected[index] = f"{'I' if number else 'B'}-{label}"
    assert [TAGS[tag] for tag in word_tags(offsets, spans, TAGS)] == expected


def test_features_hold_every_label_of_a_record(records: list[Record], schema: Schema, tokenizer: Tokenizer) -> None:
    features = make_features(records, schema, tokenizer, EncodingConfig())
    assert len(features) == len(records)
    for record, feature in zip(records, features, strict=True):
        offsets = tokenize([record.text], tokenizer)[0].offsets
        assert schema.type_names[feature.targets.type] == record.type
        assert {i: schema.stance_names[s] for i, s in zip(schema.issue_names, feature.targets.stances, strict=True) if s} == record.stances
        begins = [i for i, tag in enumerate(feature.targets.entities) if tag % 2]
        assert [offsets[i, 0] for i in begins] == [start for start, _, _ in record.entities]
        roles = {schema.attribution_tags[tag] for tag in feature.targets.attribution if tag % 2}
        assert roles == {f"B-{role}" for role, span in (("source", record.source), ("cue", record.cue)) if span}


def test_long_sentences_become_windows_with_their_own_labels(records: list[Record], schema: Schema, tokenizer: Tokenizer) -> None:
    config = EncodingConfig(sentence_tokens=12, overlap_words=2)
    whole = make_features(records[:1], schema, tokenizer, EncodingConfig())[0]
    parts = make_features(records[:1], schema, tokenizer, config)
    assert len(parts) > 1
    for part in parts:
        first = part.window.first_word
        own = part.targets.entities
        np.testing.assert_array_equal(own, whole.targets.entities[first : first + len(own)])
        assert part.targets.type == whole.targets.type


def test_collation_labels_first_tokens_only(records: list[Record], schema: Schema, tokenizer: Tokenizer) -> None:
    features = make_features(records[:3], schema, tokenizer, EncodingConfig())
    rows = FeatureSet(features)
    batch = collate_features([rows[i] for i in range(len(rows))], pad_id=0)
    assert batch["label_type"].tolist() == [feature.targets.type for feature in features]
    assert batch["label_stance"].shape == (3, len(schema.issues))
    for head in ("entity", "attribution"):
        labels = batch[f"label_{head}"]
        assert labels.shape == batch["input_ids"].shape == batch["attention_mask"].shape
        assert (labels != IGNORED).sum(dim=1).tolist() == [len(feature.targets.entities) for feature in features]
        assert (labels[batch["attention_mask"] == 0] == IGNORED).all()
        assert (labels[batch["token_type_ids"] == 1] == IGNORED).all()  # the context carries no labels
