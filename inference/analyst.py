"""The front of the house: load a model once, then turn texts into documents with claims.

`predict` only composes segment -> score -> decode -> holders -> claims; every step lives in its own module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from ..models.checkpoint import ONNX, WEIGHTS, Checkpoint, find_model, read_checkpoint
from ..version import __version__
from .claims import make_claims
from .documents import InputDocument
from .holders import resolve_holders
from .label import Labeller
from .result import Document, FailedDocument, Provenance, Sentence
from .segment import segment
from .session import OnnxSession, open_session, read_tokenizer, weights_file

CHUNK_CHARACTERS, CHUNK_DOCUMENTS = 150_000, 500  # documents handed on together: few enough to bound memory and what a kill costs


@dataclass(frozen=True)
class Analyst:
    """A loaded model.

    >>> analyst = load()
    >>> document = analyst.predict("Minister Ana Ruiz said Chile firmly supports the two-state solution.")
    >>> [(claim.holder, claim.issue, claim.polarity) for claim in document.claims]
    [('Ana Ruiz', 'palestine', 'support')]
    """

    labeller: Labeller
    provenance: Provenance

    @overload
    def predict(self, texts: str) -> Document: ...  # type: ignore[overload-overlap]  # a string is a sequence of strings
    @overload
    def predict(self, texts: Sequence[str]) -> list[Document]: ...
    def predict(self, texts: str | Sequence[str]) -> Document | list[Document]:
        """Turn one text into a document, or several into a list in the same order.

        Offsets in the result are code points into the text as given.
        """
        several = [texts] if isinstance(texts, str) else list(texts)
        for text in several:
            if not isinstance(text, str):
                raise TypeError(f"predict() takes a string or a sequence of strings, found {type(text).__name__}")
        documents = [d for d in self.stream(several) if isinstance(d, Document)]
        return documents[0] if isinstance(texts, str) else documents

    def stream(self, documents: Iterable[str | InputDocument], min_score: float = 0.0) -> Iterator[Document | FailedDocument]:
        """Turn any number of documents into results, in order and at constant memory.

        Args:
            documents: Texts, or input documents with id, date, speaker and further columns; those with an `error` come
                out as `FailedDocument`.
            min_score: Claims below this probability are left out.
        """
        for number, item in enumerate(documents, 1):
            yield self._analyse(self._input(item, number), min_score)

    def label(self, sentences: Sequence[str], contexts: Sequence[str] | None = None) -> list[Sentence]:
        """Label sentences that are already split; offsets are relative to each sentence, holders are not resolved.

        Args:
            contexts: The sentence before each sentence, or an empty string; none at all by default.
        """
        if contexts is not None and len(contexts) != len(sentences):
            raise ValueError(f"{len(sentences)} sentences but {len(contexts)} contexts; give one context a sentence")
        return self.labeller.label(sentences, contexts if contexts is not None else [""] * len(sentences))

    @staticmethod
    def _input(item: str | InputDocument, number: int) -> InputDocument:
        return InputDocument(id=f"text-{number}", text=item) if isinstance(item, str) else item

    def analyse(self, documents: Iterable[InputDocument], min_score: float = 0.0) -> list[Document | FailedDocument]:
        """Turn documents into results, in order.

        Each is labelled alone: the quantised network scales a batch as a whole, so a sentence's scores would otherwise move
        a little with what happens to lie beside it.
        """
        return [self._analyse(document, min_score) for document in documents]

    def _analyse(self, document: InputDocument, min_score: float) -> Document | FailedDocument:
        spans = segment(document.text) if document.error is None else []
        sentences = [document.text[start:end] for start, end in spans]
        labelled = self.labeller.label(sentences, ["", *sentences][: len(sentences)])
        own = [_moved(sentence, start) for (start, _), sentence in zip(spans, labelled, strict=True)]
        return self._result(document, own, min_score)

    def _result(self, document: InputDocument, labelled: Sequence[Sentence], min_score: float) -> Document | FailedDocument:
        if document.error is not None:
            return FailedDocument(document.id, document.error, document.extra)
        try:
            sentences = resolve_holders(labelled, document.speaker)
        except Exception as error:  # one document must never stop a batch, whatever its text does to the rules
            reason = f"{type(error).__name__}: {error}"
            return FailedDocument(
                document.id, f"{document.id}: its holders cannot be resolved ({reason}); please report it", document.extra
            )
        claims = make_claims(sentences, document.date, min_score)
        return Document(document.id, sentences, claims, self.provenance, document.carried)


def load(model: str | Path | None = None, device: str = "auto", issues: Sequence[str] | None = None) -> Analyst:
    """Load a model.

    Args:
        model: The name of a shipped model, the path of a checkpoint folder, or None for the default model.
        device: "auto", "cpu", "cuda" or "cuda:N".
        issues: Ids of the issues to report; None for all.

    Raises:
        ModelError: There is no such model, its files are damaged, or the device is not there.
        ConfigError: An issue is unknown to the model.
        MissingExtraError: The device needs torch, which is not installed.
    """
    folder = find_model(model)
    checkpoint = read_checkpoint(folder)
    session = open_session(folder, checkpoint, device)
    file = ONNX if isinstance(session, OnnxSession) else WEIGHTS
    names = _issue_names(checkpoint, issues)
    labeller = Labeller(
        read_tokenizer(folder), session, checkpoint.schema, checkpoint.encoding, checkpoint.temperatures.get(file, {}), names
    )
    return Analyst(labeller, _provenance(checkpoint, file))


def read_provenance(model: str | Path | None, device: str, issues: Sequence[str] | None = None) -> Provenance:
    """What results of a model will say of their origin, without loading its network.

    Args:
        device: "cpu" or "cuda".

    Raises:
        ModelError, ConfigError: as `load`.
    """
    folder = find_model(model)
    checkpoint = read_checkpoint(folder)
    _issue_names(checkpoint, issues)
    return _provenance(checkpoint, weights_file(folder, device))


def _issue_names(checkpoint: Checkpoint, issues: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(checkpoint.schema.issue(name).id for name in issues) if issues is not None else checkpoint.schema.issue_names


def _provenance(checkpoint: Checkpoint, file: str) -> Provenance:
    return Provenance(checkpoint.name, checkpoint.sha256[file], checkpoint.schema.sha256, __version__)


def chunked(documents: Iterable[InputDocument]) -> Iterator[list[InputDocument]]:
    """Group documents into chunks that are handed on together; where a chunk ends depends on its own documents alone."""
    chunk: list[InputDocument] = []
    characters = 0
    for document in documents:
        chunk.append(document)
        characters += len(document.text)
        if characters >= CHUNK_CHARACTERS or len(chunk) >= CHUNK_DOCUMENTS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _moved(sentence: Sentence, by: int) -> Sentence:
    entities = tuple(replace(e, start=e.start + by, end=e.end + by) for e in sentence.entities)
    source, cue = (span and replace(span, start=span.start + by, end=span.end + by) for span in (sentence.source, sentence.cue))
    return replace(sentence, start=sentence.start + by, end=sentence.end + by, entities=entities, source=source, cue=cue)
