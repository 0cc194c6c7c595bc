"""Names, demonyms and metonyms lead to one country each."""

from __future__ import annotations

import pytest

from communique.inference.countries import Alias, aliases, countries_in, find_country


@pytest.mark.parametrize(
    ("text", "country", "kind"),
    [
        ("Kyrgyzstan", "Kyrgyzstan", "named"),
        ("the United States", "United States", "named"),
        ("U.S.", "United States", "named"),
        ("Kyrgyz", "Kyrgyzstan", "demonym"),
        ("Beijing", "China", "metonym"),
        ("the Kremlin", "Russia", "metonym"),
        ("the White House", "United States", "metonym"),
        ("Brussels", "European Union", "metonym"),
        ("Türkiye", "Turkey", "named"),
    ],
)
def test_lookup(text: str, country: str, kind: str) -> None:
    assert find_country(text) == Alias(country, kind)


@pytest.mark.parametrize("text", ["", "the ministry", "Springfield", "china"])
def test_other_phrases_are_no_country(text: str) -> None:
    assert find_country(text) is None


def test_the_longest_name_wins() -> None:
    text = "South Korea, Papua New Guinea and South Sudan"
    assert [a.country for _, a in countries_in(text)] == ["South Korea", "Papua New Guinea", "South Sudan"]


def test_words_inside_words_do_not_count() -> None:
    assert countries_in("Maliciously Iranophobe Chinatown") == []


def test_the_table_covers_the_united_nations() -> None:
    assert len({alias.country for alias in aliases().values()}) >= 193
