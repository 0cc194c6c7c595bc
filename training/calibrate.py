"""Temperature scaling: one number a head, so that a confidence of 0.8 is right in about 8 of 10 cases (Guo et al., 2017).

Invariant: temperatures never change a decision's winner among the classes of a head, only how sure it sounds; every weights file
has its own, since quantisation moves logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from ..errors import RecordError
from ..inference.label import Labeller
from ..inference.score import Logits, Scores, score
from ..models.checkpoint import read_checkpoint, write_checkpoint
from ..models.network import HEADS
from ..models.schema import Schema
from .corpus import Record
from .features import word_tags
from .labeller import open_labeller, weights_files
from .metrics import stance_calibration, type_calibration
from .prediction import from_sentence

LOWEST, HIGHEST = 0.05, 20.0  # a head that would need more is not miscalibrated but broken


@dataclass(frozen=True)
class Calibration:
    """The temperatures of one weights file, and what they changed.

    Attributes:
        temperatures: by head.
        before, after: for `type` and `stance`: expected calibration error `ece` and Brier score `brier`.
    """

    temperatures: Mapping[str, float]
    before: Mapping[str, Mapping[str, float]]
    after: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def calibrate(folder: Path, records: Sequence[Record]) -> dict[str, Calibration]:
    """Fit the temperatures of every weights file in a checkpoint folder and store them there.

    Args:
        records: dev records, which the weights were not trained on.

    Returns:
        Calibrations by file name; the checkpoint's `training["calibration"]` holds them too.

    Raises:
        RecordError: there are no records.
        ModelError: a file of the checkpoint is missing or damaged.
    """
    if not records:
        raise RecordError("there are no records to calibrate on; name a file that holds some")
    found = {file: _calibration(open_labeller(folder, file, {}), records) for file in weights_files(folder)}
    checkpoint = read_checkpoint(folder)
    temperatures = {file: calibration.temperatures for file, calibration in found.items()}
    training = {**checkpoint.training, "calibration": {file: calibration.to_dict() for file, calibration in found.items()}}
    write_checkpoint(folder, replace(checkpoint, temperatures=temperatures, training=training))
    return found


def _calibration(labeller: Labeller, records: Sequence[Record]) -> Calibration:
    texts, contexts = [record.text for record in records], [record.context for record in records]
    scores = score(texts, contexts, labeller.tokenizer, labeller.session, labeller.encoding)
    fitted = fit_temperatures(scores.logits, gold_classes(records, scores, labeller.schema))
    temperatures = {head: round(value, 4) for head, value in fitted.items()}
    figures = [_figures(replace(labeller, temperatures=chosen), scores, records) for chosen in ({}, temperatures)]
    return Calibration(temperatures, *figures)


def _figures(labeller: Labeller, scores: Scores, records: Sequence[Record]) -> dict[str, dict[str, float]]:
    predicted = [from_sentence(sentence) for sentence in labeller.decode([record.text for record in records], scores)]
    figures = {
        "type": type_calibration(records, predicted, labeller.schema.type_names),
        "stance": stance_calibration(records, predicted),
    }
    return {head: {name: round(value, 4) for name, value in own.items()} for head, own in figures.items()}


def gold_classes(records: Sequence[Record], scores: Scores, schema: Schema) -> dict[str, NDArray[np.int64]]:
    """The gold class ids that logits are measured against.

    Args:
        scores: of the same sentences; only their words are read.

    Returns:
        type [sentences], stance [sentences, issues], entity and attribution [words].
    """
    stances = [[schema.stance_names.index(r.stances[i]) if i in r.stances else 0 for i in schema.issue_names] for r in records]
    words = [scores.offsets[first:last] for first, last in zip(scores.first_word, scores.first_word[1:], strict=False)]
    roles = [[(*span, role) for role, span in (("source", r.source), ("cue", r.cue)) if span] for r in records]
    return {
        "type": np.array([schema.type_names.index(r.type) for r in records]),
        "stance": np.array(stances),
        "entity": np.concatenate([word_tags(own, r.entities, schema.entity_tags) for own, r in zip(words, records, strict=True)]),
        "attribution": np.concatenate([word_tags(own, spans, schema.attribution_tags) for own, spans in zip(words, roles, strict=True)]),
    }


def fit_temperatures(logits: Logits, gold: Mapping[str, NDArray[np.int64]]) -> dict[str, float]:
    """Fit one temperature a head by least negative log-likelihood.

    Args:
        logits: of whole sentences, classes along the last axis.
        gold: class ids by head, of the shape of the head's logits without the last axis.
    """
    return {head: fit_temperature(getattr(logits, head), gold[head]) for head in HEADS}


def fit_temperature(logits: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    """Find the temperature of least negative log-likelihood.

    Args:
        logits: [..., classes].
        gold: class ids, [...].

    >>> overconfident = np.array([[4.0, 0.0]] * 4, np.float32)
    >>> temperature = fit_temperature(overconfident, np.array([0, 0, 0, 1]))
    >>> round(4.0 / temperature, 2)  # the log-odds of three against one
    1.1
    """
    rows, classes = logits.reshape(-1, logits.shape[-1]).astype(np.float64), gold.ravel()
    right = np.take_along_axis(rows, classes[:, None], axis=-1)[:, 0]

    def loss(logarithm: float) -> float:
        inverse = np.exp(-logarithm)
        return float((logsumexp(rows * inverse, axis=-1) - right * inverse).mean())

    # In log T the loss has one minimum: in 1 / T it is convex.
    return float(np.exp(minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded").x))
