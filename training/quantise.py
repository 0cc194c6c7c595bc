"""The network as ONNX, in fp32 or int8, in the operators that onnxruntime is fastest at.

Invariant: whatever is fused or rescaled on the way, the fp32 file computes what the network computes.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.onnx import symbolic_helper
from torch.onnx.utils import register_custom_op_symbolic

from ..inference.encode import Batch
from ..inference.session import OUTPUTS
from ..models.network import Network

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OPSET = 17
QUANTISED = ("MatMul", "Gather", "Attention")
WIDE = re.compile(r"layer\.\d+\.output\.dense$")  # the products whose inputs have outliers that eight bits cannot hold
USUAL = 0.9  # share of a product's inputs that are taken as they are; what peaks above them is scaled down


def export_onnx(network: Network, path: Path, peaks: Mapping[str, Tensor] | None = None) -> None:
    """Write the network in fp32, with free batch and token axes.

    Args:
        peaks: as `input_peaks` gives them, to scale outliers down where they arise; None leaves them.
    """
    example = tuple(torch.ones(2, 8, dtype=torch.int64) for _ in INPUTS)
    axes = {name: {0: "batch", 1: "tokens"} for name in (*INPUTS, "entity", "attribution")} | {
        name: {0: "batch"} for name in ("type", "stance")
    }
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer doubts shapes that become axes; scoring the export settles it
        torch.onnx.export(
            _Exportable(network, peaks or {}).eval(), example, str(path), input_names=list(INPUTS), output_names=list(OUTPUTS),
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def export_int8(network: Network, path: Path, batches: Iterable[Batch] = ()) -> None:
    """Write the network quantised to int8: weights per channel, activations dynamically.

    Args:
        batches: usual inputs, which show where activations have outliers (SmoothQuant, Xiao et al., 2023); none leaves them.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared = Path(folder) / "plain.onnx", Path(folder) / "prepared.onnx"
        export_onnx(network, plain, input_peaks(network, batches))
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(str(prepared), str(path), per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=list(QUANTISED))


def input_peaks(network: Network, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """The largest size of each input feature of the wide products, by module name; empty without batches."""
    peaks: dict[str, Tensor] = {}

    def watch(name: str) -> Any:
        def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            own = inputs[0].detach().abs().flatten(0, -2).amax(0)
            peaks[name] = torch.maximum(peaks.get(name, own), own)

        return keep

    watched = [module.register_forward_pre_hook(watch(name)) for name, module in network.named_modules() if WIDE.search(name)]
    network.eval()
    with torch.inference_mode():
        for batch in batches:
            network(*(torch.from_numpy(array) for array in (batch.input_ids, batch.attention_mask, batch.token_type_ids)))
    for hook in watched:
        hook.remove()
    return peaks


class _Exportable(nn.Module):
    """The network with a tuple of outputs, as ONNX wants it, its attention fused and its outliers smoothed."""

    def __init__(self, network: Network, peaks: Mapping[str, Tensor]) -> None:
        super().__init__()
        copy: Any = deepcopy(network)
        self.fused = copy.encoder.config.model_type == "bert"
        if self.fused:
            for layer in copy.encoder.encoder.layer:
                layer.attention.self = _FusedAttention(layer.attention.self)
        for name, own in peaks.items():
            parent, _, leaf = name.rpartition(".")
            setattr(copy.get_submodule(parent), leaf, _Smoothed(copy.get_submodule(name), own))
        self.network = copy

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, ...]:
        mask = attention_mask[:, None, None, :] if self.fused else attention_mask  # four axes reach the layers as they are
        logits = self.network(input_ids, mask, token_type_ids)
        return tuple(logits[name] for name in OUTPUTS)


class _Smoothed(nn.Module):
    """A linear layer whose outstanding inputs are divided by what its weights are multiplied with."""

    shrink: Tensor

    def __init__(self, linear: nn.Linear, peaks: Tensor) -> None:
        super().__init__()
        scale = (peaks / torch.quantile(peaks, USUAL).clamp(min=1e-6)).clamp(min=1.0)
        self.register_buffer("shrink", 1 / scale)
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        self.linear.load_state_dict({"weight": linear.weight * scale, "bias": linear.bias})

    def forward(self, hidden: Tensor) -> Tensor:
        result: Tensor = self.linear(hidden * self.shrink)
        return result


class _FusedAttention(nn.Module):
    """Self-attention as one operator: one product in place of three, and no mask of tokens times tokens."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        projections = (attention.query, attention.key, attention.value)
        self.heads = int(attention.num_attention_heads)
        self.weight = nn.Parameter(torch.cat([own.weight.T for own in projections], dim=1).contiguous())
        self.bias = nn.Parameter(torch.cat([own.bias for own in projections]))

    def forward(self, hidden: Tensor, attention_mask: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
        return _attention(hidden, self.weight, self.bias, attention_mask[:, 0, 0].to(torch.int32), self.heads), None


@torch.library.custom_op("communique::attention", mutates_args=())
def _attention(hidden: Tensor, weight: Tensor, bias: Tensor, mask: Tensor, heads: int) -> Tensor:
    batch, tokens, width = hidden.shape
    query, key, value = (hidden @ weight + bias).view(batch, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :] == 1)
    return mixed.transpose(1, 2).reshape(batch, tokens, width)


def _attention_symbolic(graph: Any, hidden: Any, weight: Any, bias: Any, mask: Any, heads: Any) -> Any:
    count = symbolic_helper._maybe_get_const(heads, "i")
    return graph.op("com.microsoft::Attention", hidden, weight, bias, mask, num_heads_i=count).setType(hidden.type())


register_custom_op_symbolic("communique::attention", _attention_symbolic, OPSET)
