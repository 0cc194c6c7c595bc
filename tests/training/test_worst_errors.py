"""The worst errors are real errors, said in words, weightiest first."""

from __future__ import annotations

from dataclasses import replace

from communique.inference.result import Sentence, Span, Stance
from communique.training.corpus import Record
from communique.training.worst_errors import worst_errors


def right(record: Record) -> Sentence:
    source = Span(*record.source, record.text[slice(*record.source)]) if record.source else None
    stances = tuple(Stance(issue, polarity, 0.9) for issue, polarity in record.stances.items())
    return Sentence(0, len(record.text), record.text, record.type, {record.type: 0.9}, source=source, stances=stances)


def test_what_is_right_is_no_error(records: list[Record]) -> None:
    assert worst_errors(records, [right(record) for record in records]) == []


def test_the_surest_error_comes_first_and_names_both_sides(records: list[Record]) -> None:
    sentences = [right(record) for record in records]
    other = {r.type for r in records} - {records[0].type, records[1].type}
    wrong = sorted(other)[0]
    sentences[0] = replace(sentences[0], type=wrong, scores={wrong: 0.6})
    sentences[1] = replace(sentences[1], type=wrong, scores={wrong: 0.99})
    first, second = worst_errors(records, sentences)
    assert (first.id, second.id) == (records[1].id, records[0].id)
    assert first.gold == (records[1].type,)
    assert first.predicted == (f"{wrong} (99%)",)
    assert len(worst_errors(records, sentences, limit=1)) == 1


def test_missed_stances_and_sources_are_errors(records: list[Record]) -> None:
    record = next(r for r in records if r.stances and r.source)
    [error] = worst_errors([record], [replace(right(record), stances=(), source=None)])
    issue, polarity = sorted(record.stances.items())[0]
    assert f"{issue} {polarity}" in error.gold
    assert f"{issue} none" in error.predicted
    assert "source none" in error.predicted
