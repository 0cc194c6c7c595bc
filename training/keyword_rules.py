"""Keyword rules: the baseline that a newsroom could write in an afternoon, and the only one that needs no training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..models.schema import Schema
from .baselines import mentioned_issues
from .prediction import Prediction

NEAR = 60  # characters between an alias and a verb that is still taken to speak of it, about ten words


def _words(*stems: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(stems)})\w*", re.IGNORECASE)


# In the order of the annotation guidelines: the first that matches decides.
TYPES = (
    (
        "expert_opinion",
        _words(
            "analyst", "scholar", "professor", "expert", "economist", "researcher", "think tank", "research fellow", "observer",
        ),
    ),
    (
        "commitment",
        _words(
            "will provide", "pledge", "signed", "stands? ready", "agreed to", "vow", "launch", "promise", "willing to", "offered to",
        ),
    ),
    (
        "stated_position",
        _words(
            "support", "oppos", "condemn", "urg", "call(?:s|ed)? (?:on|for)", "welcom", "reaffirm", "must", "should", "reject", "deplor",
            "commend", "appreciat", "concern", "stress", "emphasi[sz]", "we ",
        ),
    ),
)  # fmt: skip
POLARITIES = (
    (
        "support",
        _words(
            "support", "back(?:s|ed|ing)\\b", "endors", "uphold", "adher", "welcom", "prais", "defend", "commit", "stand with", "benefit"
        ),
    ),
    (
        "oppose",
        _words(
            "oppos", "condemn", "reject", "violat", "against", "deplor", "denounc", "coerc", "aggressi", "threat", "concern", "critici",
            "abuse",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class KeywordRules:
    """Sentence types by telling words; stances by the stance verb nearest to an issue's alias, neutral where none is near."""

    schema: Schema
    name: str = "keyword rules"

    def label(self, texts: Sequence[str], contexts: Sequence[str]) -> list[Prediction]:
        """Label sentences, in order; rules give no probabilities.

        >>> from communique.models.schema import load_schema
        >>> [found] = KeywordRules(load_schema()).label(["Peru condemned the blockade."], [""])
        >>> found.type, found.stances
        ('stated_position', {'unilateral_sanctions': 'oppose'})
        """
        return [self._label(text, context) for text, context in zip(texts, contexts, strict=True)]

    def _label(self, text: str, context: str) -> Prediction:
        found = next((name for name, pattern in TYPES if pattern.search(text)), "background")
        return Prediction(found, stances={issue: self._polarity(issue, text) for issue in mentioned_issues(self.schema, text, context)})

    def _polarity(self, issue: str, text: str) -> str:
        aliases = [match.span() for match in self.schema.issue(issue).pattern.finditer(text)]
        verbs = [(polarity, match.span()) for polarity, pattern in POLARITIES for match in pattern.finditer(text)]
        near = [(_distance(alias, verb), polarity) for alias in aliases for polarity, verb in verbs]
        distance, polarity = min(near, default=(NEAR + 1, "neutral"))
        return polarity if distance <= NEAR else "neutral"


def _distance(left: tuple[int, int], right: tuple[int, int]) -> int:
    return max(0, left[0] - right[1], right[0] - left[1])
