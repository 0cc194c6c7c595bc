"""A training recipe: the YAML file that says what is trained, on what and how.

Invariant: unknown keys are refused with the place where they belong, so a misspelt knob never trains silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..inference.encode import EncodingConfig
from ..models.network import HEADS
from ..models.schema import check_keys, read_yaml


@dataclass(frozen=True)
class Records:
    """Files of annotated records.

    Attributes:
        train: all are read; one that does not exist is reported and left out.
        dev: the first that exists is read.
    """

    train: tuple[str, ...]
    dev: tuple[str, ...]


@dataclass(frozen=True)
class Optimisation:
    """The knobs of the optimiser."""

    epochs: float = 6.0
    batch_size: int = 16
    learning_rate: float = 1.2e-4  # encoder
    head_learning_rate: float = 1e-3
    layer_decay: float = 1.0  # factor on the learning rate per encoder layer, from the top down
    weight_decay: float = 0.01
    warmup: float = 0.1  # share of all steps
    label_smoothing: float = 0.0
    dropout: float = 0.1  # in front of the heads
    encoder_dropout: float = 0.1  # inside the encoder; drawing it costs a CPU nearly half of a training's time
    patience: int = 3  # epochs without a better dev score before stopping
    precision: str = "bf16"  # bf16 or fp32


@dataclass(frozen=True)
class Distillation:
    """Learning from what other networks say of the records and of unlabelled sentences.

    Attributes:
        teachers: checkpoint folders; their logits are averaged.
        unlabelled: files of sentences without labels; one that does not exist is reported and left out.
        teacher_weight: the teachers' share of a record's targets, 0 to 1; its labels have the rest.
    """

    teachers: tuple[str, ...]
    unlabelled: tuple[str, ...]
    teacher_weight: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """One training run."""

    name: str
    backbone: str  # hub name or folder
    records: Records
    start: str = ""  # checkpoint folder whose weights are trained on; empty for a fresh network on the backbone
    seed: int = 0
    heads: tuple[str, ...] = HEADS  # which heads are trained; the others stay untrained
    loss_weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(HEADS, 1.0))
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    optimisation: Optimisation = field(default_factory=Optimisation)
    distillation: Distillation | None = None

    def to_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value is not None}


_SECTIONS: dict[str, type] = {
    "records": Records,
    "encoding": EncodingConfig,
    "optimisation": Optimisation,
    "distillation": Distillation,
}
_HOMES = {f.name: f"`{section}`" for section, cls in _SECTIONS.items() for f in fields(cls)}


def read_recipe(path: str | Path) -> Recipe:
    """Read and validate a recipe.

    Raises:
        ConfigError: naming file, key and mend.
    """
    data = read_yaml(Path(path))
    check_keys(data, {f.name for f in fields(Recipe)}, {"name", "backbone", "records"}, str(path), _HOMES)
    sections = {name: _section(cls, data[name], f"{path}: {name}") for name, cls in _SECTIONS.items() if name in data}
    recipe = Recipe(**{**data, **sections})
    _check_heads(recipe, str(path))
    _check_distillation(recipe, str(path))
    return replace(recipe, heads=tuple(recipe.heads))


def _section(cls: type, data: Any, where: str) -> Any:
    known = {f.name for f in fields(cls)}
    defaults = {f.name: f.default for f in fields(cls) if f.default is not MISSING}
    check_keys(data, known, known - set(defaults), where, _HOMES)
    for key, value in data.items():
        _check_kind(value, defaults.get(key), f"{where}: {key}")
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})


def _check_kind(value: Any, default: Any, where: str) -> None:
    if default is None:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where}: expected a list of file names")
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    good = number if isinstance(default, (int, float)) and not isinstance(default, bool) else isinstance(value, type(default))
    if not good:
        raise ConfigError(f"{where}: expected {type(default).__name__}, found {value!r}; write 1.0e-4, not 1e-4, in YAML")


def _check_distillation(recipe: Recipe, where: str) -> None:
    plan = recipe.distillation
    if plan is None:
        return
    if not plan.teachers:
        raise ConfigError(f"{where}: distillation: teachers: name at least one checkpoint folder")
    if not 0 <= plan.teacher_weight <= 1:
        raise ConfigError(f"{where}: distillation: teacher_weight: {plan.teacher_weight} is not a share; write a number from 0 to 1")
    if recipe.optimisation.label_smoothing:
        raise ConfigError(f"{where}: optimisation: label_smoothing: the teachers smooth the labels already; leave it out")


def _check_heads(recipe: Recipe, where: str) -> None:
    for name in (*recipe.heads, *recipe.loss_weights):
        if name not in HEADS:
            raise ConfigError(f"{where}: unknown head {name!r}; known heads: {', '.join(HEADS)}")
