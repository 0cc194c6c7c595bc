"""Contrast sets (Gardner et al., 2020): minimal pairs that tell whether a model reads or guesses by words.

Two records with the same `doc` are a pair; the kind of pair is the doc's name up to the last hyphen. A pair passes when the model is
right in both sentences about everything in which their gold labels differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import RecordError
from .corpus import Record
from .prediction import Labelled

Answer = tuple[Any, ...]


def pass_rates(records: Sequence[Record], predicted: Sequence[Labelled]) -> dict[str, dict[str, int]]:
    """Count pairs and passed pairs by kind.

    Raises:
        RecordError: a document does not hold exactly two sentences, or the two do not differ in any label.

    >>> pass_rates([], [])
    {}
    """
    rates: dict[str, dict[str, int]] = defaultdict(lambda: {"pairs": 0, "passed": 0})
    for doc, pair in _pairs(records, predicted):
        tested = _differences(doc, pair[0][0], pair[1][0])
        own = rates[doc.rpartition("-")[0]]
        own["pairs"] += 1
        own["passed"] += all(_answers(gold)[name] == _answers(found)[name] for gold, found in pair for name in tested)
    return dict(sorted(rates.items()))


def _pairs(records: Sequence[Record], predicted: Sequence[Labelled]) -> Iterator[tuple[str, list[tuple[Record, Labelled]]]]:
    groups: dict[str, list[tuple[Record, Labelled]]] = defaultdict(list)
    for record, found in zip(records, predicted, strict=True):
        groups[record.doc].append((record, found))
    for doc, pair in groups.items():
        if len(pair) != 2:
            raise RecordError(
                f"{doc}: {len(pair)} sentences instead of a pair; give both sentences of a pair, and no others, the same `doc`"
            )
        yield doc, pair


def _differences(doc: str, first: Record, second: Record) -> list[str]:
    left, right = _answers(first), _answers(second)
    different = [name for name in left if left[name] != right[name]]
    if not different:
        raise RecordError(f"{doc}: both sentences have the same labels; a pair must differ in type, stances or source")
    return different


def _answers(labels: Labelled) -> dict[str, Answer]:
    # Offsets shift with every changed word: of a source it only counts whether there is one.
    return {
        "type": (labels.type,),
        "stances": tuple(sorted(labels.stances.items())),
        "source": (labels.source is not None,),
    }
