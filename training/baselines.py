"""What a model has to beat: systems that know little, behind one interface.

Invariant: a baseline sees texts and contexts only, as the model does, so no gold label can reach a prediction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..models.schema import ABSENT, Schema
from .corpus import Record
from .prediction import Prediction

PRIOR_WEIGHT = 2.0  # sentences that the average over all holders counts for beside one holder's own
MIN_SENTENCES = 2  # a holder seen once tells nothing about the next sentence


class Baseline(Protocol):
    """A system that labels sentence types and stances, and leaves spans alone."""

    @property
    def name(self) -> str: ...
    def label(self, texts: Sequence[str], contexts: Sequence[str]) -> list[Prediction]: ...


def baselines(schema: Schema, train_records: Sequence[Record] | None = None) -> Iterator[Baseline]:
    """Yield the baselines: keyword rules, and with records to learn from also majority class, holder prior and TF-IDF.

    >>> from communique.models.schema import load_schema
    >>> [baseline.name for baseline in baselines(load_schema())]
    ['keyword rules']
    """
    from .keyword_rules import KeywordRules
    from .tfidf import fit_tfidf

    yield KeywordRules(schema)
    if train_records:
        yield fit_majority(train_records, schema)
        yield fit_holder_prior(train_records, schema)
        yield fit_tfidf(train_records, schema)


def mentioned_issues(schema: Schema, text: str, context: str) -> list[str]:
    """The issues that a sentence or the one before it names by an alias.

    >>> from communique.models.schema import load_schema
    >>> mentioned_issues(load_schema(), "They left it.", "The talks in Lhasa were short.")
    ['tibet']
    """
    return [issue.id for issue in schema.issues if issue.mentioned_in(text) or issue.mentioned_in(context)]


@dataclass(frozen=True)
class Prior:
    """Relative frequencies of sentence types, and of stances (absence included) of each issue where it is named."""

    types: Mapping[str, float]
    stances: Mapping[str, Mapping[str, float]]

    def predict(self, issues: Sequence[str]) -> Prediction:
        """Predict the most frequent type, and the most frequent stance of each of the issues."""
        best = {issue: max(self.stances[issue], key=self.stances[issue].__getitem__) for issue in issues if self.stances.get(issue)}
        present = {issue: stance for issue, stance in best.items() if stance != ABSENT}
        scores = {issue: self.stances[issue][stance] for issue, stance in present.items()}
        return Prediction(max(self.types, key=self.types.__getitem__), self.types, stances=present, stance_scores=scores)


def fit_prior(records: Sequence[Record], schema: Schema, average: Prior | None = None) -> Prior:
    """Count types and stances.

    Args:
        average: is mixed in as if it had been seen in `PRIOR_WEIGHT` sentences.
    """
    types = Counter(record.type for record in records)
    stances: dict[str, Counter[str]] = {issue: Counter() for issue in schema.issue_names}
    for record in records:
        for issue in mentioned_issues(schema, record.text, record.context):
            stances[issue][record.stances.get(issue, ABSENT)] += 1
    mixed = average.stances if average else {}
    return Prior(
        _frequencies(types, schema.type_names, average.types if average else {}),
        {issue: _frequencies(counts, schema.stance_names, mixed.get(issue, {})) for issue, counts in stances.items()},
    )


def _frequencies(counts: Mapping[str, int], names: Sequence[str], average: Mapping[str, float]) -> dict[str, float]:
    weights = {name: counts.get(name, 0) + PRIOR_WEIGHT * average.get(name, 0.0) for name in names}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else {}


@dataclass(frozen=True)
class Majority:
    """The most frequent type always, and the most frequent stance of every issue that is named."""

    schema: Schema
    prior: Prior
    name: str = "majority class"

    def label(self, texts: Sequence[str], contexts: Sequence[str]) -> list[Prediction]:
        """Label sentences, in order."""
        return [self.prior.predict(mentioned_issues(self.schema, *pair)) for pair in zip(texts, contexts, strict=True)]


def fit_majority(records: Sequence[Record], schema: Schema) -> Majority:
    """Learn the most frequent labels."""
    return Majority(schema, fit_prior(records, schema))


@dataclass(frozen=True)
class HolderPrior:
    """What the first known holder that a sentence names mostly says, whatever else the sentence says.

    Attributes:
        average: stands in where no known holder is named.
        holders: by lower-case name.
    """

    schema: Schema
    average: Prior
    holders: Mapping[str, Prior]
    pattern: re.Pattern[str]
    name: str = "holder prior"

    def label(self, texts: Sequence[str], contexts: Sequence[str]) -> list[Prediction]:
        """Label sentences, in order."""
        return [
            self._prior(text).predict(mentioned_issues(self.schema, text, context)) for text, context in zip(texts, contexts, strict=True)
        ]

    def _prior(self, text: str) -> Prior:
        match = self.pattern.search(text)
        return self.holders[match[0].lower()] if match else self.average


def fit_holder_prior(records: Sequence[Record], schema: Schema) -> HolderPrior:
    """Learn what each holder that is the source of several sentences mostly says."""
    own: dict[str, list[Record]] = {}
    for record in records:
        if record.source:
            own.setdefault(_bare(record.text[slice(*record.source)]), []).append(record)
    average = fit_prior(records, schema)
    holders = {name: fit_prior(said, schema, average) for name, said in own.items() if len(said) >= MIN_SENTENCES}
    names = sorted(map(re.escape, holders), key=len, reverse=True)  # the longest name wins where several begin
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)" if names else r"(?!)", re.IGNORECASE)
    return HolderPrior(schema, average, holders, pattern)


def _bare(name: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", name.lower())
