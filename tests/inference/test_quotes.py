"""Quotations are followed from sentence to sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.inference.quotes import QuoteReader


@pytest.mark.parametrize(
    ("texts", "goes_on"),
    [
        (["“We act.", "We act now.", "It is late,” he said.", "They left."], [False, True, True, False]),
        (['"We act,', "and soon.", 'Very soon," he said.', "They left."], [False, True, True, False]),
        (["He said: “Yes.”", "“No doubt about it.”"], [False, True]),
        (["He left.", "“Yes,” she said."], [False, False]),
        (["It’s the ministry’s view.", "They left."], [False, False]),
    ],
)
def test_open_quotations(texts: list[str], goes_on: list[bool]) -> None:
    reader = QuoteReader()
    assert [reader.read(text) for text in texts] == goes_on


@given(st.lists(st.text('“”" a.,')))
def test_never_raises(texts: list[str]) -> None:
    reader = QuoteReader()
    assert all(isinstance(reader.read(text), bool) for text in texts)
