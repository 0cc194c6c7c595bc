"""From logits to labels: the only place where decisions are taken.

Entities are the best BIO path; source and cue are each the best single span or none; stances are the best class an issue.
All functions work on many sentences at once; words of sentences are padded to the longest of a group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
_IMPOSSIBLE = np.float32(-1e9)


@dataclass(frozen=True)
class WordSpans:
    """Spans of words, in order of their sentences.

    Attributes:
        sentence: index of the sentence, shape [spans].
        first, last: first and last word inside the sentence, both inclusive, shape [spans].
        label: index of the span label, shape [spans].
        score: mean probability of the span's tags, shape [spans].
    """

    sentence: IntArray
    first: IntArray
    last: IntArray
    label: IntArray
    score: FloatArray


def softmax(logits: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Probabilities along the last axis."""
    scaled = logits / np.float32(temperature)
    exponent = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    result: FloatArray = exponent / exponent.sum(axis=-1, keepdims=True)
    return result


def pad_words(values: FloatArray, first_word: IntArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Turn ragged word rows [words, tags] into [sentences, longest, tags] and the mask of real words."""
    sizes = np.diff(first_word)
    mask = np.arange(int(sizes.max(initial=0))) < sizes[:, None]
    padded = np.zeros((*mask.shape, values.shape[-1]), np.float32)
    padded[mask] = values
    return padded, mask


def best_tags(logits: FloatArray, mask: NDArray[np.bool_]) -> IntArray:
    """Find the best valid BIO path of each sentence (Viterbi, vectorised over sentences).

    Tag 0 is O, tags 1, 3, 5 … begin a label, tags 2, 4, 6 … continue the same label.

    Args:
        logits: [sentences, words, tags].
        mask: [sentences, words], true where there is a word; words stand in front.

    Returns:
        Tags [sentences, words]; 0 on padding.
    """
    count, width, tags = logits.shape
    scores = np.where(mask[..., None], logits, np.where(np.arange(tags) == 0, 0, _IMPOSSIBLE).astype(np.float32))
    back = np.zeros((count, width, tags), np.int64)
    alpha = scores[:, 0].copy() if width else np.zeros((count, tags), np.float32)
    alpha[:, 2::2] = _IMPOSSIBLE  # no sentence begins inside a span
    rows = np.arange(count)
    inside = np.arange(2, tags, 2)
    for t in range(1, width):
        best = alpha.argmax(axis=1)
        back[:, t] = best[:, None]
        continues = alpha[:, 2::2] > alpha[:, 1::2]
        back[:, t, 2::2] = np.where(continues, inside, inside - 1)
        previous = np.repeat(alpha[rows, best][:, None], tags, axis=1)
        previous[:, 2::2] = np.maximum(alpha[:, 1::2], alpha[:, 2::2])
        alpha = previous + scores[:, t]
    path = np.zeros((count, width), np.int64)
    if width:
        path[:, -1] = alpha.argmax(axis=1)
    for t in range(width - 1, 0, -1):
        path[:, t - 1] = back[rows, t, path[:, t]]
    return path


def tag_spans(path: IntArray, probabilities: FloatArray) -> WordSpans:
    """Read the spans off BIO paths.

    Args:
        path: tags [sentences, words].
        probabilities: [sentences, words, tags].
    """
    begins = (path % 2 == 1) & (path > 0)
    following = np.pad(path[:, 1:], ((0, 0), (0, 1)))
    stays = (following > 0) & (following % 2 == 0)
    ends = (path > 0) & ~stays
    sentence, first = np.nonzero(begins)
    last = np.nonzero(ends)[1]
    tag_probability = np.take_along_axis(probabilities, path[..., None], axis=-1)[..., 0]
    total = np.pad(np.cumsum(tag_probability, axis=1, dtype=np.float64), ((0, 0), (1, 0)))  # float32 would drift over long texts
    score = (total[sentence, last + 1] - total[sentence, first]) / (last + 1 - first)
    return WordSpans(sentence, first, last, (path[sentence, first] - 1) // 2, score.astype(np.float32))


def best_single_spans(logits: FloatArray, mask: NDArray[np.bool_]) -> WordSpans:
    """Find, for each sentence and role, the one span whose tags gain most over tagging those words O; none if none gains.

    Args:
        logits: [sentences, words, 1 + 2 * roles].
        mask: [sentences, words].
    """
    gain = np.where(mask[..., None], logits - logits[..., :1], _IMPOSSIBLE)
    probabilities = softmax(logits)
    found = [
        _best_span(gain[..., 2 * r + 1], gain[..., 2 * r + 2], r, probabilities[..., 2 * r + 1 : 2 * r + 3])
        for r in range(logits.shape[-1] // 2)
    ]
    return WordSpans(
        *(np.concatenate([getattr(spans, name) for spans in found]) for name in ("sentence", "first", "last", "label", "score"))
    )


def _best_span(begin: FloatArray, inside: FloatArray, role: int, probabilities: FloatArray) -> WordSpans:
    count, width = begin.shape
    if not width:
        none = np.empty(0, np.int64)
        return WordSpans(none, none, none, none, np.empty(0, np.float32))
    total = np.cumsum(inside.astype(np.float64), axis=1)
    best_end = np.maximum.accumulate(total[:, ::-1], axis=1)[:, ::-1]  # best total at or behind each word
    score = begin - total + best_end
    sentence = np.arange(count)
    first = score.argmax(axis=1)
    behind = np.where(np.arange(width) >= first[:, None], total, -np.inf)
    last = behind.argmax(axis=1)
    keep = score[sentence, first] > 0
    sentence, first, last = sentence[keep], first[keep], last[keep]
    sums = np.pad(np.cumsum(probabilities[..., 1], axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    tags = probabilities[sentence, first, 0] + sums[sentence, last + 1] - sums[sentence, first + 1]
    return WordSpans(sentence, first, last, np.full(len(sentence), role), (tags / (last + 1 - first)).astype(np.float32))
