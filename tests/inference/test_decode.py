"""Decisions are the best ones: against brute force over everything that is allowed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from communique.inference.decode import WordSpans, best_single_spans, best_tags, pad_words, softmax, tag_spans

FloatArray = NDArray[np.float32]


def random_logits(seed: int, lengths: list[int], tags: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Logits of sentences of these lengths, padded as `pad_words` pads."""
    values = np.random.default_rng(seed).normal(0, 3, (sum(lengths), tags)).astype(np.float32)
    return pad_words(values, np.cumsum([0, *lengths]).astype(np.int64))


def is_valid(path: tuple[int, ...]) -> bool:
    """Tell whether every continuing tag follows a tag of its own label."""
    return all(tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in zip((0, *path), path, strict=False))


def as_tuples(spans: WordSpans) -> list[tuple[int, ...]]:
    return sorted(zip(*(column.tolist() for column in (spans.label, spans.sentence, spans.first, spans.last)), strict=True))


def test_softmax_is_stable_for_large_logits() -> None:
    large = np.array([[1e30, 1e30, -1e30], [-1e9, -1e9, -1e9], [88.0, 1000.0, -1000.0]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        result = softmax(large)
    expected = np.array([[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0]])
    np.testing.assert_allclose(result, expected, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=8), st.floats(0.05, 20))
def test_temperature_never_changes_the_best_class(values: list[float], temperature: float) -> None:
    logits = np.array(values, np.float32)
    cooled = softmax(logits, temperature)
    assert cooled.sum() == pytest.approx(1, abs=1e-5)
    assert cooled[logits.argmax()] == cooled.max()


def test_a_high_temperature_flattens_and_a_low_one_sharpens() -> None:
    logits = np.array([2.0, 1.0, 0.0], np.float32)
    assert softmax(logits, 4.0).max() < softmax(logits).max() < softmax(logits, 0.25).max()


def test_pad_words_puts_words_in_front_and_zeros_behind() -> None:
    padded, mask = pad_words(np.ones((3, 2), np.float32), np.array([0, 1, 1, 3]))
    assert mask.tolist() == [[True, False], [False, False], [True, True]]
    assert padded[..., 0].tolist() == [[1, 0], [0, 0], [1, 1]]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4), labels=st.integers(1, 2))
def test_best_tags_is_the_best_of_all_valid_bio_sequences(seed: int, lengths: list[int], labels: int) -> None:
    tags = 1 + 2 * labels
    logits, mask = random_logits(seed, lengths, tags)
    path = best_tags(logits, mask)
    for i, length in enumerate(lengths):
        candidates = (p for p in product(range(tags), repeat=length) if is_valid(p))
        best = max(candidates, key=lambda p: sum(float(logits[i, t, tag]) for t, tag in enumerate(p)))
        assert tuple(path[i, :length]) == best
        assert not path[i, length:].any()


def test_best_tags_never_continues_a_span_that_did_not_begin() -> None:
    logits = np.zeros((1, 3, 5), np.float32)
    logits[0, :, 4] = 9  # only "inside the second label" is likely, everywhere
    assert best_tags(logits, np.ones((1, 3), bool)).tolist() == [[3, 4, 4]]


@pytest.mark.parametrize("count", [0, 3])
def test_sentences_without_words_have_no_spans(count: int) -> None:
    logits, mask = np.zeros((count, 0, 5), np.float32), np.zeros((count, 0), bool)
    assert best_tags(logits, mask).shape == (count, 0)
    assert as_tuples(tag_spans(best_tags(logits, mask), softmax(logits))) == []
    assert as_tuples(best_single_spans(logits, mask)) == []


def spelled_out(path: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(label, first, last) of each span of a path, word by word."""
    found: list[tuple[int, int, int]] = []
    for t, tag in enumerate(path):
        if tag % 2:
            found.append(((tag - 1) // 2, t, t))
        elif tag:
            found[-1] = (*found[-1][:2], t)
    return found


def test_tag_spans_reads_every_valid_path_as_it_is_spelled_out() -> None:
    paths = [p for p in product(range(5), repeat=4) if is_valid(p)]
    uniform = np.full((len(paths), 4, 5), 0.2, np.float32)
    spans = tag_spans(np.array(paths), uniform)
    expected = sorted((label, i, first, last) for i, path in enumerate(paths) for label, first, last in spelled_out(path))
    assert as_tuples(spans) == expected
    np.testing.assert_allclose(spans.score, 0.2, rtol=1e-6)


def test_the_score_of_a_span_is_the_mean_probability_of_its_tags() -> None:
    probabilities = np.array([[[0.1, 0.9, 0.0], [0.3, 0.1, 0.6], [0.8, 0.1, 0.1]]], np.float32)
    assert tag_spans(np.array([[1, 2, 0]]), probabilities).score.tolist() == pytest.approx([0.75])


def test_scores_stay_probabilities_when_a_running_sum_over_many_words_would_drift() -> None:
    width = 20_000
    probabilities = np.zeros((1, width, 3), np.float32)
    probabilities[..., 1] = 0.7
    path = np.ones((1, width), np.int64)
    np.testing.assert_allclose(tag_spans(path, probabilities).score, 0.7, rtol=1e-6)
    logits = np.zeros((1, width, 3), np.float32)
    logits[0, :-1, 0], logits[0, -2, 1], logits[0, -1, 2] = 5, 20, 20
    assert best_single_spans(logits, np.ones((1, width), bool)).score.max() <= 1


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4), roles=st.integers(1, 2))
def test_best_single_spans_is_the_best_of_all_spans_or_none(seed: int, lengths: list[int], roles: int) -> None:
    logits, mask = random_logits(seed, lengths, 1 + 2 * roles)
    spans = best_single_spans(logits, mask)
    expected, scores = [], []
    for role, (i, length) in product(range(roles), enumerate(lengths)):
        gains = {
            (a, b): float(sum(logits[i, t, 2 * role + 1 + (t > a)] - logits[i, t, 0] for t in range(a, b + 1)))
            for a in range(length)
            for b in range(a, length)
        }
        best = max(gains, key=gains.__getitem__, default=None)
        if best is not None and gains[best] > 0:
            tags = [float(softmax(logits)[i, t, 2 * role + 1 + (t > best[0])]) for t in range(best[0], best[1] + 1)]
            expected.append((role, i, *best))
            scores.append(float(np.mean(tags)))
    assert as_tuples(spans) == expected
    assert spans.score.tolist() == pytest.approx(scores, abs=1e-5)


def test_no_span_where_none_gains() -> None:
    logits = np.zeros((2, 3, 5), np.float32)
    logits[..., 0] = 1
    assert as_tuples(best_single_spans(logits, np.ones((2, 3), bool))) == []
