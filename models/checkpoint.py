"""The checkpoint folder: what lies in it, and how it is found, read and verified. Knows no torch.

    config.json          encoder configuration, schema, encoding, temperatures, what it was trained on
    tokenizer.json       the tokenizer
    model.safetensors    weights in fp16, for torch
    model.int8.onnx      the same network, quantised, for onnxruntime
    README.md            the model card

Invariant: only JSON, safetensors and ONNX are ever read; nothing here can execute code on loading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import ConfigError, ModelError
from ..inference.encode import EncodingConfig
from .schema import Schema, schema_from_dict

CONFIG, TOKENIZER, WEIGHTS, ONNX, CARD = "config.json", "tokenizer.json", "model.safetensors", "model.int8.onnx", "README.md"
DEFAULT_MODEL = "small"
FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """The configuration of a trained model.

    Attributes:
        encoder: configuration of the `transformers` encoder.
        schema: names of the outputs, in order.
        encoding: how sentences were laid into windows.
        temperatures: per head, for `model.safetensors` and for `model.int8.onnx`; logits are divided by them.
        training: backbone, recipe, records and figures, for provenance.
        sha256: fingerprints of the weight files by file name.
    """

    name: str
    encoder: Mapping[str, Any]
    schema: Schema
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    temperatures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "encoder": dict(self.encoder),
            "schema": self.schema.to_dict(),
            "encoding": asdict(self.encoding),
            "temperatures": {name: dict(values) for name, values in self.temperatures.items()},
            "training": dict(self.training),
            "sha256": dict(self.sha256),
        }


def find_model(model: str | Path | None) -> Path:
    """Return the folder of a shipped model (by name; the default one for None) or of any checkpoint (by path).

    Raises:
        ModelError: there is no such model; the message lists the shipped ones.
    """
    shipped = Path(str(resources.files(__package__)))
    if model is None or str(model) == DEFAULT_MODEL:
        return shipped / DEFAULT_MODEL
    for folder in (Path(model), shipped / str(model)):
        if (folder / CONFIG).is_file():
            return folder
    names = sorted(path.parent.name for path in shipped.glob(f"*/{CONFIG}"))
    raise ModelError(
        f"no model {str(model)!r}: neither a folder with a {CONFIG} nor one of the shipped models ({', '.join(names) or 'none'})"
    )


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and validate the configuration of a checkpoint folder."""
    path = folder / CONFIG
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder}: not a model folder, {CONFIG} is missing; name the folder that `communique train` wrote") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not valid JSON ({error}); copy the model again") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ModelError(f"{path}: not a communique model of format {FORMAT}; train or export it with this version")
    known = {f.name for f in fields(Checkpoint)}
    values = {key: value for key, value in data.items() if key in known}
    try:
        values["schema"] = schema_from_dict(values["schema"], f"{path}: schema")
        values["encoding"] = EncodingConfig(**values["encoding"])
        return _checked(Checkpoint(**values))
    except (KeyError, TypeError, ConfigError) as error:
        raise ModelError(f"{path}: damaged configuration ({error}); copy the model again") from None


def _checked(checkpoint: Checkpoint) -> Checkpoint:
    for f in fields(Checkpoint):
        if f.type.startswith("Mapping") and not isinstance(getattr(checkpoint, f.name), Mapping):
            raise TypeError(f"{f.name} is not a mapping")
    for name, value in asdict(checkpoint.encoding).items():
        if type(value) is not int or value < 0:
            raise TypeError(f"encoding: {name} is {value!r}, not a count")
    return checkpoint


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the configuration, with the fingerprints of the weight files that lie beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    sums = {name: file_sha256(folder / name) for name in (WEIGHTS, ONNX) if (folder / name).exists()}
    data = {**checkpoint.to_dict(), "sha256": sums}
    (folder / CONFIG).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def verified(folder: Path, checkpoint: Checkpoint, name: str) -> Path:
    """Return the path of a weight file after checking its fingerprint.

    Raises:
        ModelError: the file is missing or is not the one that was exported.
    """
    path = folder / name
    if not path.is_file():
        mend = f"write it with: communique export {folder}" if name == ONNX and (folder / WEIGHTS).is_file() else "copy the model again"
        raise ModelError(f"{path}: missing; {mend}")
    if file_sha256(path) != checkpoint.sha256.get(name):
        raise ModelError(f"{path}: its SHA-256 is not the one in {CONFIG}: the file is damaged or was replaced; copy the model again")
    return path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
