"""Keyword rules: the type of the first telling word, the stance of the nearest verb."""

from __future__ import annotations

import pytest

from communique.models.schema import Schema
from communique.training.keyword_rules import NEAR, KeywordRules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("An analyst said they pledged and must support it.", "expert_opinion"),
        ("They pledged to do what they must.", "commitment"),
        ("They urged both sides to talk.", "stated_position"),
        ("The meeting lasted an hour.", "background"),
    ],
)
def test_types_follow_the_order_of_the_guidelines(schema: Schema, text: str, expected: str) -> None:
    assert KeywordRules(schema).label([text], [""])[0].type == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Peru supports talks but condemned the blockade.", "oppose"),
        ("Peru defended the blockade, which others condemned.", "support"),
        ("Peru spoke of the blockade.", "neutral"),
        (f"Peru condemned {'a' * NEAR} the blockade.", "neutral"),
    ],
)
def test_the_nearest_verb_decides(schema: Schema, text: str, expected: str) -> None:
    assert KeywordRules(schema).label([text], [""])[0].stances == {"unilateral_sanctions": expected}


def test_an_issue_of_the_context_alone_is_neutral(schema: Schema) -> None:
    [found] = KeywordRules(schema).label(["They oppose it."], ["The blockade went on."])
    assert found.stances == {"unilateral_sanctions": "neutral"}
    assert not found.type_scores
    assert not found.stance_scores


def test_texts_and_contexts_must_be_as_many(schema: Schema) -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        KeywordRules(schema).label(["a", "b"], [""])
