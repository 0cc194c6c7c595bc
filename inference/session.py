"""What runs a network (onnxruntime on the CPU, torch on a GPU), and the readers of what it needs from a checkpoint folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from ..errors import MissingExtraError, ModelError
from ..models.checkpoint import ONNX, TOKENIZER, WEIGHTS, Checkpoint, verified
from .encode import Batch
from .score import Logits, Session

if TYPE_CHECKING:
    from ..models.network import Network

OUTPUTS = ("type", "stance", "entity", "attribution")


class OnnxSession:
    """Runs the quantised network with onnxruntime on the CPU."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only: warnings of the optimiser are not for users
        options.intra_op_num_threads = _threads()
        try:
            self.bare = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has one exception class a status code, and no common root but this
            raise ModelError(f"{path}: onnxruntime cannot open it ({error}); copy or export the model again") from None

    def run(self, batch: Batch) -> Logits:
        feed = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask, "token_type_ids": batch.token_type_ids}
        known = {node.name for node in self.bare.get_inputs()}
        return Logits(*self.bare.run(list(OUTPUTS), {name: array for name, array in feed.items() if name in known}))


def _threads() -> int:
    """Threads that the user allows in OMP_NUM_THREADS, which may be a list (one number a nesting level); 0 lets onnxruntime choose."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() else 0


class TorchSession:
    """Runs a network with torch.

    Args:
        bf16: whether matrix products are taken in bf16; on a GPU by default.
    """

    def __init__(self, network: Network, device: str = "cpu", bf16: bool | None = None) -> None:
        import torch

        self.network = network.to(device).eval()
        self.device = device
        self.bf16 = device != "cpu" if bf16 is None else bf16
        self._torch = torch

    def run(self, batch: Batch) -> Logits:
        torch = self._torch
        arrays = (
            torch.from_numpy(a).to(self.device, non_blocking=True) for a in (batch.input_ids, batch.attention_mask, batch.token_type_ids)
        )
        with torch.inference_mode(), torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16):
            out = self.network(*arrays)
        return Logits(*(np.ascontiguousarray(out[name].float().cpu().numpy()) for name in OUTPUTS))


def open_session(folder: Path, checkpoint: Checkpoint, device: str) -> Session:
    """Open the fastest session that the device and the folder allow.

    Args:
        device: "cpu", "cuda", "cuda:1" … or "auto" (a GPU if torch is installed and finds one, else the CPU).

    Raises:
        ModelError: the weights are missing or damaged, or there is no such device.
        MissingExtraError: torch is needed but not installed.
    """
    chosen = _cuda_if_there() if device == "auto" else device
    if not re.fullmatch(r"cpu|cuda(:\d+)?", chosen):
        raise ModelError(f"unknown device {device!r}; use auto, cpu, cuda or cuda:N")
    if weights_file(folder, chosen) == ONNX:
        return OnnxSession(verified(folder, checkpoint, ONNX))
    return TorchSession(read_network(folder, checkpoint, chosen), chosen)


def weights_file(folder: Path, device: str) -> str:
    """The file of a checkpoint folder that runs on a device: the int8 network on the CPU, where there is one."""
    return ONNX if device == "cpu" and ((folder / ONNX).is_file() or not (folder / WEIGHTS).is_file()) else WEIGHTS


def _cuda_if_there() -> str:
    import importlib.util
    import shutil

    # Importing torch takes seconds: only where a driver says that there is a GPU at all.
    if shutil.which("nvidia-smi") is None or importlib.util.find_spec("torch") is None:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read the tokenizer of a checkpoint folder.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ModelError(f"{folder / TOKENIZER}: cannot be read ({error}); copy the model again") from None


def read_network(folder: Path, checkpoint: Checkpoint, device: str = "cpu") -> Network:
    """Load `model.safetensors` into a network (fp32)."""
    try:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from ..models.network import HeadSizes, empty_network
    except ImportError:
        raise MissingExtraError(f"running {folder.name} with torch", "train") from None
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError(f"device {device!r}: torch finds no GPU here; use --device cpu")
    if device.startswith("cuda:") and int(device[5:]) >= torch.cuda.device_count():
        raise ModelError(f"device {device!r}: the last GPU here is cuda:{torch.cuda.device_count() - 1}; use that or --device cuda")
    schema = checkpoint.schema
    sizes = HeadSizes(
        len(schema.type_names), len(schema.issues), len(schema.stance_names), len(schema.entity_tags), len(schema.attribution_tags)
    )
    path = verified(folder, checkpoint, WEIGHTS)
    try:
        network = empty_network(checkpoint.encoder, sizes)
        network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except (KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]  # torch lists every tensor
        raise ModelError(f"{path}: does not fit the configuration beside it ({reason}); copy the model again") from None
    return network
