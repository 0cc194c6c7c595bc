"""Labels are told from headings, and one label makes no transcript."""

from __future__ import annotations

import pytest

from communique.inference.transcript import is_transcript, read_label


@pytest.mark.parametrize(
    ("text", "name", "asks", "has_title"),
    [
        ("MS. HALE: We know.", "MS. HALE", False, True),
        ("MS. HALE:", "MS. HALE", False, True),
        ("Mr. Price: Yes.", "Mr. Price", False, True),
        ("Secretary Blinken: Yes.", "Secretary Blinken", False, True),
        ("Q: Why?", "Q", True, False),
        ("AFP: Why?", "AFP", False, False),
        ("READ: More here.", "READ", False, False),
    ],
)
def test_labels(text: str, name: str, asks: bool, has_title: bool) -> None:
    label = read_label(text)
    assert label is not None
    assert (label.name, label.asks, label.has_title) == (name, asks, has_title)


@pytest.mark.parametrize("text", ["We said: no.", "He said “Mr. Price: no.”", "10:30 came.", "A:b"])
def test_no_labels(text: str) -> None:
    assert read_label(text) is None


def test_one_label_makes_no_transcript() -> None:
    assert not is_transcript(["Wang Yi: China will act.", "It did."])
    assert is_transcript(["Wang Yi: China will act.", "Q: When?"])
