"""Sentences in, labelled sentences out: score, decode, and the step from word indices back to character offsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from ..models.schema import ABSENT, Schema
from .decode import WordSpans, best_single_spans, best_tags, pad_words, softmax, tag_spans
from .encode import EncodingConfig
from .result import Entity, Sentence, Span, Stance
from .score import Logits, Scores, Session, score

GROUP_WORDS = 8192  # padded words decoded together: some 270 sentences, enough to spread numpy's overhead; bounds memory


@dataclass(frozen=True)
class Labeller:
    """Everything that labelling a sentence needs.

    Attributes:
        temperatures: per head; missing heads have temperature 1.
        issues: ids of the issues to report; the others are left out of the result.
    """

    tokenizer: Tokenizer
    session: Session
    schema: Schema
    encoding: EncodingConfig
    temperatures: Mapping[str, float]
    issues: tuple[str, ...]

    def label(self, sentences: Sequence[str], contexts: Sequence[str]) -> list[Sentence]:
        """Label sentences, each beside its context; offsets in the results are relative to each sentence."""
        scores = score(sentences, contexts, self.tokenizer, self.session, self.encoding)
        return list(self.decode(sentences, scores))

    def decode(self, sentences: Sequence[str], scores: Scores) -> Iterator[Sentence]:
        """Turn scores into labelled sentences, in order."""
        found: list[Sentence | None] = [None] * len(sentences)
        for group in _groups(np.diff(scores.first_word)):
            part = _take(scores, group)
            for index, sentence in zip(group, self._decode_group([sentences[i] for i in group], part), strict=True):
                found[index] = sentence
        return (sentence for sentence in found if sentence is not None)

    def _decode_group(self, sentences: Sequence[str], scores: Scores) -> Iterator[Sentence]:
        entities = self._entities(sentences, scores)
        roles = self._roles(sentences, scores)
        types = softmax(scores.logits.type, self.temperatures.get("type", 1.0))
        stances = softmax(scores.logits.stance, self.temperatures.get("stance", 1.0))
        names = self.schema.type_names
        for i, text in enumerate(sentences):
            source = roles.get((i, "source"))
            yield Sentence(
                start=0,
                end=len(text),
                text=text,
                type=names[int(types[i].argmax())],
                scores=dict(zip(names, types[i].tolist(), strict=True)),
                entities=tuple(entities.get(i, ())),
                source=source,
                cue=roles.get((i, "cue")) if source else None,  # a cue without a source marks nobody
                stances=self._stances(text, stances[i]),
            )

    def _entities(self, sentences: Sequence[str], scores: Scores) -> dict[int, list[Entity]]:
        logits, mask = pad_words(scores.logits.entity, scores.first_word)
        spans = tag_spans(best_tags(logits, mask), softmax(logits, self.temperatures.get("entity", 1.0)))
        found: dict[int, list[Entity]] = {}
        for i, start, end, label, probability in _characters(spans, scores):
            found.setdefault(i, []).append(Entity(start, end, sentences[i][start:end], self.schema.entities[label].id, probability))
        return found

    def _roles(self, sentences: Sequence[str], scores: Scores) -> dict[tuple[int, str], Span]:
        spans = best_single_spans(*pad_words(scores.logits.attribution, scores.first_word))
        return {
            (i, self.schema.attribution[label].id): Span(start, end, sentences[i][start:end])
            for i, start, end, label, _ in _characters(spans, scores)
        }

    def _stances(self, text: str, probabilities: np.ndarray) -> tuple[Stance, ...]:  # [issues, stances]
        best = probabilities.argmax(axis=-1)
        found = []
        for index in np.flatnonzero(best != self.schema.stance_names.index(ABSENT)).tolist():
            issue = self.schema.issues[index]
            # By the guidelines an issue must be named in the sentence itself; the context alone does not count.
            if issue.id in self.issues and issue.mentioned_in(text):
                found.append(Stance(issue.id, self.schema.stance_names[best[index]], float(probabilities[index, best[index]])))
        return tuple(found)


def _groups(sizes: np.ndarray) -> Iterator[np.ndarray]:
    # Similar lengths share a group, so little is padded; a freak of thousands of words is decoded alone.
    order = np.argsort(-sizes, kind="stable")
    start = 0
    while start < len(order):
        count = max(1, GROUP_WORDS // max(1, int(sizes[order[start]])))
        yield order[start : start + count]
        start += count


def _take(scores: Scores, group: np.ndarray) -> Scores:
    words = np.concatenate([np.arange(scores.first_word[i], scores.first_word[i + 1]) for i in group])
    sizes = np.diff(scores.first_word)[group]
    logits = scores.logits
    chosen = Logits(logits.type[group], logits.stance[group], logits.entity[words], logits.attribution[words])
    return Scores(chosen, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), scores.offsets[words])


def _characters(spans: WordSpans, scores: Scores) -> Iterator[tuple[int, int, int, int, float]]:
    begin = scores.first_word[spans.sentence]
    starts = scores.offsets[begin + spans.first, 0]
    ends = scores.offsets[begin + spans.last, 1]
    columns = (spans.sentence, starts, ends, spans.label, spans.score)
    return zip(*(column.tolist() for column in columns), strict=True)
