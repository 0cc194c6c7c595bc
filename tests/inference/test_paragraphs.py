"""Paragraphs: a break is a wrap only on the evidence of the whole text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.inference.paragraphs import paragraphs

WRAPPED = (
    "The two ministers met in the capital on Monday to speak about\n"
    "trade and the pipeline that both countries want to build in\n"
    "the north. Both sides agreed to meet again before the summer\n"
    "of next year."
)
LINE_ENDS = ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"]


def first_words(text: str) -> list[str]:
    return [text[start:end].split()[0] for start, end in paragraphs(text)]


def count(text: str) -> int:
    return len(paragraphs(text))


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_every_kind_of_line_end_parts_short_lines(line_end: str) -> None:
    assert first_words(f"One line{line_end}Two lines{line_end}{line_end}Three") == ["One", "Two", "Three"]


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_wrapped_lines_are_one_paragraph_whatever_ends_them(line_end: str) -> None:
    text = WRAPPED.replace("\n", line_end)
    assert paragraphs(text) == [(0, len(text))]


def test_an_empty_line_always_parts() -> None:
    assert first_words(f"{WRAPPED}\n\n{WRAPPED}\n \t\n{WRAPPED}") == ["The", "The", "The"]
    assert first_words(f"{WRAPPED}\r\n\r\nNext") == ["The", "Next"]


def test_indented_wrapped_lines_are_trimmed_at_the_edges_only() -> None:
    text = "    " + WRAPPED.replace("\n", "  \n    ") + "   "
    assert paragraphs(text) == [(4, len(text) - 3)]


@pytest.mark.parametrize(
    ("following", "expected"),
    [
        ("- a bullet", 2),
        ("• a bullet", 2),
        ("* a bullet", 2),
        ("(a) a point", 2),
        ("12. a point", 2),
        ("iv) a point", 2),
        ("Q: a question", 2),
        ("MS. RUIZ: a speech", 2),
        ("THE END", 2),
        ("of something else", 1),
        ("2025 was better", 1),
    ],
)
def test_lists_speakers_and_headings_keep_their_line_in_wrapped_text(following: str, expected: int) -> None:
    lines = WRAPPED.splitlines()[:3]
    assert count("\n".join([*lines, following])) == expected


def test_a_heading_in_capitals_keeps_its_line_though_it_is_full() -> None:
    heading = "READOUT OF THE MEETING OF THE TWO FOREIGN MINISTERS IN MARCH"
    assert first_words(f"{heading}\n{WRAPPED}") == ["READOUT", "The"]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["The first paragraph of an article is a line of about so many words."] * 5),  # no line goes on in small letters
        "\n".join(["ministers met", "trade grew", "peace held"] * 3),  # too short for wrapped text
        "\n".join(["x" * 50 + " and so it goes on and on and on " * 4] * 4),  # too long for it
        "\n".join(["a short one", WRAPPED.replace("\n", " "), "another", "and one more", "the last"]),  # lines of every length
    ],
)
def test_without_evidence_every_break_parts(text: str) -> None:
    assert count(text) == text.count("\n") + 1


def test_a_line_that_ends_early_ends_its_paragraph() -> None:
    assert first_words(f"{WRAPPED}\n{WRAPPED}\n{WRAPPED}") == ["The", "The", "The"]


@pytest.mark.parametrize("text", ["", " \n\r\n\t", "\x1f"])
def test_a_blank_text_has_no_paragraphs(text: str) -> None:
    assert paragraphs(text) == []


LINES = st.lists(
    st.one_of(st.text("ab A.-\t\x1f\xa0", max_size=70), st.text("word ", min_size=40, max_size=60), st.text(max_size=20)), max_size=10
)


@settings(max_examples=300, deadline=None)
@given(lines=LINES, line_end=st.sampled_from([*LINE_ENDS, "\n\n", " \n "]))
def test_nothing_is_lost_and_nothing_stands_twice(lines: list[str], line_end: str) -> None:
    text = line_end.join(lines)
    spans = paragraphs(text)
    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in spans)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    assert not any(text[end:start].strip() for end, start in zip(edges[::2], edges[1::2], strict=True))
