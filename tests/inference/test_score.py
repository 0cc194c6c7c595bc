"""Aggregation: every word gets the mean of its windows, whatever the batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from communique.inference.encode import Batch, EncodingConfig, Window, tokenize, windows
from communique.inference.score import Logits, Scores, batches, score

TEXTS = [
    "Chile firmly supports the two-state solution, the minister said on Monday after the talks in Santiago.",
    "",
    "Peace.",
    "The two sides agreed, again and again, that trade, peace, energy and the Belt and Road matter; " * 3,
    "👍",
    "She called on both sides to end the war.",
]


class Echo:
    """A session whose logits say which token stands where: enough to recompute every aggregate by hand."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def run(self, batch: Batch) -> Logits:
        self.batches.append(batch)
        ids = batch.input_ids.astype(np.float32)
        position = np.broadcast_to(np.arange(ids.shape[1], dtype=np.float32), ids.shape)
        length = batch.attention_mask.sum(axis=1).astype(np.float32)
        of_row = np.stack([length, (ids * batch.attention_mask).sum(axis=1)], axis=1)
        return Logits(of_row, np.repeat(of_row[:, None], 3, axis=1), np.stack([ids, position, -ids], axis=2), position[..., None])


class ByToken:
    """A session whose token logits depend on the token alone, so that the window makes no difference."""

    def run(self, batch: Batch) -> Logits:
        ids = batch.input_ids.astype(np.float32)
        zeros = np.zeros((len(ids), 2), np.float32)
        return Logits(zeros, zeros[:, None], np.stack([ids, ids % 7], axis=2), ids[..., None] % 5)


@pytest.fixture(scope="module")
def tokenizer(tiny_backbone: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))


@pytest.fixture(scope="module")
def score_texts(tokenizer: Tokenizer) -> Callable[..., Scores]:
    def scored(texts: list[str], session: Echo | ByToken, tokens: int = 160, overlap: int = 24, batch_tokens: int = 2048) -> Scores:
        config = EncodingConfig(sentence_tokens=tokens, overlap_words=overlap, context_tokens=4, cls_id=2, sep_id=3)
        return score(texts, ["", *texts][: len(texts)], tokenizer, session, config, batch_tokens)

    return scored


def assert_equal(a: Scores, b: Scores) -> None:
    for name in ("type", "stance", "entity", "attribution"):
        np.testing.assert_allclose(getattr(a.logits, name), getattr(b.logits, name), rtol=1e-5, err_msg=name)
    np.testing.assert_array_equal(a.first_word, b.first_word)
    np.testing.assert_array_equal(a.offsets, b.offsets)


def test_offsets_point_at_the_words_of_each_sentence(score_texts: Callable[..., Scores]) -> None:
    scores = score_texts(["Peace, now", "", "Xi met Lula."], Echo())
    words = [
        [text[a:b] for a, b in scores.offsets[scores.first_word[i] : scores.first_word[i + 1]]]
        for i, text in enumerate(["Peace, now", "", "Xi met Lula."])
    ]
    assert words == [["Peace", ",", "now"], [], ["Xi", "met", "Lula", "."]]
    assert scores.logits.type.shape == (3, 2)
    assert scores.logits.entity.shape == (7, 3)


def test_windowed_token_logits_equal_the_unwindowed_where_the_window_makes_no_difference(score_texts: Callable[..., Scores]) -> None:
    assert_equal(score_texts(TEXTS, ByToken(), tokens=9, overlap=3), score_texts(TEXTS, ByToken(), tokens=1000))


@pytest.mark.parametrize("batch_tokens", [1, 40, 10_000])
def test_words_in_two_windows_of_one_batch_get_the_mean_and_not_the_last(
    batch_tokens: int, score_texts: Callable[..., Scores], tokenizer: Tokenizer
) -> None:
    config = EncodingConfig(sentence_tokens=8, overlap_words=3, context_tokens=0, cls_id=2, sep_id=3)
    words = tokenize([TEXTS[0]], tokenizer)[0]
    rows = windows(words, None, 0, config)
    assert len(rows) > 2
    seen: dict[int, list[int]] = {}
    for row in rows:
        for k, position in enumerate(row.word_starts.tolist()):
            seen.setdefault(row.first_word + k, []).append(position)
    scores = score_texts([TEXTS[0]], Echo(), tokens=8, overlap=3, batch_tokens=batch_tokens)
    assert scores.logits.attribution[:, 0].tolist() == pytest.approx([np.mean(seen[k]) for k in range(len(words.starts))])
    assert scores.logits.type[0, 0] == pytest.approx(np.mean([len(row.ids) for row in rows]))


@settings(max_examples=30, deadline=None)
@given(batch_tokens=st.integers(1, 600), order=st.permutations(range(len(TEXTS))), tokens=st.integers(3, 40), overlap=st.integers(0, 20))
def test_batches_never_change_results(
    batch_tokens: int, order: list[int], tokens: int, overlap: int, score_texts: Callable[..., Scores]
) -> None:
    texts = [TEXTS[i] for i in order]
    batched = score_texts(texts, Echo(), tokens=tokens, overlap=overlap, batch_tokens=batch_tokens)
    assert_equal(batched, score_texts(texts, Echo(), tokens=tokens, overlap=overlap, batch_tokens=1))


def test_no_sentences_need_no_session(score_texts: Callable[..., Scores]) -> None:
    session = Echo()
    scores = score_texts([], session)
    assert (session.batches, scores.first_word.tolist(), scores.offsets.shape) == ([], [0], (0, 2))


def test_the_context_is_seen_as_second_segment(score_texts: Callable[..., Scores]) -> None:
    session = Echo()
    score_texts(["Peace now", "Xi met"], session, batch_tokens=1)
    types = {tuple(batch.token_type_ids[0].tolist()) for batch in session.batches}
    assert (0, 0, 0, 0) in {row[:4] for row in types}
    assert {max(row) for row in types} == {0, 1}  # the first sentence has no context, the second one has


def row_of(tokens: int, sentence: int) -> Window:
    return Window(np.zeros(tokens, np.int64), tokens, np.empty(0, np.int64), sentence, 0)


@settings(max_examples=100, deadline=None)
@given(lengths=st.lists(st.integers(2, 40), max_size=40), batch_tokens=st.integers(1, 200))
def test_batches_hold_each_window_once_within_the_limit(lengths: list[int], batch_tokens: int) -> None:
    groups = list(batches([row_of(tokens, i) for i, tokens in enumerate(lengths)], batch_tokens))
    assert sorted(row.sentence for group in groups for row in group) == list(range(len(lengths)))
    assert all(len(group) == 1 or len(group) * max(len(row.ids) for row in group) <= batch_tokens for group in groups)
    sizes = [len(row.ids) for group in groups for row in group]
    assert sizes == sorted(sizes, reverse=True)
