"""Labelled sentences: names and offsets at the border, the same alone and together."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from communique.inference import label as label_module
from communique.inference.encode import Batch
from communique.inference.label import Labeller
from communique.inference.result import Sentence
from communique.inference.score import Logits, Scores
from communique.inference.session import TorchSession, read_network
from communique.models.checkpoint import TOKENIZER, read_checkpoint
from communique.models.schema import Schema, load_schema
from communique.training.corpus import Record

SCHEMA = load_schema()
TEXTS = ["Chile supports peace in Gaza and Taiwan , Ana Ruiz said .", "", "  Peace ! ", "Sanctions on Chile ."]


class Scripted:
    """A session that knows the tag of every word by its token id, and the sentence's type and stances by its first token."""

    def __init__(self, tokenizer: Tokenizer, tags: dict[str, str], roles: dict[str, str]) -> None:
        self.entity = {tokenizer.encode(word, add_special_tokens=False).ids[0]: SCHEMA.entity_tags.index(tag) for word, tag in tags.items()}
        self.role = {tokenizer.encode(word, add_special_tokens=False).ids[0]: SCHEMA.attribution_tags.index(r) for word, r in roles.items()}

    def run(self, batch: Batch) -> Logits:
        rows, tokens = batch.input_ids.shape
        entity = np.zeros((rows, tokens, len(SCHEMA.entity_tags)), np.float32)
        role = np.zeros((rows, tokens, len(SCHEMA.attribution_tags)), np.float32)
        for (i, t), token in np.ndenumerate(batch.input_ids):
            entity[i, t, self.entity.get(int(token), 0)] = 6
            role[i, t, self.role.get(int(token), 0)] = 6
        kind = np.tile(np.array([3, 0, 0, 1], np.float32), (rows, 1))
        stance = np.zeros((rows, len(SCHEMA.issues), len(SCHEMA.stance_names)), np.float32)
        stance[..., 0] = 4
        stance[:, SCHEMA.issue_names.index("palestine"), 1] = 7
        stance[:, SCHEMA.issue_names.index("taiwan"), 2] = 7
        return Logits(kind, stance, entity, role)


@pytest.fixture(scope="module")
def scripted(untrained_checkpoint: Path) -> Labeller:
    tokenizer = Tokenizer.from_file(str(untrained_checkpoint / TOKENIZER))
    tags = {"Chile": "B-GPE", "Gaza": "B-GPE", "Ana": "B-PERSON", "Ruiz": "I-PERSON"}
    session = Scripted(tokenizer, tags, {"Ana": "B-source", "Ruiz": "I-source", "said": "B-cue", "Sanctions": "B-cue"})
    encoding = read_checkpoint(untrained_checkpoint).encoding
    return Labeller(tokenizer, session, SCHEMA, encoding, {}, SCHEMA.issue_names)


@pytest.fixture(scope="module")
def random(untrained_checkpoint: Path) -> Labeller:
    checkpoint = read_checkpoint(untrained_checkpoint)
    session = TorchSession(read_network(untrained_checkpoint, checkpoint))
    tokenizer = Tokenizer.from_file(str(untrained_checkpoint / TOKENIZER))
    return Labeller(tokenizer, session, checkpoint.schema, checkpoint.encoding, {}, checkpoint.schema.issue_names)


def labelled(labeller: Labeller, *texts: str) -> list[Sentence]:
    return labeller.label(texts, [""] * len(texts))


def test_an_issue_that_only_the_context_names_has_no_stance(scripted: Labeller) -> None:
    [sentence] = scripted.label(["Chile supports peace in Gaza ."], ["Taiwan came up ."])
    assert [s.issue for s in sentence.stances] == ["palestine"]


def test_names_and_offsets_stand_at_the_border(scripted: Labeller) -> None:
    [sentence] = labelled(scripted, TEXTS[0])
    assert (sentence.start, sentence.end, sentence.text, sentence.type) == (0, len(TEXTS[0]), TEXTS[0], "stated_position")
    assert [(e.text, e.label) for e in sentence.entities] == [("Chile", "GPE"), ("Gaza", "GPE"), ("Ana Ruiz", "PERSON")]
    assert sentence.source is not None
    assert sentence.source.text == "Ana Ruiz"
    assert sentence.cue is not None
    assert sentence.cue.text == "said"
    assert [(s.issue, s.polarity) for s in sentence.stances] == [("taiwan", "oppose"), ("palestine", "support")]
    assert list(sentence.scores) == list(SCHEMA.type_names)
    assert sum(sentence.scores.values()) == pytest.approx(1)


def test_a_cue_without_a_source_is_left_out(scripted: Labeller) -> None:
    [sentence] = labelled(scripted, "Sanctions on Chile .")
    assert (sentence.source, sentence.cue) == (None, None)


def test_only_the_issues_that_were_asked_for_are_reported(scripted: Labeller) -> None:
    assert [s.issue for s in labelled(replace(scripted, issues=("palestine",)), TEXTS[0])[0].stances] == ["palestine"]
    assert labelled(replace(scripted, issues=()), TEXTS[0])[0].stances == ()


def test_a_sentence_without_words_is_labelled_and_has_no_spans(scripted: Labeller) -> None:
    first, second = labelled(scripted, "", " ")
    assert (first.text, second.text) == ("", " ")
    assert first.entities == second.entities == ()
    assert first.source is None


def test_no_sentences_give_none(scripted: Labeller) -> None:
    assert labelled(scripted) == []


@pytest.mark.parametrize("words", [1, 20, 8192])
def test_groups_keep_the_order(words: int, scripted: Labeller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_module, "GROUP_WORDS", words)
    found = labelled(scripted, *TEXTS)
    assert [sentence.text for sentence in found] == TEXTS
    assert [len(sentence.entities) for sentence in found] == [3, 0, 0, 1]


def test_one_freak_sentence_does_not_pad_its_neighbours_to_its_length(scripted: Labeller) -> None:
    sizes = [20_000, *[20] * 255]
    first_word = np.cumsum([0, *sizes]).astype(np.int64)
    words, sentences = int(first_word[-1]), len(sizes)
    logits = Logits(
        np.zeros((sentences, len(SCHEMA.type_names)), np.float32),
        np.zeros((sentences, len(SCHEMA.issues), len(SCHEMA.stance_names)), np.float32),
        np.zeros((words, len(SCHEMA.entity_tags)), np.float32),
        np.zeros((words, len(SCHEMA.attribution_tags)), np.float32),
    )
    offsets = np.concatenate([np.stack([np.arange(n), np.arange(n) + 1], axis=1) for n in sizes])
    tracemalloc.start()
    found = list(scripted.decode(["x" * n for n in sizes], Scores(logits, first_word, offsets)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 256
    assert peak < 100e6


def answers(sentence: Sentence) -> tuple[object, ...]:
    entities = [(e.start, e.end, e.label) for e in sentence.entities]
    return sentence.text, sentence.type, entities, sentence.source, sentence.cue, [(s.issue, s.polarity) for s in sentence.stances]


def test_together_equals_one_by_one(random: Labeller, records: list[Record]) -> None:
    texts, contexts = [record.text for record in records], [record.context for record in records]
    together = random.label(texts, contexts)
    alone = [random.label([text], [context])[0] for text, context in zip(texts, contexts, strict=True)]
    assert [answers(sentence) for sentence in together] == [answers(sentence) for sentence in alone]
    for a, b in zip(together, alone, strict=True):
        assert list(a.scores.values()) == pytest.approx(list(b.scores.values()), abs=1e-4)
        assert [e.score for e in a.entities] == pytest.approx([e.score for e in b.entities], abs=1e-4)


def test_temperature_changes_probabilities_and_never_labels(random: Labeller, records: list[Record]) -> None:
    texts = [record.text for record in records]
    warm = replace(random, temperatures={"type": 3.0, "stance": 3.0, "entity": 3.0, "attribution": 3.0})
    plain, flat = labelled(random, *texts), labelled(warm, *texts)
    assert [answers(sentence) for sentence in plain] == [answers(sentence) for sentence in flat]
    assert all(max(b.scores.values()) < max(a.scores.values()) for a, b in zip(plain, flat, strict=True))


def test_the_context_is_read(random: Labeller) -> None:
    with_context, without = (random.label(["She said so."], [context])[0] for context in ("Ana Ruiz spoke of Gaza.", ""))
    assert with_context.scores != without.scores
    assert with_context.text == without.text


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.one_of(st.sampled_from("ab \t\n\x00é\u0301👍🇺🇳שם台.,\u200b\ud800"), st.characters()), max_size=80))
def test_every_span_of_every_text_is_cut_out_of_it(text: str, random: Labeller, schema: Schema) -> None:
    [sentence] = labelled(random, text)
    assert sentence.text == text
    spans = [(s.start, s.end, s.text) for s in (*sentence.entities, sentence.source, sentence.cue) if s]
    for start, end, cut in spans:
        assert 0 <= start < end <= len(text)
        assert text[start:end] == cut
    assert all(a.end <= b.start for a, b in pairwise(sentence.entities))
    assert all(0 <= entity.score <= 1 for entity in sentence.entities)
