"""Exports of a trained checkpoint: the quantised ONNX file, checked, and each task as a plain `transformers` classifier.

Invariant: an int8 file that loses more than one point on the dev records against fp16 is refused, not shipped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoModelForTokenClassification, PreTrainedTokenizerFast

from ..errors import ModelError, RecordError
from ..inference.label import Labeller
from ..inference.score import encoded_batches
from ..inference.session import OnnxSession, read_network
from ..models.checkpoint import ONNX, TOKENIZER, WEIGHTS, Checkpoint, read_checkpoint, write_checkpoint
from ..models.network import Network
from ..models.schema import ABSENT, Schema
from .bootstrap import Figure, headline_leads
from .corpus import Record
from .labeller import open_labeller
from .metrics import dev_figures
from .prediction import from_sentence
from .quantise import export_int8

TOLERANCE = 0.01  # what quantisation may cost in any headline figure


def export_checked(folder: Path, records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Write the int8 file of a checkpoint folder, and keep it only if it scores as well as the fp16 weights.

    Temperatures fitted for an earlier int8 file are dropped: calibrate again.

    Args:
        records: dev records.

    Returns:
        The dev figures of either file, by file name.

    Raises:
        RecordError: there are no records.
        ModelError: a figure fell by more than `TOLERANCE` and chance; no int8 file lies in the folder then, not even an earlier one.
    """
    if not records:
        raise RecordError("there are no records to score the int8 file on; name a file that holds some")
    checkpoint = read_checkpoint(folder)
    plain = open_labeller(folder, WEIGHTS)
    temperatures = {file: own for file, own in checkpoint.temperatures.items() if file != ONNX}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:  # nothing that was not scored ever lies beside the weights
        candidate = Path(scratch) / ONNX
        texts, contexts = [record.text for record in records], [record.context for record in records]
        usual = encoded_batches(texts, contexts, plain.tokenizer, checkpoint.encoding)
        export_int8(read_network(folder, checkpoint), candidate, usual)
        labellers = {WEIGHTS: plain, ONNX: replace(plain, session=OnnxSession(candidate))}
        figures, losses = _compare(labellers, records)
        fallen = fallen_figures(losses)
        (folder / ONNX).unlink(missing_ok=True)
        if not fallen:
            candidate.replace(folder / ONNX)
    write_checkpoint(folder, replace(checkpoint, temperatures=temperatures))
    if fallen:
        mend = f"ship {WEIGHTS} alone, or train again and export that"
        raise ModelError(f"{folder / ONNX}: refused, int8 loses too much: {'; '.join(fallen)}; {mend}")
    return figures


def fallen_figures(losses: Mapping[str, Figure]) -> list[str]:
    """Name the figures that fell by more than `TOLERANCE`, and by more than chance explains.

    On a few hundred records one point is about three decisions: a loss whose interval holds zero may be none.

    Args:
        losses: paired differences with their intervals, see `headline_leads`.

    >>> fallen_figures({"entities": Figure(0.011, -0.002, 0.02), "cue": Figure(0.03, 0.01, 0.05)})
    ['cue by 0.030 (0.010 to 0.050)']
    """
    lost = {name: loss for name, loss in losses.items() if round(loss.value, 6) > TOLERANCE and loss.low > 0}
    return [f"{name} by {loss.value:.3f} ({loss.low:.3f} to {loss.high:.3f})" for name, loss in lost.items()]


def _compare(labellers: Mapping[str, Labeller], records: Sequence[Record]) -> tuple[dict[str, dict[str, float]], Mapping[str, Figure]]:
    """The dev figures of each weights file, and by how much the first scores above the second."""
    texts, contexts = [record.text for record in records], [record.context for record in records]
    labelled = {file: labeller.label(texts, contexts) for file, labeller in labellers.items()}
    before, after = ([from_sentence(sentence) for sentence in sentences] for sentences in labelled.values())
    return {file: dev_figures(records, sentences) for file, sentences in labelled.items()}, headline_leads(records, before, after)


def export_plain(network: Network, checkpoint: Checkpoint, model: Path, output: Path) -> list[Path]:
    """Write each task as a checkpoint that `transformers.pipeline` loads; returns the four folders.

    The stance classifier is multi-label: one label an issue and polarity ("taiwan:support"), its logit taken against
    the issue's absence, so that a sigmoid above one half says that the polarity beats absence.
    """
    schema = checkpoint.schema
    written = []
    for head, names in plain_labels(schema).items():
        target: Any = AutoModelForTokenClassification if head in ("entity", "attribution") else AutoModelForSequenceClassification
        classifier = target.from_config(_plain_config(checkpoint, head, names))
        classifier.load_state_dict(_plain_weights(network, classifier, head, schema))
        folder = output / head
        classifier.save_pretrained(folder)
        special = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
        PreTrainedTokenizerFast(tokenizer_file=str(model / TOKENIZER), **special).save_pretrained(folder)
        written.append(folder)
    return written


def plain_labels(schema: Schema) -> dict[str, tuple[str, ...]]:
    """The labels of each task's plain classifier, in order."""
    stances = tuple(f"{issue}:{polarity}" for issue in schema.issue_names for polarity in schema.stance_names if polarity != ABSENT)
    return {"type": schema.type_names, "stance": stances, "entity": schema.entity_tags, "attribution": schema.attribution_tags}


def _plain_config(checkpoint: Checkpoint, head: str, names: tuple[str, ...]) -> Any:
    settings = {key: value for key, value in checkpoint.encoder.items() if key not in ("model_type", "architectures")}
    settings |= {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
    if head in ("type", "stance"):
        settings["problem_type"] = "multi_label_classification" if head == "stance" else "single_label_classification"
    return AutoConfig.for_model(checkpoint.encoder["model_type"], **settings)


def _plain_weights(network: Network, classifier: Any, head: str, schema: Schema) -> Mapping[str, Tensor]:
    prefix = classifier.base_model_prefix
    own = {f"{prefix}.{name}": tensor for name, tensor in network.encoder.state_dict().items()}
    weights = {
        name.removeprefix(f"heads.{head}_head."): t for name, t in network.state_dict().items() if name.startswith(f"heads.{head}_head.")
    }
    for name in [name for name in weights if name.startswith("dense.")]:
        own[f"{prefix}.pooler.{name}"] = weights.pop(name)
    if head == "stance":
        weights = {name: _against_absence(tensor, schema) for name, tensor in weights.items()}
    return {**own, **weights}


def _against_absence(tensor: Tensor, schema: Schema) -> Tensor:
    absent = schema.stance_names.index(ABSENT)
    by_issue = tensor.unflatten(0, (len(schema.issues), len(schema.stance_names)))
    kept = [i for i in range(len(schema.stance_names)) if i != absent]
    against: Tensor = by_issue[:, kept] - by_issue[:, [absent]]
    return against.flatten(0, 1).contiguous()
