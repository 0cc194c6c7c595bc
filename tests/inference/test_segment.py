"""Sentences: hard cases one by one, and for every text nothing lost, nothing twice, in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.inference.segment import MAX_LENGTH, segment

CASES = {  # a bar stands where sentences part
    "a country that is an abbreviation": "The U.S. delegation left.| The U.S.| He agreed with the U.S.| The talks ended.",
    "a capital's district": "Washington, D.C. is far.| He lives in Washington, D.C.| She does not.",
    "titles": "Dr. Ana Ruiz met Mr. Li and Gen. Kofi Mensah.| Lt. Col. Ann Bee spoke.| Prof. Dr. Lee did not.",
    "saints and mounts": "The St. Petersburg forum opened.| Mt. Elbrus is high.",
    "initials": "J. R. Okafor and A.B. Singh signed.| George W. Hale did not.",
    "organisations": "The E.U. and the U.K. agreed.| U.N. envoy Ana Ruiz spoke.| Acme Inc. paid.| It owes Acme Inc.| The firm closed.",
    "degrees": "She holds a Ph.D. from Leiden.| She has a Ph.D.| The second one too.",
    "Latin": "They agreed, e.g. Kenya, i.e. all vs. one, etc. at noon.| Done.",
    "numbers as references": "See No. 5 and Art. 12 of the treaty.| No.| It is over.",
    "dates": "They met on 12 Jan. 2025.| Talks resume on Sept. 3.| On Feb. 4, 2024 it rained.",
    "times of day": "It left at 6 a.m. on Monday.| He came at 5 p.m.| The bus was late.",
    "decimals and money": "Inflation was 3.5 percent.| It cost $1.2 million.| Version 2.0 is out.",
    "a year in front": "He won 3-2.| 2025 was better.",
    "questions and shouts": "What?!| Really??| Yes!| Good.",
    "ellipses": "We hope… and we wait…| Then we act.| So... what now?| It ended...| The crowd left.",
    "a quote that spans sentences": "“We want peace.| We will get it.| No one doubts it,” she said.| He left.",
    "a quote before its speaker": '"Stop now!" Ruiz said.| "Why?" asked the envoy.| “Never!” Ann Bee told us.| “Yes!”| She left.',
    "a quote before its speaker at the end": "They left.| “Never!” Ann Bee said",
    "a quote behind a colon": 'He asked: "Will you come?"| She did not answer.',
    "quotes behind each other": "“Peace.”| “War.”| ‘Neither.’| Done.",
    "a stop behind the quote": "He called it “a must”.| She did not.",
    "brackets": "(He left.)| She stayed.| [Applause.]| Thank you (all).| Bye.",
    "addresses": "Read https://example.org/a.b?c=d.| Then write to a.b@example.org.| Done!",
    "emoji": "Peace now!| 🎉 We did it.| 👍🏽 Thanks 🇺🇳.| Bye.",
    "missing blanks": "The talks began.|The end came later.|Next year they go on.",
    "letters of a list": "A. First point.| B. Second point.",
    "other scripts": "台灣 is a name.| Привет is a word.| Да.| سلام is another.",
    "small letters behind a stop": "The rules of eBay hold. iPhone sales fell.| Then it closed.",
    "a no-break space": "It is over.\xa0|They left.",
    "lines": "READOUT OF THE MEETING\n|The ministers met on Monday.\n|Trade and energy\n|They agree on both",
    "bullets": "• Trade\n|• Energy and climate.| Both matter.\n|- Fisheries",
    "a numbered list": "1. Trade is up.\n|2. Energy is down.\n|10. Peace",
    "speakers": "MR. SMITH: Thank you.\n|Q: Why?\n|A: Because.| It is so.",
    "line ends of every kind": "One.\r\n|Two.\r|Three.\u2028|Four\u2029|Five\x85|Six",
    "blank lines": "\n\n  One\n \t \n|Two  \r\n\r\n",
    "no stop at all": "they met and they left",
    "marks alone": "...",
}

HARD_WRAPPED = (
    "The two ministers met in the capital on Monday to speak about{n}"
    "trade and the pipeline that both countries want to build in{n}"
    "the north. Both sides agreed to meet again before the summer{n}"
    "of next year.{n}{n}The end."
)

TEXTS = st.text(
    st.one_of(
        st.sampled_from(".!?… \n\t\"”’'()[]“-•:;"),
        st.sampled_from("aBcSmrNo5.\r\v\x1c\x1f\x85\xa0\u2028\u3000\u200b\ud800🎉台"),
        st.characters(),
    ),
    max_size=120,
)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in segment(text)]


def assert_whole(text: str) -> None:
    """Sentences are trimmed, not empty, ordered, never overlap, and hold every character that is not white space."""
    spans = segment(text)
    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in spans)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    assert not any(text[end:start].strip() for end, start in zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_sentences_part_where_a_reader_parts_them(case: str) -> None:
    assert sentences(case.replace("|", "")) == [piece.strip() for piece in case.split("|")]


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t\xa0\u3000"])
def test_a_blank_text_has_no_sentences(text: str) -> None:
    assert segment(text) == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_hard_wrapped_lines_are_joined(line_end: str) -> None:
    text = HARD_WRAPPED.format(n=line_end)
    assert [sentence.split()[0] for sentence in sentences(text)] == ["The", "Both", "The"]
    assert_whole(text)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_nothing_is_lost_and_nothing_stands_twice(text: str) -> None:
    assert_whole(text)


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.text("ab. A", min_size=35, max_size=60), min_size=2, max_size=8), line_end=st.sampled_from(["\n", "\r\n"]))
def test_nothing_is_lost_in_wrapped_lines(lines: list[str], line_end: str) -> None:
    assert_whole(line_end.join(lines))


@pytest.mark.parametrize("unit", ["word ", "a", "台", "x" * 30_000 + " ", "- "])
def test_a_stretch_without_a_boundary_is_cut_at_white_space_or_else_anywhere(unit: str) -> None:
    text = unit * (5 * MAX_LENGTH // len(unit))
    spans = segment(text)
    assert max(end - start for start, end in spans) <= MAX_LENGTH
    assert len(spans) <= 11
    assert_whole(text)
    if unit == "word ":
        assert {text[start:end].split()[0] for start, end in spans} == {"word"}


def test_one_line_of_five_megabytes_takes_less_than_five_seconds() -> None:
    unit = "The two sides agreed with the U.S. delegation on trade. “Peace matters!” Ann Bee said. "
    text = unit * (5_000_000 // len(unit))
    begin = time.perf_counter()
    spans = segment(text)
    assert time.perf_counter() - begin < 5
    assert len(spans) == 2 * text.count("trade")


@pytest.mark.parametrize("unit", ["… ", "! -", '? " ', ". ((((((((", " \n", "A. ", "’!’ Ab "])
def test_time_is_linear_where_every_stop_once_copied_the_rest_of_the_line(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begin = time.perf_counter()
    segment(text)
    assert time.perf_counter() - begin < 5
