"""Sessions: the int8 file answers like the torch weights, and what cannot be opened says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from communique.errors import ModelError
from communique.inference.encode import Batch
from communique.inference.score import Scores, Session, score
from communique.inference.session import OnnxSession, TorchSession, _threads, open_session, read_network
from communique.models.checkpoint import ONNX, TOKENIZER, read_checkpoint
from communique.training.corpus import Record

HEADS = ("type", "stance", "entity", "attribution")


@pytest.fixture(scope="module")
def onnx_session(untrained_checkpoint: Path) -> Session:
    return open_session(untrained_checkpoint, read_checkpoint(untrained_checkpoint), "cpu")


@pytest.fixture(scope="module")
def torch_session(untrained_checkpoint: Path) -> Session:
    return TorchSession(read_network(untrained_checkpoint, read_checkpoint(untrained_checkpoint)))


def scored(session: Session, folder: Path, records: list[Record], batch_tokens: int = 2048) -> Scores:
    texts, contexts = [record.text for record in records], [record.context for record in records]
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    return score(texts, contexts, tokenizer, session, read_checkpoint(folder).encoding, batch_tokens)


def test_int8_and_torch_agree(onnx_session: Session, torch_session: Session, untrained_checkpoint: Path, records: list[Record]) -> None:
    quantised, exact = (scored(session, untrained_checkpoint, records).logits for session in (onnx_session, torch_session))
    for name in HEADS:
        a, b = getattr(quantised, name), getattr(exact, name)
        assert a.shape == b.shape
        assert a.dtype == b.dtype == np.float32
        assert np.abs(a - b).max() < 0.25 * b.std() + 0.05, name
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.99, name


def test_batched_equals_one_by_one_in_torch(torch_session: Session, untrained_checkpoint: Path, records: list[Record]) -> None:
    together, alone = (scored(torch_session, untrained_checkpoint, records, size).logits for size in (100_000, 1))
    for name in HEADS:
        np.testing.assert_allclose(getattr(together, name), getattr(alone, name), atol=1e-4, err_msg=name)


def test_batched_is_close_to_one_by_one_in_int8(onnx_session: Session, untrained_checkpoint: Path, records: list[Record]) -> None:
    # Activations are quantised by the range of the whole batch, so that equality is not to be had.
    together, alone = (scored(onnx_session, untrained_checkpoint, records, size).logits for size in (2048, 1))
    for name in HEADS:
        a, b = getattr(together, name), getattr(alone, name)
        assert np.abs(a - b).max() < 0.25 * b.std() + 0.05, name


def test_the_same_batch_gives_the_same_logits(onnx_session: Session) -> None:
    batch = Batch(*(np.ones((2, 5), np.int64) for _ in range(3)))
    first, second = onnx_session.run(batch), onnx_session.run(batch)
    assert all(np.array_equal(getattr(first, name), getattr(second, name)) for name in HEADS)


def test_the_cpu_takes_int8_where_it_lies_and_torch_where_not(untrained_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(untrained_checkpoint)
    assert isinstance(open_session(untrained_checkpoint, checkpoint, "cpu"), OnnxSession)
    folder = Path(shutil.copytree(untrained_checkpoint, tmp_path / "model"))
    (folder / ONNX).unlink()
    assert isinstance(open_session(folder, checkpoint, "cpu"), TorchSession)


def test_auto_takes_the_cpu_where_no_driver_is(untrained_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert isinstance(open_session(untrained_checkpoint, read_checkpoint(untrained_checkpoint), "auto"), OnnxSession)


@pytest.mark.parametrize("device", ["gpu", "", "cudax", "mps", "cuda:", "cuda:x", "cpu:1"])
def test_an_unknown_device_is_refused(device: str, untrained_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match=r"unknown device .+; use auto, cpu, cuda or cuda:N"):
        open_session(untrained_checkpoint, read_checkpoint(untrained_checkpoint), device)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_that_is_not_there_is_refused(device: str, untrained_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=rf"device '{device}': torch finds no GPU here; use --device cpu"):
        open_session(untrained_checkpoint, read_checkpoint(untrained_checkpoint), device)


def test_a_gpu_number_that_is_not_there_is_refused(untrained_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ModelError, match="device 'cuda:2': the last GPU here is cuda:1"):
        open_session(untrained_checkpoint, read_checkpoint(untrained_checkpoint), "cuda:2")


@pytest.mark.parametrize(("value", "threads"), [("", 0), ("3", 3), ("4,2,1", 4), ("many", 0), ("-1", 0), (None, 0)])
def test_every_value_that_omp_num_threads_may_have_is_read(value: str | None, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if value is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert _threads() == threads
