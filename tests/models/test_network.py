"""The network: shapes, padding, and heads of the plain `transformers` kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, MPNetConfig, MPNetModel

from communique.models.network import HEADS, HeadSizes, Network, SequenceHead, TokenHead, empty_network, new_network

SIZES = HeadSizes(type=4, issues=3, stance=2, entity=5, attribution=7)


@pytest.fixture(scope="module")
def network(tiny_backbone: Path) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return new_network(str(tiny_backbone), SIZES).eval()


def batch(rows: int, tokens: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    ids = torch.randint(5, 60, (rows, tokens), generator=torch.Generator().manual_seed(seed))
    return ids, torch.ones_like(ids), torch.zeros_like(ids)


def test_every_head_has_its_shape(network: Network) -> None:
    logits = network(*batch(2, 9))
    assert list(logits) == list(HEADS)
    assert {name: tuple(tensor.shape) for name, tensor in logits.items()} == {
        "type": (2, 4),
        "stance": (2, 3, 2),
        "entity": (2, 9, 5),
        "attribution": (2, 9, 7),
    }


def test_padding_changes_no_logit(network: Network) -> None:
    ids, mask, types = batch(1, 6)
    padded = [torch.cat([tensor, torch.zeros(1, 4, dtype=torch.int64)], dim=1) for tensor in (ids, mask, types)]
    with torch.inference_mode():
        short, long = network(ids, mask, types), network(*padded)
    for name in ("type", "stance"):
        torch.testing.assert_close(short[name], long[name], atol=1e-5, rtol=1e-4)
    for name in ("entity", "attribution"):
        torch.testing.assert_close(short[name], long[name][:, :6], atol=1e-5, rtol=1e-4)


def test_the_second_segment_is_told_apart(network: Network) -> None:
    ids, mask, types = batch(1, 6)
    assert not torch.allclose(network(ids, mask, types)["type"], network(ids, mask, torch.ones_like(types))["type"])


def test_an_encoder_without_token_types_gets_none() -> None:
    config = MPNetConfig(vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    network = Network(MPNetModel(config, add_pooling_layer=False), SIZES).eval()
    assert not network.has_token_types
    ids, mask, types = batch(2, 5)
    assert torch.equal(network(ids, mask, types)["entity"], network(ids, mask, types + 1)["entity"])


def test_dropout_acts_in_training_only(network: Network) -> None:
    inputs = batch(2, 6)
    assert torch.equal(network(*inputs)["type"], network(*inputs)["type"])
    network.train()
    try:
        assert not torch.equal(network(*inputs)["type"], network(*inputs)["type"])
    finally:
        network.eval()


def test_the_network_is_rebuilt_from_its_encoder_configuration(network: Network, tiny_backbone: Path) -> None:
    config: Any = AutoConfig.from_pretrained(str(tiny_backbone))
    again = empty_network(config.to_dict(), SIZES).eval()
    again.load_state_dict(network.state_dict())
    torch.testing.assert_close(again(*batch(2, 6))["stance"], network(*batch(2, 6))["stance"])


def test_no_pooler_of_the_encoder_is_carried_along(network: Network) -> None:
    assert not [name for name in network.state_dict() if "pooler" in name]


def test_gradients_reach_the_encoder_from_every_head(network: Network) -> None:
    embedding = next(network.encoder.parameters())
    for name in HEADS:
        network.zero_grad()
        network(*batch(1, 4))[name].square().sum().backward()
        assert embedding.grad is not None
        assert embedding.grad.abs().sum() > 0, name


def test_the_sequence_head_reads_the_first_token_and_the_token_head_each() -> None:
    hidden = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(1))
    sequence, token = SequenceHead(8, 4, 0.0), TokenHead(8, 4, 0.0)
    pooled = torch.tanh(hidden[:, 0] @ sequence.dense.weight.T + sequence.dense.bias)
    torch.testing.assert_close(sequence(hidden), pooled @ sequence.classifier.weight.T + sequence.classifier.bias)
    torch.testing.assert_close(token(hidden)[1, 2], token.classifier(hidden[1, 2]))
