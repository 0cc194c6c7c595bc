"""From sentences to token windows: the one tokenisation that training and inference share.

A window reads `[CLS] sentence [SEP] context [SEP]`. Long sentences become several overlapping windows, so nothing is cut.
A word is a run of letters or digits, or one punctuation mark; its first token stands for it in the token heads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class EncodingConfig:
    """How many tokens of sentence and context a window holds, and the special token ids."""

    sentence_tokens: int = 160
    context_tokens: int = 48
    overlap_words: int = 24
    cls_id: int = 101
    sep_id: int = 102
    pad_id: int = 0


@dataclass(frozen=True)
class Words:
    """The tokens of one text, grouped into words.

    Attributes:
        ids: token ids, shape [tokens].
        starts: index of each word's first token, shape [words].
        offsets: start and end of each word in the text, in code points, shape [words, 2].
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    offsets: NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """One row of a batch.

    Attributes:
        ids: token ids with special tokens, shape [tokens].
        context_start: index of the first context token, where token types change from 0 to 1.
        word_starts: index in `ids` of each word's first token, shape [words].
        sentence: which sentence the window belongs to.
        first_word: index in the sentence of the window's first word.
    """

    ids: NDArray[np.int64]
    context_start: int
    word_starts: NDArray[np.int64]
    sentence: int
    first_word: int


@dataclass(frozen=True)
class Batch:
    """Padded arrays, each of shape [batch, tokens], int64."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]


def tokenize(texts: Sequence[str], tokenizer: Tokenizer) -> list[Words]:
    """Tokenise texts without special tokens.

    Lone surrogates, which no tokenizer accepts, are read as U+FFFD; that keeps every offset.
    """
    clean = [_LONE_SURROGATE.sub("\ufffd", text) for text in texts]
    encodings = tokenizer.encode_batch(clean, add_special_tokens=False)
    return [_words(text, e.ids, e.word_ids, e.offsets) for text, e in zip(texts, encodings, strict=True)]


def _words(text: str, ids: list[int], word_ids: list[int | None], offsets: list[tuple[int, int]]) -> Words:
    if not ids:
        return Words(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2), np.int64))
    words = np.asarray(word_ids, dtype=np.int64)
    starts = np.flatnonzero(np.diff(words, prepend=-1))
    spans = np.asarray(offsets, dtype=np.int64)
    ends = np.append(starts[1:], len(ids)) - 1
    edges = np.stack([spans[starts, 0], spans[ends, 1]], axis=1)
    return Words(np.asarray(ids, dtype=np.int64), starts, edges if text.isascii() else _with_accents(text, edges))


def _with_accents(text: str, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    # Uncased tokenizers strip combining accents; without this a word would end in front of the accent of its last letter.
    for index, end in enumerate(edges[:, 1].tolist()):
        while end < len(text) and category(text[end]) == "Mn":
            end += 1
        edges[index, 1] = end
    return edges


def windows(sentence: Words, context: Words | None, index: int, config: EncodingConfig) -> list[Window]:
    """Lay one sentence, with the end of its context, into as many windows as it needs."""
    tail = context.ids[-config.context_tokens :] if context is not None and config.context_tokens else np.empty(0, np.int64)
    return [_window(sentence, tail, index, first, last, config) for first, last in _word_ranges(sentence, config)]


def _word_ranges(sentence: Words, config: EncodingConfig) -> list[tuple[int, int]]:
    ends = np.append(sentence.starts[1:], len(sentence.ids))  # token index behind each word
    total = len(sentence.starts)
    ranges, first = [], 0
    while True:
        begin = sentence.starts[first] if total else 0
        last = int(np.searchsorted(ends, begin + config.sentence_tokens, side="right"))
        last = max(last, min(first + 1, total))  # one word of endless tokens still makes progress
        ranges.append((first, last))
        if last >= total:
            return ranges
        first = last - min(config.overlap_words, (last - first) // 2)  # words of many tokens: never creep forward word by word


def _window(sentence: Words, tail: NDArray[np.int64], index: int, first: int, last: int, config: EncodingConfig) -> Window:
    begin = int(sentence.starts[first]) if len(sentence.starts) else 0
    end = int(sentence.starts[last]) if last < len(sentence.starts) else len(sentence.ids)
    body = sentence.ids[begin:end][: config.sentence_tokens]
    sep = [config.sep_id]
    ids = np.concatenate([[config.cls_id], body, sep, *([tail, sep] if len(tail) else [])]).astype(np.int64)
    return Window(ids, len(body) + 2, sentence.starts[first:last] - begin + 1, index, first)


def collate(rows: Sequence[Window], pad_id: int) -> Batch:
    """Pad windows to the longest of them."""
    lengths = np.array([len(row.ids) for row in rows])
    width = int(lengths.max())
    columns = np.arange(width)
    mask = columns < lengths[:, None]
    input_ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    input_ids[mask] = np.concatenate([row.ids for row in rows])
    types = mask & (columns >= np.array([row.context_start for row in rows])[:, None])
    return Batch(input_ids, mask.astype(np.int64), types.astype(np.int64))
