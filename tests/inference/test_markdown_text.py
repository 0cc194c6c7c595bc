"""Markup goes, words stay, front matter becomes fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.inference.markdown_text import markdown_to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# Head\n\nThe **minister** _said_ [yes](https://a.example).", "Head\n\nThe minister said yes."),
        ("one\ntwo", "one two"),
        ("- one\n- two", "one\n\ntwo"),
        ("> quoted", "quoted"),
        ("![a photo](p.png) words", "words"),
        ("| a | b |\n|---|---|\n| c | d |", "a\n\nb\n\nc\n\nd"),
        ("```\ncode\n```\n\ntext", "text"),
        ("---\n\nonly a rule\n\n---\n", "only a rule"),
        ("", ""),
    ],
)
def test_blocks_become_paragraphs(source: str, text: str) -> None:
    assert markdown_to_text(source)[0] == text


def test_front_matter_is_read() -> None:
    text, fields = markdown_to_text("---\ntitle: Talks\nauthor: Ana Ruiz\n---\nText.")
    assert (text, fields) == ("Text.", {"title": "Talks", "author": "Ana Ruiz"})


@pytest.mark.parametrize("source", ["---\n[broken: yaml\n---\nText.", "---\njust words\n---\nText.", "---\nno end"])
def test_what_is_not_front_matter_is_text(source: str) -> None:
    assert markdown_to_text(source)[1] == {}


@given(st.text(max_size=200))
def test_any_text_is_markdown(source: str) -> None:
    assert isinstance(markdown_to_text(source)[0], str)
