"""From labelled sentences with holders to claims: who holds which position on what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .result import Claim, Sentence

NO_CLAIM = "background"  # a sentence type without a holder's position
WITHOUT_ISSUE = ("commitment", "expert_opinion")  # types that are claims even on no listed issue


def make_claims(sentences: Sequence[Sentence], date: str = "", min_score: float = 0.0) -> tuple[Claim, ...]:
    """List the claims of one document in its order.

    A sentence makes one claim for each of its stances; a commitment or expert opinion without a stance makes one without an
    issue, whose score is the probability of the type. Background makes none.

    Args:
        sentences: with holders, in document order.
        date: the document's, repeated in each claim.
        min_score: claims below this probability are left out.

    >>> make_claims([Sentence(0, 5, "Text.", "background", {"background": 1.0})])
    ()
    """
    return tuple(claim for sentence in sentences for claim in _claims(sentence, date or None) if claim.score >= min_score)


def _claims(sentence: Sentence, date: str | None) -> Iterator[Claim]:
    if sentence.type == NO_CLAIM:
        return
    for stance in sentence.stances:
        yield _claim(sentence, stance.issue, stance.polarity, stance.score, date)
    if not sentence.stances and sentence.type in WITHOUT_ISSUE:
        yield _claim(sentence, None, None, sentence.scores.get(sentence.type, 0.0), date)


def _claim(sentence: Sentence, issue: str | None, polarity: str | None, score: float, date: str | None) -> Claim:
    holder = sentence.holder
    name, country = (holder.name, holder.country) if holder else (None, None)
    return Claim(name, country, sentence.type, issue, polarity, score, sentence.start, sentence.end, sentence.text, date)
