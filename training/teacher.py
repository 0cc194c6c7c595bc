"""What teachers say of sentences: the logits of larger networks, averaged, as targets for a smaller one.

Invariant: teachers and student see the same words; a teacher whose tokenizer splits them otherwise is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from ..errors import ConfigError
from ..inference.decode import softmax
from ..inference.encode import Words
from ..inference.score import Logits, Scores, score
from ..inference.session import TorchSession, read_network, read_tokenizer
from ..models.checkpoint import WEIGHTS, Checkpoint, read_checkpoint, verified
from ..models.schema import Schema
from .features import Targets

CHUNK = 2048  # sentences between two steps of the progress bar


def ask_teachers(
    folders: Sequence[Path], schema: Schema, texts: Sequence[str], contexts: Sequence[str], words: Sequence[Words], memory: Path
) -> Scores:
    """Score sentences with every teacher and average the logits.

    Args:
        folders: checkpoint folders of the teachers.
        schema: the student's names; teachers must know the same ones in the same order.
        words: how the student splits each text.
        memory: file (.npz) that keeps the answers: asking the same again takes no time.

    Raises:
        ConfigError: a teacher knows other names or splits words otherwise.
        ModelError: a folder is no checkpoint, or its weights are damaged.
    """
    checkpoints = [_checked(folder, schema) for folder in folders]
    question = _fingerprint(checkpoints, texts, contexts)
    known = _recall(memory, question)
    if known is None:
        answers = [_ask(folder, own, texts, contexts, words) for folder, own in zip(folders, checkpoints, strict=True)]
        _remember(memory, question, _mean(answers))
        known = _recall(memory, question)
    assert known is not None
    return known


def soft_targets(scores: Scores) -> list[Targets]:
    """The probabilities behind the logits, sentence by sentence, in fp16."""
    type_, stance, entity, attribution = (softmax(part).astype(np.float16) for part in _parts(scores.logits))
    words = [slice(first, last) for first, last in zip(scores.first_word[:-1], scores.first_word[1:], strict=True)]
    return [Targets(type_[i], stance[i], entity[own], attribution[own]) for i, own in enumerate(words)]


def mixed(gold: Targets, soft: Targets, weight: float) -> Targets:
    """Mix gold labels, given as class ids, with a teacher's probabilities.

    Args:
        weight: the teacher's share, 0 to 1.

    >>> ids = Targets(np.array(1), np.array([0]), np.array([], int), np.array([], int))
    >>> none = np.empty((0, 3))
    >>> mixed(ids, Targets(np.array([0.5, 0.5]), np.array([[0.0, 1.0]]), none, none), 0.5).type.tolist()
    [0.25, 0.75]
    """
    pairs = ((gold.type, soft.type), (gold.stances, soft.stances), (gold.entities, soft.entities), (gold.attribution, soft.attribution))
    return Targets(*(_mix(ids, probabilities, weight) for ids, probabilities in pairs))


def _mix(ids: NDArray[np.int64], probabilities: NDArray[np.floating], weight: float) -> NDArray[np.float16]:
    sure = np.eye(probabilities.shape[-1])[ids]
    return (weight * probabilities + (1 - weight) * sure).astype(np.float16)


def _checked(folder: Path, schema: Schema) -> Checkpoint:
    checkpoint = read_checkpoint(folder)
    if checkpoint.schema.outputs != schema.outputs:
        raise ConfigError(f"{folder}: the teacher knows other types, issues or labels than configs/; train it again")
    verified(folder, checkpoint, WEIGHTS)
    return checkpoint


def _ask(folder: Path, checkpoint: Checkpoint, texts: Sequence[str], contexts: Sequence[str], words: Sequence[Words]) -> Scores:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    session = TorchSession(read_network(folder, checkpoint, device), device, bf16=True)
    tokenizer = read_tokenizer(folder)
    console = Console(stderr=True)
    chunks = [slice(start, start + CHUNK) for start in range(0, len(texts), CHUNK)]
    found = []
    for part in track(chunks, f"{folder.name} labels", console=console, disable=not console.is_terminal):
        own = score(texts[part], contexts[part], tokenizer, session, checkpoint.encoding)
        if not np.array_equal(own.offsets, np.concatenate([split.offsets for split in words[part]])):
            raise ConfigError(f"{folder}: the teacher splits words otherwise than the student; name teachers with a like tokenizer")
        found.append(own)
    return _joined(found)


def _joined(found: Sequence[Scores]) -> Scores:
    parts = zip(*(_parts(own.logits) for own in found), strict=True)
    first_word = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(own.first_word) for own in found]))]).astype(np.int64)
    return Scores(Logits(*(np.concatenate(part) for part in parts)), first_word, np.concatenate([own.offsets for own in found]))


def _mean(answers: Sequence[Scores]) -> Scores:
    parts = zip(*(_parts(own.logits) for own in answers), strict=True)
    return replace(answers[0], logits=Logits(*(np.mean(part, axis=0) for part in parts)))


def _parts(logits: Logits) -> tuple[NDArray[np.float32], ...]:
    return logits.type, logits.stance, logits.entity, logits.attribution


def _fingerprint(checkpoints: Sequence[Checkpoint], texts: Sequence[str], contexts: Sequence[str]) -> str:
    teachers = [[own.sha256[WEIGHTS], asdict(own.encoding)] for own in checkpoints]
    return sha256(json.dumps([teachers, list(texts), list(contexts)]).encode()).hexdigest()


def _remember(memory: Path, question: str, scores: Scores) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    logits: dict[str, Any] = {f"logits_{i}": part.astype(np.float16) for i, part in enumerate(_parts(scores.logits))}
    unfinished = memory.with_suffix(".unfinished.npz")
    np.savez(unfinished, question=np.array(question), first_word=scores.first_word, offsets=scores.offsets, **logits)
    unfinished.replace(memory)


def _recall(memory: Path, question: str) -> Scores | None:
    try:
        with np.load(memory, allow_pickle=False) as file:
            if str(file["question"]) != question:
                return None
            return Scores(Logits(*(file[f"logits_{i}"].astype(np.float32) for i in range(4))), file["first_word"], file["offsets"])
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):  # not there, or not whole: ask again
        return None
