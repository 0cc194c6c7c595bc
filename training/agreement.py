"""How far two annotators agree on the same sentences: kappa for classes, F1 for spans.

Invariant: both labelled the very same text; a sentence that only one of them has does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.metrics import cohen_kappa_score

from ..errors import RecordError
from ..models.schema import ABSENT, Schema
from .bootstrap import headline_counts
from .corpus import Record


@dataclass(frozen=True)
class Agreement:
    """Two annotations of the same sentences.

    Attributes:
        sentences: how many both labelled.
        type_kappa: Cohen's kappa (1960) of the sentence types.
        stance_kappa: Cohen's kappa over all pairs of sentence and issue, absence being a class of its own.
        entities, source, cue: F1 of exact spans; the same whichever annotator counts as gold.
    """

    sentences: int
    type_kappa: float
    stance_kappa: float
    entities: float
    source: float
    cue: float


def agreement(first: Sequence[Record], second: Sequence[Record], schema: Schema) -> Agreement:
    """Compare two annotations, matched by id.

    Raises:
        RecordError: no sentence is in both, or one id stands for two texts.
    """
    others = {record.id: record for record in second}
    pairs = [(record, others[record.id]) for record in first if record.id in others]
    if not pairs:
        raise RecordError("no sentence is in both annotations; give the second one the ids of the first")
    for own, other in pairs:
        if own.text != other.text:
            raise RecordError(f"{own.id}: the two annotations have different texts; an id must name one sentence")
    left, right = ([pair[i] for pair in pairs] for i in range(2))
    spans = {name: rows.scores()["f1"] for name, rows in headline_counts(left, right).items()}
    return Agreement(
        len(pairs),
        _kappa([record.type for record in left], [record.type for record in right]),
        _kappa(_stances(left, schema), _stances(right, schema)),
        spans["entities"],
        spans["source"],
        spans["cue"],
    )


def _stances(records: Sequence[Record], schema: Schema) -> list[str]:
    return [record.stances.get(issue, ABSENT) for record in records for issue in schema.issue_names]


def _kappa(left: Sequence[str], right: Sequence[str]) -> float:
    return 1.0 if left == right else float(cohen_kappa_score(left, right))  # of one class alone kappa is 0/0
