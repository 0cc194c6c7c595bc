"""TF-IDF with logistic regression: the baseline that a model with word vectors has to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from ..models.schema import ABSENT, Schema
from .baselines import mentioned_issues
from .corpus import Record
from .prediction import Prediction

STRENGTH = 10.0  # inverse of the L2 penalty; TF-IDF rows have length 1, so little shrinking is right


@dataclass(frozen=True)
class Tfidf:
    """Words and characters of the sentence, one classifier for its type and one an issue where the issue is named.

    Attributes:
        stances: classifier by issue; an issue that no training sentence names has none and stays absent.
    """

    schema: Schema
    vectorizer: Any
    types: Any
    stances: Mapping[str, Any]
    name: str = "TF-IDF + logistic regression"

    def label(self, texts: Sequence[str], contexts: Sequence[str]) -> list[Prediction]:
        """Label sentences, in order."""
        if not texts:
            return []
        rows = self.vectorizer.transform(texts)
        probabilities = self.types.predict_proba(rows)
        stances = self._stances(rows, texts, contexts)
        return [_prediction(self.types.classes_, own, found) for own, found in zip(probabilities, stances, strict=True)]

    def _stances(self, rows: Any, texts: Sequence[str], contexts: Sequence[str]) -> list[dict[str, tuple[str, float]]]:
        found: list[dict[str, tuple[str, float]]] = [{} for _ in texts]
        for issue, members in _members(self.schema, texts, contexts).items():
            if issue in self.stances and members:
                probabilities = self.stances[issue].predict_proba(rows[members])
                for index, own in zip(members, probabilities, strict=True):
                    found[index][issue] = (str(self.stances[issue].classes_[own.argmax()]), float(own.max()))
        return found


def fit_tfidf(records: Sequence[Record], schema: Schema) -> Tfidf:
    """Learn from records; the more frequent a label, the less each of its sentences weighs."""
    texts = [record.text for record in records]
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=5, sublinear_tf=True)
    vectorizer = FeatureUnion([("words", words), ("characters", characters)])
    rows = vectorizer.fit_transform(texts)
    stances = {}
    for issue, members in _members(schema, texts, [record.context for record in records]).items():
        if members:
            stances[issue] = _fit(rows[members], [records[i].stances.get(issue, ABSENT) for i in members])
    return Tfidf(schema, vectorizer, _fit(rows, [record.type for record in records]), stances)


def _members(schema: Schema, texts: Sequence[str], contexts: Sequence[str]) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {issue: [] for issue in schema.issue_names}
    for index, (text, context) in enumerate(zip(texts, contexts, strict=True)):
        for issue in mentioned_issues(schema, text, context):
            members[issue].append(index)
    return members


def _fit(rows: Any, labels: Sequence[str]) -> Any:
    if len(set(labels)) == 1:  # logistic regression needs two classes
        return DummyClassifier(strategy="most_frequent").fit(rows, labels)
    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000).fit(rows, labels)


def _prediction(types: NDArray[np.str_], probabilities: NDArray[np.float64], stances: Mapping[str, tuple[str, float]]) -> Prediction:
    present = {issue: found for issue, found in stances.items() if found[0] != ABSENT}
    return Prediction(
        type=str(types[probabilities.argmax()]),
        type_scores={str(name): float(p) for name, p in zip(types, probabilities, strict=True)},
        stances={issue: polarity for issue, (polarity, _) in present.items()},
        stance_scores={issue: score for issue, (_, score) in present.items()},
    )
