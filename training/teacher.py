"""What teachers say of sentences: the logits of larger networks, averaged, as targets for a smaller one.

Invariant: teachers and student see the same words; a teacher whose tokenizer splits them otherwise is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from ..errors import ConfigError
from ..inference.decode import softmax
from ..inference.label import Labeller
from ..inference.score import Logits, Scores, score
from ..inference.session import TorchSession, read_network
from ..models.checkpoint import CONFIG, WEIGHTS, read_checkpoint
from ..models.schema import Schema
from .features import Targets
from .labeller import open_labeller

CHUNK = 2048  # sentences between two steps of the progress bar


def ask_teachers(folders: Sequence[Path], schema: Schema, texts: Sequence[str], contexts: Sequence[str], memory: Path) -> Scores:
    """Score sentences with every teacher and average the logits.

    Args:
        folders: checkpoint folders of the teachers.
        schema: the student's names; teachers must know the same ones in the same order.
        memory: file (.npz) that keeps the answers: asking the same again takes no time.

    Raises:
        ConfigError: a teacher knows other names or splits words otherwise.
        ModelError: a folder is no checkpoint.
    """
    question = _fingerprint(folders, texts, contexts)
    if (known := _recall(memory, question)) is not None:
        return known
    answers: Scores | None = None
    for folder in folders:
        own = _ask(_open(folder, schema), texts, contexts, f"{folder.name} labels")
        answers = own if answers is None else _sum(answers, own, folder)
    if answers is None:
        raise ConfigError("distillation needs a teacher; name checkpoint folders under `teachers`")
    mean = replace(answers, logits=Logits(*(part / len(folders) for part in _parts(answers.logits))))
    _remember(memory, question, mean)
    return mean


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


def _open(folder: Path, schema: Schema) -> Labeller:
    checkpoint = read_checkpoint(folder)
    if checkpoint.schema.outputs != schema.outputs:
        raise ConfigError(f"{folder}: the teacher knows other types, issues or labels than configs/; train it again")
    return replace(open_labeller(folder, WEIGHTS), session=TorchSession(read_network(folder, checkpoint), bf16=True))


def _ask(teacher: Labeller, texts: Sequence[str], contexts: Sequence[str], what: str) -> Scores:
    chunks = [slice(start, start + CHUNK) for start in range(0, len(texts), CHUNK)]
    console = Console(stderr=True)
    found = [
        score(texts[part], contexts[part], teacher.tokenizer, teacher.session, teacher.encoding)
        for part in track(chunks, what, console=console, disable=not console.is_terminal)
    ]
    parts = zip(*(_parts(own.logits) for own in found), strict=True)
    sizes = np.concatenate([np.diff(own.first_word) for own in found])
    first_word = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Scores(Logits(*(np.concatenate(part) for part in parts)), first_word, np.concatenate([own.offsets for own in found]))


def _sum(answers: Scores, own: Scores, folder: Path) -> Scores:
    if not np.array_equal(answers.offsets, own.offsets):
        raise ConfigError(f"{folder}: the teacher splits words otherwise than the one before; name teachers with like tokenizers")
    pairs = zip(_parts(answers.logits), _parts(own.logits), strict=True)
    return replace(answers, logits=Logits(*(left + right for left, right in pairs)))


def _parts(logits: Logits) -> tuple[NDArray[np.float32], ...]:
    return logits.type, logits.stance, logits.entity, logits.attribution


def _fingerprint(folders: Sequence[Path], texts: Sequence[str], contexts: Sequence[str]) -> str:
    weights = [sha256((folder / name).read_bytes()).hexdigest() for folder in folders for name in (CONFIG, WEIGHTS)]
    return sha256(json.dumps([weights, list(texts), list(contexts)]).encode()).hexdigest()


def _remember(memory: Path, question: str, scores: Scores) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    logits = {f"logits_{i}": part.astype(np.float16) for i, part in enumerate(_parts(scores.logits))}
    np.savez(memory, question=np.array(question), first_word=scores.first_word, offsets=scores.offsets, **logits)


def _recall(memory: Path, question: str) -> Scores | None:
    if not memory.is_file():
        return None
    with np.load(memory, allow_pickle=False) as file:
        if str(file["question"]) != question:
            return None
        return Scores(Logits(*(file[f"logits_{i}"].astype(np.float32) for i in range(4))), file["first_word"], file["offsets"])
