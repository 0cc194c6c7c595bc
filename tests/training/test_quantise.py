"""ONNX files compute what the network computes, however attention is fused and outliers are scaled on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from communique.inference.encode import Batch
from communique.inference.score import Logits
from communique.inference.session import OnnxSession, TorchSession, read_network
from communique.models.checkpoint import read_checkpoint
from communique.models.network import HEADS, Network
from communique.training.quantise import export_int8, export_onnx, input_peaks

WIDE = "encoder.encoder.layer.0.output.dense"


@pytest.fixture
def network(tiny_checkpoint: Path) -> Network:
    return read_network(tiny_checkpoint, read_checkpoint(tiny_checkpoint))


def any_batch(rows: int, tokens: int) -> Batch:
    random = np.random.default_rng(rows)
    mask = np.arange(tokens) < random.integers(3, tokens + 1, (rows, 1))
    types = mask & (np.arange(tokens) >= tokens // 2)
    return Batch(random.integers(5, 300, (rows, tokens)) * mask, mask.astype(np.int64), types.astype(np.int64))


def with_an_outlier(network: Network) -> Network:
    """The same network, one of whose inner features is 200 times as large as it was, and weighs a 200th."""
    layer = network.encoder.encoder.layer[0]
    with torch.no_grad():
        layer.intermediate.dense.bias[3] = 200.0
        layer.output.dense.weight[:, 3] /= 200.0
    return network


def far(left: Logits, right: Logits) -> float:
    return max(float(np.abs(getattr(left, head) - getattr(right, head)).mean() / getattr(left, head).std()) for head in ("type", "stance"))


@pytest.mark.parametrize(("rows", "tokens"), [(1, 5), (4, 33)])
@pytest.mark.parametrize("smoothed", [False, True])
def test_onnx_gives_the_logits_of_torch(network: Network, tmp_path: Path, rows: int, tokens: int, smoothed: bool) -> None:
    batch = any_batch(rows, tokens)
    export_onnx(network, tmp_path / "plain.onnx", input_peaks(network, [any_batch(3, 12)]) if smoothed else None)
    expected, found = TorchSession(network).run(batch), OnnxSession(tmp_path / "plain.onnx").run(batch)
    for head in HEADS:
        own, other = getattr(expected, head), getattr(found, head)
        if head in ("entity", "attribution"):
            own, other = own[batch.attention_mask == 1], other[batch.attention_mask == 1]
        np.testing.assert_allclose(other, own, atol=1e-4)


def test_the_int8_file_holds_fused_attention_and_no_wide_product_in_fp32(network: Network, tmp_path: Path) -> None:
    export_int8(network, tmp_path / "int8.onnx", [any_batch(3, 12)])
    nodes = onnx.load(str(tmp_path / "int8.onnx")).graph.node
    kinds = [node.op_type for node in nodes]
    assert kinds.count("QAttention") == network.encoder.config.num_hidden_layers
    assert "Attention" not in kinds
    assert "MatMul" not in kinds


def test_peaks_are_the_largest_inputs_of_each_feature(network: Network) -> None:
    batches = [any_batch(2, 9), any_batch(3, 12)]
    together = input_peaks(with_an_outlier(network), batches)
    apart = [input_peaks(network, [batch]) for batch in batches]
    assert set(together) == {f"encoder.encoder.layer.{i}.output.dense" for i in range(network.encoder.config.num_hidden_layers)}
    assert together[WIDE].argmax() == 3
    for name, own in together.items():
        torch.testing.assert_close(own, torch.maximum(apart[0][name], apart[1][name]))
    assert input_peaks(network, []) == {}


def test_outliers_do_not_drown_the_other_features(network: Network, tmp_path: Path) -> None:
    batch = any_batch(4, 20)
    outlying = with_an_outlier(network)
    expected = TorchSession(outlying).run(batch)
    export_int8(outlying, tmp_path / "raw.onnx")
    export_int8(outlying, tmp_path / "smooth.onnx", [batch])
    raw, smooth = (OnnxSession(tmp_path / name).run(batch) for name in ("raw.onnx", "smooth.onnx"))
    assert far(expected, smooth) < 0.5 * far(expected, raw)


def test_exporting_leaves_the_network_as_it_was(network: Network, tmp_path: Path) -> None:
    batch = any_batch(2, 9)
    before = TorchSession(network).run(batch)
    export_onnx(network, tmp_path / "plain.onnx", input_peaks(network, [batch]))
    np.testing.assert_array_equal(TorchSession(network).run(batch).type, before.type)
