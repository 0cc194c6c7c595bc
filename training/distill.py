"""Features to distil from: the records, their labels mixed with the teachers' view, and unlabelled sentences as the teachers see them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from ..inference.encode import EncodingConfig, tokenize
from ..models.schema import Schema
from .corpus import Record
from .features import Feature, gold_targets, lay_windows
from .recipe import Distillation
from .standoff import read_texts
from .teacher import ask_teachers, mixed, soft_targets

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unlabelled:
    """Sentences without labels, each with the sentence before it."""

    texts: tuple[str, ...]
    contexts: tuple[str, ...]


def read_unlabelled(paths: Sequence[str], known: set[str]) -> Unlabelled:
    """Read sentences to distil on, each once.

    Args:
        paths: files as `standoff.read_texts` reads them; one that does not exist is reported and left out.
        known: texts to leave out: training records have labels of their own, and nothing is learned on dev records.

    Raises:
        RecordError: a line is no such object, naming file, line and mend.
    """
    found: dict[str, str] = {}
    for path in map(Path, paths):
        if not path.is_file():
            logger.warning("%s: no such file; going on without these sentences", path)
            continue
        found |= {row["text"]: row["context"] for row in read_texts(path) if row["text"].strip() and row["text"] not in known}
    return Unlabelled(tuple(found), tuple(found.values()))


def distilled_features(
    plan: Distillation,
    records: Sequence[Record],
    unlabelled: Unlabelled,
    schema: Schema,
    tokenizer: Tokenizer,
    encoding: EncodingConfig,
    memory: Path,
) -> list[Feature]:
    """Encode records and unlabelled sentences, with probabilities for targets.

    Args:
        memory: file that keeps the teachers' answers.

    Raises:
        ConfigError: a teacher does not fit the student.
        ModelError: a teacher's folder is no checkpoint.
    """
    texts = [*(record.text for record in records), *unlabelled.texts]
    contexts = [*(record.context for record in records), *unlabelled.contexts]
    logger.info("%d teachers, %d records, %d unlabelled sentences", len(plan.teachers), len(records), len(unlabelled.texts))
    words = tokenize(texts, tokenizer)
    scores = ask_teachers([Path(folder) for folder in plan.teachers], schema, texts, contexts, words, memory)
    targets = soft_targets(scores)
    for index, record in enumerate(records):
        targets[index] = mixed(gold_targets(record, words[index], schema), targets[index], plan.teacher_weight)
    return lay_windows(words, contexts, targets, tokenizer, encoding)
