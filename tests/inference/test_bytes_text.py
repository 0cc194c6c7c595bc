"""Bytes become text or an error that names place and mend; nothing is guessed."""

from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.errors import DocumentError
from communique.inference.bytes_text import decode_bytes


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf8_round_trips(text: str) -> None:
    if not text.startswith("\ufeff"):
        assert decode_bytes(text.encode(), "a.txt") == text


def test_byte_order_marks_are_taken_off() -> None:
    assert decode_bytes(codecs.BOM_UTF8 + b"Peace", "a.txt") == "Peace"
    assert decode_bytes("Peace".encode("utf-16"), "a.txt") == "Peace"


def test_broken_utf8_names_byte_line_and_mend() -> None:
    with pytest.raises(DocumentError, match=r"a.txt: not valid UTF-8 at byte 7, line 2; convert it, for example: iconv"):
        decode_bytes(b"Peace\nS\xe3o Tom\xe9", "a.txt")


def test_binary_data_is_called_binary() -> None:
    with pytest.raises(DocumentError, match="looks like a binary file"):
        decode_bytes(b"%PDF\x00\x01\xff\xfe", "a.txt")


@given(st.binary())
def test_any_bytes_give_text_or_a_document_error(data: bytes) -> None:
    with contextlib.suppress(DocumentError):
        assert isinstance(decode_bytes(data, "a"), str)
