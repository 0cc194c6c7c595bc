"""Which sentences make claims, and what stands in them."""

from __future__ import annotations

from communique.inference.claims import make_claims
from communique.inference.result import Claim, Holder, Sentence, Stance

RUIZ = Holder("Ana Ruiz", "person", "named", "Chile", "President")
TWO = (Stance("taiwan", "support", 0.9), Stance("xinjiang", "neutral", 0.6))


def sentence(type: str, stances: tuple[Stance, ...] = ()) -> Sentence:
    return Sentence(10, 15, "Text.", type, {type: 0.8}, holder=RUIZ, stances=stances)


def test_every_stance_of_a_position_is_a_claim() -> None:
    taiwan, xinjiang = make_claims([sentence("stated_position", TWO)], "2025-01-02")
    assert taiwan == Claim("Ana Ruiz", "Chile", "stated_position", "taiwan", "support", 0.9, 10, 15, "Text.", "2025-01-02")
    assert (xinjiang.issue, xinjiang.polarity) == ("xinjiang", "neutral")


def test_background_makes_none() -> None:
    assert make_claims([sentence("background", TWO)]) == ()


def test_commitments_and_opinions_count_without_an_issue_but_positions_do_not() -> None:
    found = make_claims([sentence("commitment"), sentence("expert_opinion"), sentence("stated_position")])
    assert [(c.type, c.issue, c.polarity, c.score, c.date) for c in found] == [
        ("commitment", None, None, 0.8, None), ("expert_opinion", None, None, 0.8, None),
    ]  # fmt: skip


def test_claims_below_the_least_score_are_left_out() -> None:
    assert [c.issue for c in make_claims([sentence("stated_position", TWO)], min_score=0.7)] == ["taiwan"]


def test_a_claim_without_a_holder_says_so() -> None:
    [claim] = make_claims([Sentence(0, 1, "T", "commitment", {"commitment": 1.0})])
    assert (claim.holder, claim.country) == (None, None)
