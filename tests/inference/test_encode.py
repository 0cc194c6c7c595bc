"""Tokenisation keeps every offset, and windows lose no word."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from communique.inference.encode import EncodingConfig, Words, collate, tokenize, windows

AWKWARD = st.text(
    st.one_of(
        st.sampled_from("ab Zé,.'\"-9 \t\n\r\f\v\x00\x1c\x85\xa0\u00ad\u200b\u2009\u2028\u3000\ufeff\ufffd"),
        st.sampled_from("e\u0301\u0308👩‍👩‍👧🇺🇳שלוםمرحبا台灣ﬁİßŒ\ud800\udfff"),
        st.characters(),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def tokenizer(tiny_backbone: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny_backbone / "tokenizer.json"))


def words_of(text: str, tokenizer: Tokenizer) -> list[str]:
    return [text[start:end] for start, end in tokenize([text], tokenizer)[0].offsets]


def made(lengths: list[int], first_id: int = 1000) -> Words:
    """Words of so many tokens each, the tokens numbered through."""
    total = sum(lengths)
    starts = np.cumsum([0, *lengths])[:-1].astype(np.int64)
    offsets = np.stack([np.arange(len(lengths)), np.arange(len(lengths)) + 1], axis=1).astype(np.int64)
    return Words(np.arange(first_id, first_id + total, dtype=np.int64), starts, offsets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Xi met Lula.", ["Xi", "met", "Lula", "."]),
        ("  Xi\t\tmet\n\n Lula  ", ["Xi", "met", "Lula"]),
        ("a\xa0b\u2009c\u3000d", ["a", "b", "c", "d"]),
        ("👍 Peace 🇺🇳 now", ["👍", "Peace", "🇺🇳", "now"]),
        ("cafe\u0301 café", ["cafe\u0301", "café"]),
        ("台灣 is", ["台", "灣", "is"]),
        ("שלום, עולם", ["שלום", ",", "עולם"]),
        ("a\x00b c", ["a\x00b", "c"]),
        ("one-China", ["one", "-", "China"]),
        ("U.S.’s", ["U", ".", "S", ".", "’", "s"]),
    ],
)
def test_words_are_the_stretches_of_the_text_as_given(text: str, expected: list[str], tokenizer: Tokenizer) -> None:
    assert words_of(text, tokenizer) == expected


@pytest.mark.parametrize("text", ["", " \t\n", "\x00\x01", "\u200b"])
def test_a_text_without_words_has_no_tokens(text: str, tokenizer: Tokenizer) -> None:
    words = tokenize([text], tokenizer)[0]
    assert (words.ids.shape, words.starts.shape, words.offsets.shape) == ((0,), (0,), (0, 2))


def test_a_lone_surrogate_moves_no_offset(tokenizer: Tokenizer) -> None:
    assert words_of("Xi \ud83d met Lula", tokenizer)[-2:] == ["met", "Lula"]


@settings(max_examples=150, deadline=None)
@given(text=AWKWARD)
def test_offsets_are_ordered_inside_the_text_and_hold_every_letter(text: str, tokenizer: Tokenizer) -> None:
    words = tokenize([text], tokenizer)[0]
    edges = words.offsets.ravel().tolist()
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in words.offsets)
    assert len(words.starts) == len(words.offsets)
    inside = {i for start, end in words.offsets for i in range(start, end)}
    assert inside >= {i for i, character in enumerate(text) if character.isascii() and character.isalnum()}


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(AWKWARD, max_size=5))
def test_texts_are_tokenised_alike_alone_and_together(texts: list[str], tokenizer: Tokenizer) -> None:
    for text, together in zip(texts, tokenize(texts, tokenizer), strict=True):
        alone = tokenize([text], tokenizer)[0]
        assert alone.ids.tolist() == together.ids.tolist()
        assert alone.offsets.tolist() == together.offsets.tolist()


CONFIGS = st.builds(
    EncodingConfig,
    sentence_tokens=st.integers(1, 12),
    context_tokens=st.integers(0, 5),
    overlap_words=st.integers(0, 14),
    cls_id=st.just(1),
    sep_id=st.just(2),
)


@settings(max_examples=300, deadline=None)
@given(lengths=st.lists(st.integers(1, 15), max_size=40), context=st.one_of(st.none(), st.integers(0, 8)), config=CONFIGS)
def test_windows_hold_every_word_in_order(lengths: list[int], context: int | None, config: EncodingConfig) -> None:
    sentence = made(lengths)
    before = made([1] * context, first_id=5000) if context is not None else None
    rows = windows(sentence, before, 7, config)
    seen = []
    for row in rows:
        here = range(row.first_word, row.first_word + len(row.word_starts))
        assert row.ids[row.word_starts].tolist() == sentence.ids[sentence.starts[here.start : here.stop]].tolist()
        assert row.sentence == 7
        seen.append(here)
    assert sorted({word for here in seen for word in here}) == list(range(len(lengths)))
    assert all(a.start < b.start <= a.stop <= b.stop for a, b in pairwise(seen))


@settings(max_examples=200, deadline=None)
@given(lengths=st.lists(st.integers(1, 15), max_size=40), context=st.integers(0, 8), config=CONFIGS)
def test_a_window_reads_cls_sentence_sep_context_sep_within_its_size(lengths: list[int], context: int, config: EncodingConfig) -> None:
    for row in windows(made(lengths), made([1] * context, first_id=5000), 0, config):
        kept = min(context, config.context_tokens)
        body = row.context_start - 2
        assert body <= config.sentence_tokens
        assert row.ids[0] == 1
        assert row.ids[row.context_start - 1] == 2
        tail = row.ids[row.context_start :].tolist()
        assert tail == ([*range(5000 + context - kept, 5000 + context), 2] if kept else [])


def test_neighbouring_windows_share_the_configured_words() -> None:
    rows = windows(made([1] * 25), None, 0, EncodingConfig(sentence_tokens=10, overlap_words=4))
    assert [(row.first_word, len(row.word_starts)) for row in rows] == [(0, 10), (6, 10), (12, 10), (18, 7)]


def test_a_sentence_that_fits_exactly_is_one_window() -> None:
    assert len(windows(made([2] * 5), None, 0, EncodingConfig(sentence_tokens=10))) == 1
    assert len(windows(made([2] * 5 + [1]), None, 0, EncodingConfig(sentence_tokens=10))) == 2


def test_one_endless_word_makes_progress() -> None:
    rows = windows(made([1, 500, 1]), None, 0, EncodingConfig(sentence_tokens=10, overlap_words=24))
    assert [(row.first_word, len(row.word_starts), len(row.ids)) for row in rows] == [(0, 1, 3), (1, 1, 12), (2, 1, 3)]


def test_an_overlap_wider_than_the_window_moves_by_half_a_window_not_by_one_word() -> None:
    rows = windows(made([1] * 6), None, 0, EncodingConfig(sentence_tokens=3, overlap_words=100))
    assert [row.first_word for row in rows] == [0, 2, 4]


def test_a_sentence_without_words_still_has_a_window_beside_its_context() -> None:
    config = EncodingConfig(cls_id=1, sep_id=2)
    assert [row.ids.tolist() for row in windows(made([]), made([1, 1], 50), 0, config)] == [[1, 2, 50, 51, 2]]
    assert [row.ids.tolist() for row in windows(made([]), made([]), 0, config)] == [[1, 2]]


def test_collate_pads_and_marks_the_context() -> None:
    config = EncodingConfig(cls_id=1, sep_id=2)
    rows = [*windows(made([1, 1], 10), made([1], 20), 0, config), *windows(made([1], 30), None, 1, config)]
    batch = collate(rows, pad_id=9)
    assert batch.input_ids.tolist() == [[1, 10, 11, 2, 20, 2], [1, 30, 2, 9, 9, 9]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]]
    assert batch.token_type_ids.tolist() == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]]
    assert {array.dtype for array in (batch.input_ids, batch.attention_mask, batch.token_type_ids)} == {np.dtype(np.int64)}


def test_words_of_many_tokens_do_not_multiply_the_windows() -> None:
    rows = windows(made([8] * 400), None, 0, EncodingConfig(sentence_tokens=160, overlap_words=24))
    assert len(rows) <= 2 * 400 * 8 / 160
