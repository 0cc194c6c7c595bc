"""What a corpus holds: counts over records, and sentences that stand in more than one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .corpus import Record


@dataclass(frozen=True)
class Statistics:
    """Counts over records.

    Attributes:
        attributed: records with a source span.
        mean_words, longest_words: words of a text, split at white space.
        publishers, types, entities: records by publisher, records by type, spans by label.
        stances: records by (issue, polarity).
    """

    records: int
    documents: int
    attributed: int
    mean_words: float
    longest_words: int
    publishers: Mapping[str, int]
    types: Mapping[str, int]
    entities: Mapping[str, int]
    stances: Mapping[tuple[str, str], int]


def statistics(records: Sequence[Record]) -> Statistics:
    """Count what a corpus holds.

    >>> statistics([]).records
    0
    """
    words = [len(record.text.split()) for record in records]
    return Statistics(
        records=len(records),
        documents=len({(record.publisher, record.doc) for record in records}),
        attributed=sum(record.source is not None for record in records),
        mean_words=sum(words) / max(1, len(words)),
        longest_words=max(words, default=0),
        publishers=Counter(record.publisher for record in records),
        types=Counter(record.type for record in records),
        entities=Counter(label for record in records for *_, label in record.entities),
        stances=Counter(pair for record in records for pair in record.stances.items()),
    )


@dataclass(frozen=True)
class SharedText:
    """A sentence that stands in two files, so that one of them cannot test what the other trained.

    Attributes:
        first, second: the files' names.
        ids: the record's id in either.
    """

    first: str
    second: str
    ids: tuple[str, str]


def shared_texts(files: Mapping[str, Sequence[Record]]) -> Iterator[SharedText]:
    """Yield the sentences that stand in more than one file, without regard to case and white space; each against its first file.

    >>> list(shared_texts({"train.jsonl": [], "dev.jsonl": []}))
    []
    """
    home: dict[str, tuple[str, str]] = {}
    for name, records in files.items():
        for record in records:
            first, identity = home.setdefault(" ".join(record.text.split()).casefold(), (name, record.id))
            if first != name:
                yield SharedText(first, name, (identity, record.id))
