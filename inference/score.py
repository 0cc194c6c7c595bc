"""From sentences to logits: windows, length-sorted batches, and the aggregation of overlapping windows.

Invariant: no decision is taken here, and every word of every sentence gets logits, however long the sentence is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .encode import Batch, EncodingConfig, Window, Words, collate, tokenize, windows

BATCH_TOKENS = 2048  # rows times width of one batch; larger batches fall out of the processor's cache


@dataclass(frozen=True)
class Logits:
    """Raw outputs of a network for one batch or, with words in place of tokens, for many sentences.

    Attributes:
        type: [rows, types].
        stance: [rows, issues, stances].
        entity: [rows, tokens, entity tags], or [words, entity tags].
        attribution: [rows, tokens, attribution tags], or [words, attribution tags].
    """

    type: NDArray[np.float32]
    stance: NDArray[np.float32]
    entity: NDArray[np.float32]
    attribution: NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """Logits of many sentences.

    Attributes:
        logits: rows are sentences; the words of all sentences lie behind each other.
        first_word: where each sentence's words begin, shape [sentences + 1].
        offsets: start and end of each word in its sentence, in code points, shape [words, 2].
    """

    logits: Logits
    first_word: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Session(Protocol):
    """Anything that turns a batch into logits: onnxruntime, torch, or a test double."""

    def run(self, batch: Batch) -> Logits: ...


def score(
    sentences: Sequence[str],
    contexts: Sequence[str],
    tokenizer: Tokenizer,
    session: Session,
    config: EncodingConfig,
    batch_tokens: int = BATCH_TOKENS,
) -> Scores:
    """Score sentences, each beside the context that precedes it (an empty string for none)."""
    words, rows = _lay(sentences, contexts, tokenizer, config)
    first_word = np.concatenate([[0], np.cumsum([len(w.starts) for w in words])]).astype(np.int64)
    offsets = np.concatenate([w.offsets for w in words]) if words else np.empty((0, 2), np.int64)
    return Scores(_aggregate(rows, session, first_word, config.pad_id, batch_tokens), first_word, offsets)


def encoded_batches(sentences: Sequence[str], contexts: Sequence[str], tokenizer: Tokenizer, config: EncodingConfig) -> list[Batch]:
    """The batches in which `score` hands sentences to a session."""
    _, rows = _lay(sentences, contexts, tokenizer, config)
    return [collate(group, config.pad_id) for group in batches(rows, BATCH_TOKENS)]


def _lay(
    sentences: Sequence[str], contexts: Sequence[str], tokenizer: Tokenizer, config: EncodingConfig
) -> tuple[list[Words], list[Window]]:
    words, tails = _tokenize_once(sentences, contexts, tokenizer)
    return words, [w for i in range(len(words)) for w in windows(words[i], tails[i], i, config)]


def _tokenize_once(sentences: Sequence[str], contexts: Sequence[str], tokenizer: Tokenizer) -> tuple[list[Words], list[Words | None]]:
    # A sentence is usually the context of the next one: each distinct text is tokenised once.
    distinct = list(dict.fromkeys([*sentences, *(c for c in contexts if c)]))
    known = dict(zip(distinct, tokenize(distinct, tokenizer), strict=True))
    return [known[s] for s in sentences], [known[c] if c else None for c in contexts]


def batches(rows: Sequence[Window], batch_tokens: int) -> Iterator[list[Window]]:
    """Group windows of similar length so that rows times width stays within `batch_tokens`."""
    batch: list[Window] = []
    for row in sorted(rows, key=lambda row: len(row.ids), reverse=True):
        if batch and (len(batch) + 1) * len(batch[0].ids) > batch_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _aggregate(rows: Sequence[Window], session: Session, first_word: NDArray[np.int64], pad_id: int, batch_tokens: int) -> Logits:
    sums: Logits | None = None
    count, total = len(first_word) - 1, int(first_word[-1])
    windows_of, times_seen = np.zeros(count, np.float32), np.zeros(total, np.float32)
    for group in batches(rows, batch_tokens):
        out = session.run(collate(group, pad_id))
        sums = sums or _zeros(out, count, total)
        owners = np.array([row.sentence for row in group])
        np.add.at(sums.type, owners, out.type)
        np.add.at(sums.stance, owners, out.stance)
        np.add.at(windows_of, owners, 1)
        for index, row in enumerate(group):  # one by one: windows of the same sentence share words, also within a batch
            begin = first_word[row.sentence] + row.first_word
            words = slice(begin, begin + len(row.word_starts))
            sums.entity[words] += out.entity[index, row.word_starts]
            sums.attribution[words] += out.attribution[index, row.word_starts]
            times_seen[words] += 1
    if sums is None:
        empty = np.empty((0, 0), np.float32)
        return Logits(empty, np.empty((0, 0, 0), np.float32), empty, empty)
    np.maximum(times_seen, 1, out=times_seen)
    per_row, per_word = windows_of[:, None], times_seen[:, None]
    return Logits(sums.type / per_row, sums.stance / per_row[..., None], sums.entity / per_word, sums.attribution / per_word)


def _zeros(out: Logits, count: int, total: int) -> Logits:
    shapes = (count, *out.type.shape[1:]), (count, *out.stance.shape[1:]), (total, out.entity.shape[2]), (total, out.attribution.shape[2])
    return Logits(*(np.zeros(shape, np.float32) for shape in shapes))
