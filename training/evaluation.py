"""A model's scores on annotated records, beside those of the baselines.

Invariant: what a system does not predict (spans, for a baseline) or gives no probability for has no score, rather than a zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from ..errors import RecordError
from ..inference.result import Sentence
from ..models.schema import Schema
from .baselines import baselines
from .bootstrap import LEVEL, RESAMPLES, Figure, headline_figures, headline_leads
from .confidence import confidence_figures
from .contrast import pass_rates
from .corpus import Record, fingerprint
from .metrics import claim_scores, entity_scores, role_scores, stance_calibration, stance_scores, type_calibration, type_scores
from .prediction import Prediction, from_sentence

MODEL = "communique"
SPAN_FIGURES = ("entities", "source", "cue", "claims")  # headline figures of which baselines know nothing
DIGITS = 6


class Labels(Protocol):
    """Anything that labels sentences as `Analyst.label` does."""

    def label(self, sentences: Sequence[str], contexts: Sequence[str]) -> Sequence[Sentence]: ...


@dataclass(frozen=True)
class Publisher:
    """A system's headline figures on the texts of one publisher."""

    records: int
    documents: int
    headline: Mapping[str, Figure]


@dataclass(frozen=True)
class SystemScores:
    """All scores of one system; those of what it does not predict are None.

    Attributes:
        headline: figures with 95 % intervals, see `headline_figures`.
        behind: by how much the model scores above this system, with 95 % intervals of the paired difference; None for the model.
        type, stances: see `type_scores` and `stance_scores`.
        entities: see `entity_scores`.
        source, cue: exact and overlapping, see `role_scores`.
        claims: see `claim_scores`.
        type_calibration, stance_calibration: expected calibration error and Brier score.
        publishers: headline figures by publisher.
    """

    name: str
    type: Mapping[str, Any]
    stances: Mapping[str, Any]
    type_calibration: Mapping[str, float] | None
    stance_calibration: Mapping[str, float] | None
    headline: Mapping[str, Figure] = field(default_factory=dict)
    publishers: Mapping[str, Publisher] = field(default_factory=dict)
    entities: Mapping[str, Any] | None = None
    source: Mapping[str, Any] | None = None
    cue: Mapping[str, Any] | None = None
    claims: Mapping[str, float] | None = None
    behind: Mapping[str, Figure] | None = None


@dataclass(frozen=True)
class Evaluation:
    """Scores of the model, first, and of the baselines.

    Attributes:
        publishers: records by publisher.
        train_records: what the learned baselines saw; 0 when there are none of them.
        fingerprint: of the records.
        level: share of bootstrap resamples that an interval holds.
        confidence: coverage and reliability by head, see `confidence_figures`.
        contrast: pairs and passed pairs by kind, see `pass_rates`; empty without a contrast set.
        sentences: what the model said of each record; they hold the records' text and are no part of `to_dict`.
    """

    records: int
    documents: int
    publishers: Mapping[str, int]
    train_records: int
    fingerprint: str
    resamples: int
    level: float
    seed: int
    systems: tuple[SystemScores, ...]
    confidence: Mapping[str, Any]
    contrast: Mapping[str, Mapping[str, int]]
    sentences: tuple[Sentence, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, scores rounded to six digits; holds no text of the records."""
        rounded: dict[str, Any] = _rounded(asdict(replace(self, sentences=())))
        del rounded["sentences"]
        return rounded


def evaluate(
    analyst: Labels,
    records: Sequence[Record],
    schema: Schema,
    train_records: Sequence[Record] | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    contrast: Sequence[Record] = (),
) -> Evaluation:
    """Score a model and the baselines.

    Args:
        analyst: the model.
        records: gold.
        train_records: what the learned baselines learn from; without them only the keyword rules stand beside the model.
        seed: of the bootstrap.
        contrast: minimal pairs, see `pass_rates`.

    Raises:
        RecordError: there are no records, or the train records hold one of their sentences.
    """
    if not records:
        raise RecordError("there are no records to score; name a file that holds some")
    _check_unseen(records, train_records or ())
    bench = _Bench(records, schema, resamples, seed)
    texts, contexts = [record.text for record in records], [record.context for record in records]
    sentences = tuple(analyst.label(texts, contexts))
    own = [from_sentence(sentence) for sentence in sentences]
    systems = [bench.model_scores(own)]
    systems += [bench.baseline_scores(baseline.name, baseline.label(texts, contexts), own) for baseline in baselines(schema, train_records)]
    return Evaluation(
        records=len(records),
        documents=_documents(records),
        publishers=dict(Counter(record.publisher for record in records).most_common()),
        train_records=len(train_records or ()),
        fingerprint=fingerprint(records),
        resamples=resamples,
        level=LEVEL,
        seed=seed,
        systems=tuple(systems),
        confidence=confidence_figures(records, sentences),
        contrast=_contrast(analyst, contrast),
        sentences=sentences,
    )


def _contrast(analyst: Labels, records: Sequence[Record]) -> dict[str, dict[str, int]]:
    labelled = analyst.label([record.text for record in records], [record.context for record in records]) if records else []
    return pass_rates(records, [from_sentence(sentence) for sentence in labelled])


def _check_unseen(records: Sequence[Record], train_records: Sequence[Record]) -> None:
    known = {record.text for record in train_records}
    shared = [record.id for record in records if record.text in known]
    if shared:
        ids = ", ".join(shared[:3]) + (", …" if len(shared) > 3 else "")
        raise RecordError(f"{len(shared)} records to score have texts of the train records ({ids}); take them out of one of the files")


@dataclass(frozen=True)
class _Bench:
    records: Sequence[Record]
    schema: Schema
    resamples: int
    seed: int

    def model_scores(self, predicted: Sequence[Prediction]) -> SystemScores:
        return replace(
            self.label_scores(MODEL, predicted),
            headline=headline_figures(self.records, predicted, self.resamples, self.seed),
            entities=entity_scores(self.records, predicted, self.schema),
            source=role_scores(self.records, predicted, "source"),
            cue=role_scores(self.records, predicted, "cue"),
            claims=claim_scores(self.records, predicted),
            publishers=dict(self.publishers(predicted)),
        )

    def baseline_scores(self, name: str, predicted: Sequence[Prediction], own: Sequence[Prediction]) -> SystemScores:
        headline = headline_figures(self.records, predicted, self.resamples, self.seed)
        leads = headline_leads(self.records, own, predicted, self.resamples, self.seed)
        publishers = {name: replace(p, headline=_without_spans(p.headline)) for name, p in self.publishers(predicted)}
        scores = self.label_scores(name, predicted)
        return replace(scores, headline=_without_spans(headline), behind=_without_spans(leads), publishers=publishers)

    def label_scores(self, name: str, predicted: Sequence[Prediction]) -> SystemScores:
        types = self.schema.type_names
        return SystemScores(
            name=name,
            type=type_scores([r.type for r in self.records], [p.type for p in predicted], types),
            stances=stance_scores(self.records, predicted, self.schema),
            type_calibration=type_calibration(self.records, predicted, types) if all(p.type_scores for p in predicted) else None,
            stance_calibration=stance_calibration(self.records, predicted) if _has_stance_scores(predicted) else None,
        )

    def publishers(self, predicted: Sequence[Prediction]) -> Iterator[tuple[str, Publisher]]:
        for name, size in Counter(record.publisher for record in self.records).most_common():
            own = [(r, p) for r, p in zip(self.records, predicted, strict=True) if r.publisher == name]
            gold, found = [r for r, _ in own], [p for _, p in own]
            yield name, Publisher(size, _documents(gold), headline_figures(gold, found, self.resamples, self.seed))


def _has_stance_scores(predicted: Sequence[Prediction]) -> bool:
    return all(p.stance_scores for p in predicted if p.stances) and any(p.stances for p in predicted)


def _without_spans(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    return {name: figure for name, figure in figures.items() if name not in SPAN_FIGURES}


def _documents(records: Sequence[Record]) -> int:
    return len({(record.publisher, record.doc) for record in records})


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value
