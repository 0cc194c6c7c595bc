"""`communique train`: from a recipe to a checkpoint folder, in numbered steps."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, EarlyStoppingCallback, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from ..errors import ConfigError
from ..inference.encode import EncodingConfig
from ..inference.label import Labeller
from ..inference.session import TorchSession, read_network
from ..models.checkpoint import TOKENIZER, WEIGHTS, Checkpoint, read_checkpoint, write_checkpoint
from ..models.network import HEADS, HeadSizes, Network, new_network
from ..models.schema import Schema, load_schema
from .corpus import Record, fingerprint, read_records
from .distill import distilled_features, read_unlabelled
from .features import Feature, FeatureSet, collate_features, make_features
from .metrics import dev_figures
from .recipe import Recipe
from .tiny_backbone import RANDOM, write_tiny_backbone
from .trainer import MultiHeadTrainer

LONGEST_WAIT = timedelta(days=2)  # of the other processes, while the first asks the teachers

logger = logging.getLogger(__name__)


def train(recipe: Recipe, output: Path, resume: bool = False) -> Path:
    """Train by a recipe and write the checkpoint folder; returns it.

    Args:
        resume: go on from the last epoch that an interrupted run left in `output`.

    Raises:
        ConfigError: none of the recipe's record files exists, the backbone cannot be loaded, or there is no run to resume.
    """
    # 1. Names and records.
    schema = load_schema()
    train_records, dev_records = read_existing(recipe.records.train, schema), read_first(recipe.records.dev, schema)

    # 2. Tokeniser and features: the same windows as in inference.
    processes = PartialState(cpu=not torch.cuda.is_available(), timeout=LONGEST_WAIT)
    with processes.main_process_first():  # the others find its files: a tiny backbone, the teachers' answers
        backbone = find_backbone(recipe, train_records, output)
        tokenizer, encoding = load_tokenizer(backbone, recipe.encoding)
        features, facts = load_features(recipe, train_records, dev_records, schema, tokenizer, encoding, output)

    # 3. The network: pretrained encoder with fresh heads, or the one that an earlier recipe trained.
    set_seed(recipe.seed)
    network = new_network(backbone, head_sizes(schema), recipe.optimisation.dropout, recipe.optimisation.encoder_dropout)
    if recipe.start:
        network.load_state_dict(read_network(Path(recipe.start), read_checkpoint(Path(recipe.start))).state_dict())

    # 4. Train; after every epoch the dev records go through the same scoring and decoding as in inference.
    trainer = MultiHeadTrainer(
        model=network,
        args=training_arguments(recipe, output),
        train_dataset=FeatureSet(features),
        eval_dataset=FeatureSet(features),  # never read: `score_dev` takes its place
        data_collator=partial(collate_features, pad_id=encoding.pad_id),
        callbacks=[EarlyStoppingCallback(recipe.optimisation.patience)],
        recipe=recipe,
        score_dev=partial(score_dev, records=dev_records, tokenizer=tokenizer, schema=schema, encoding=encoding, heads=recipe.heads),
    )
    trainer.train(resume_from_checkpoint=last_epoch(output) if resume else None)

    # 5. Write what inference reads.
    if processes.is_main_process:
        figures = score_dev(network, dev_records, tokenizer, schema, encoding, recipe.heads)
        facts |= training_facts(recipe, train_records, dev_records, figures)
        checkpoint = Checkpoint(recipe.name, encoder_config(network), schema, encoding, training=facts)
        save_checkpoint(output, checkpoint, network, tokenizer)
    return output


def load_features(
    recipe: Recipe,
    train_records: Sequence[Record],
    dev_records: Sequence[Record],
    schema: Schema,
    tokenizer: Tokenizer,
    encoding: EncodingConfig,
    output: Path,
) -> tuple[list[Feature], dict[str, Any]]:
    """Encode what is learned from, and say what a checkpoint remembers of teachers, if there are any."""
    plan = recipe.distillation
    if plan is None:
        return make_features(train_records, schema, tokenizer, encoding), {}
    unlabelled = read_unlabelled(plan.unlabelled, {record.text for record in (*train_records, *dev_records)})
    memory = output / "epochs" / "teachers.npz"
    features = distilled_features(plan, train_records, unlabelled, schema, tokenizer, encoding, memory)
    return features, {"unlabelled": len(unlabelled.texts), "teachers": teacher_facts(plan.teachers)}


def training_facts(
    recipe: Recipe, train_records: Sequence[Record], dev_records: Sequence[Record], figures: dict[str, float]
) -> dict[str, Any]:
    """What a checkpoint remembers of its training."""
    start = read_checkpoint(Path(recipe.start)) if recipe.start else None
    before = [*start.training.get("earlier", []), {"name": start.name, "records": start.training["records"]}] if start else []
    return {
        "earlier": before,  # trainings that this one went on from
        "recipe": recipe.to_dict() | {"backbone": _public_name(recipe.backbone)},
        "records": len(train_records),
        "dev_records": len(dev_records),
        "dev_fingerprint": fingerprint(dev_records),
        "dev": figures,
    }


def teacher_facts(folders: Sequence[str]) -> list[dict[str, Any]]:
    """What a student remembers of its teachers."""
    checkpoints = [read_checkpoint(Path(folder)) for folder in folders]
    recipes = [own.training.get("recipe", {}) for own in checkpoints]
    return [
        {"name": own.name, "backbone": recipe.get("backbone", "unknown"), "records": own.training.get("records", 0)}
        for own, recipe in zip(checkpoints, recipes, strict=True)
    ]


def _public_name(backbone: str) -> str:
    """A hub name, or a folder's own name: where it lay is nobody's business."""
    return Path(backbone).name if Path(backbone).is_dir() else backbone


def read_existing(paths: Sequence[str], schema: Schema) -> list[Record]:
    """Read the record files that exist, and say which do not."""
    missing = [path for path in paths if not Path(path).exists()]
    for path in missing:
        logger.warning("%s: no such file; going on without these records", path)
    records = [record for path in paths if path not in missing for record in read_records(path, schema)]
    if not records:
        raise ConfigError(f"none of the record files exists: {', '.join(paths)}; name existing files in the recipe")
    return records


def read_first(paths: Sequence[str], schema: Schema) -> list[Record]:
    """Read the first record file that exists; dev files are named in order of preference, since a mixture would choose by the easier."""
    found = next((path for path in paths if Path(path).exists()), None)
    if found is None:
        raise ConfigError(f"none of the dev files exists: {', '.join(paths)}; name an existing file in the recipe")
    logger.info("%s chooses the best epoch and the temperatures", found)
    return read_records(found, schema)


def head_sizes(schema: Schema) -> HeadSizes:
    """Count the classes of each head."""
    return HeadSizes(
        len(schema.type_names), len(schema.issues), len(schema.stance_names), len(schema.entity_tags), len(schema.attribution_tags)
    )


def find_backbone(recipe: Recipe, records: Sequence[Record], output: Path) -> str:
    """The hub name or folder of the pretrained encoder; for `random`, the folder of a tiny one made from the records' words."""
    folder = output / "epochs" / "backbone"
    if recipe.backbone != RANDOM:
        return recipe.backbone
    if not folder.exists():  # a resumed run needs the vocabulary that it began with
        write_tiny_backbone((record.text for record in records), folder, recipe.seed)
    return str(folder)


def last_epoch(output: Path) -> str:
    """The folder that the last whole epoch of an interrupted run was saved in."""
    epochs = output / "epochs"
    found: str | None = get_last_checkpoint(str(epochs)) if epochs.is_dir() else None
    if found is None:
        raise ConfigError(f"{output}: there is no interrupted run to resume; train without --resume")
    return found


def encoder_config(network: Network) -> dict[str, Any]:
    """The encoder's configuration, without the place that it was loaded from."""
    encoder: Any = network.encoder
    return {key: value for key, value in encoder.config.to_dict().items() if key != "_name_or_path"}


def load_tokenizer(backbone: str, encoding: EncodingConfig) -> tuple[Tokenizer, EncodingConfig]:
    """Load the backbone's tokeniser and complete the encoding with its special tokens."""
    try:
        wrapper: Any = AutoTokenizer.from_pretrained(backbone)
    except (OSError, ValueError) as error:
        raise ConfigError(f"backbone {backbone!r} cannot be loaded: {error}; name a folder or a hub model") from None
    tokenizer: Tokenizer = wrapper.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = {"cls_id": wrapper.cls_token_id, "sep_id": wrapper.sep_token_id, "pad_id": wrapper.pad_token_id}
    return tokenizer, replace(encoding, **special)


def training_arguments(recipe: Recipe, output: Path) -> TrainingArguments:
    """Translate a recipe into the Trainer's own arguments."""
    knobs = recipe.optimisation
    return TrainingArguments(
        output_dir=str(output / "epochs"),
        num_train_epochs=knobs.epochs,
        per_device_train_batch_size=knobs.batch_size,
        learning_rate=knobs.learning_rate,
        warmup_steps=knobs.warmup,  # below 1: a share of all steps
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        bf16=knobs.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        seed=recipe.seed,
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        logging_steps=25,
        report_to=["tensorboard"],
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def score_dev(
    network: Network,
    records: Sequence[Record],
    tokenizer: Tokenizer,
    schema: Schema,
    encoding: EncodingConfig,
    heads: Sequence[str] = HEADS,
) -> dict[str, float]:
    """Label the dev records and return the figures that choose the best epoch."""
    device = next(network.parameters()).device
    labeller = Labeller(tokenizer, TorchSession(network, str(device)), schema, encoding, {}, schema.issue_names)
    predictions = labeller.label([record.text for record in records], [record.context for record in records])
    return dev_figures(records, predictions, heads)


def save_checkpoint(folder: Path, checkpoint: Checkpoint, network: Network, tokenizer: Tokenizer) -> None:
    """Write weights in fp16, tokeniser and configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner alone; shared models have other readers
    tokenizer.save(str(folder / TOKENIZER))
    write_checkpoint(folder, checkpoint)
