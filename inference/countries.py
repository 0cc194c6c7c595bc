"""Countries and blocs by any of their names: what "Kyrgyz", "Beijing" or "the Kremlin" stands for.

Invariant: every alias belongs to exactly one country.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from .. import configs
from ..errors import ConfigError
from ..models.schema import read_yaml

KINDS = {"names": "named", "demonyms": "demonym", "seats": "metonym"}
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Alias:
    """What one word stands for: the country's common name, and whether the word is a name, a demonym or a metonym."""

    country: str
    kind: str


@functools.cache
def aliases() -> Mapping[str, Alias]:
    """All aliases; read once."""
    data = read_yaml(Path(str(resources.files(configs))) / "countries.yaml")
    found: dict[str, Alias] = {}
    for country, entry in data.items():
        for alias, kind in _entry_aliases(country, entry):
            if found.setdefault(alias, Alias(country, kind)).country != country:
                raise ConfigError(f"countries.yaml: {alias!r} stands for {found[alias].country} and {country}; keep one")
    return found


def _entry_aliases(country: str, entry: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    yield country, "named"
    for key, words in entry.items():
        if key not in KINDS:
            raise ConfigError(f"countries.yaml: {country}: unknown key {key!r}; known keys: {', '.join(KINDS)}")
        for word in words:
            yield word, KINDS[key]


def find_country(text: str) -> Alias | None:
    """Look a whole phrase up, without its article.

    >>> find_country("the Kremlin")
    Alias(country='Russia', kind='metonym')
    """
    return aliases().get(_ARTICLE.sub("", text.strip(), count=1))


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted(map(re.escape, aliases()), key=len, reverse=True)  # the longest name wins where several begin
    return re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w])")


def countries_in(text: str) -> list[tuple[int, Alias]]:
    """The countries that a text names in any way, with their positions, in order.

    >>> [alias.country for _, alias in countries_in("The Thai and Lao sides met in Hanoi.")]
    ['Thailand', 'Laos', 'Vietnam']
    """
    return [(match.start(), aliases()[match.group()]) for match in _pattern().finditer(text)]
