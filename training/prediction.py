"""What any system says of one sentence, in the terms of a record, so that gold and predicted compare field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..inference.result import Sentence, Span
from .corpus import Pair


class Labelled(Protocol):
    """The labels of a sentence: a `Record` has them, and so has a `Prediction`."""

    @property
    def type(self) -> str: ...
    @property
    def entities(self) -> tuple[tuple[int, int, str], ...]: ...
    @property
    def source(self) -> Pair | None: ...
    @property
    def cue(self) -> Pair | None: ...
    @property
    def stances(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Prediction:
    """The predicted labels of one sentence; offsets are code points into it.

    Attributes:
        type_scores: probability of every sentence type; empty when the system gives none.
        entities: (start, end, label), without overlaps.
        source, cue: the attribution's spans, or None.
        stances: polarity by issue id; absent issues are left out.
        stance_scores: probability of the polarity in `stances`; empty when the system gives none.

    >>> Prediction("background").stances
    {}
    """

    type: str
    type_scores: Mapping[str, float] = field(default_factory=dict)
    entities: tuple[tuple[int, int, str], ...] = ()
    source: Pair | None = None
    cue: Pair | None = None
    stances: Mapping[str, str] = field(default_factory=dict)
    stance_scores: Mapping[str, float] = field(default_factory=dict)


def from_sentence(sentence: Sentence) -> Prediction:
    """Turn what `Analyst.label` returns into a prediction.

    >>> from_sentence(Sentence(0, 3, "Ok.", "background", {"background": 1.0})).type
    'background'
    """
    return Prediction(
        type=sentence.type,
        type_scores=sentence.scores,
        entities=tuple((entity.start, entity.end, entity.label) for entity in sentence.entities),
        source=_pair(sentence.source),
        cue=_pair(sentence.cue),
        stances={stance.issue: stance.polarity for stance in sentence.stances},
        stance_scores={stance.issue: stance.score for stance in sentence.stances},
    )


def _pair(span: Span | None) -> Pair | None:
    return (span.start, span.end) if span else None
