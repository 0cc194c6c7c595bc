"""Nothing is fetched, nothing is executed on loading, and damaged weights are refused."""

from __future__ import annotations

import pickle
import shutil
import socket
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from communique import load
from communique.errors import ModelError
from communique.inference.readers import read_documents
from communique.models.checkpoint import ONNX, WEIGHTS


class Bomb:
    """Unpickling it would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("exploded"),)


@pytest.fixture
def copy(untrained_checkpoint: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_checkpoint, tmp_path / "model")


def test_predicting_needs_no_network(untrained_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load(untrained_checkpoint, device="cpu").predict("Peru said yes. It was Monday.").sentences


@pytest.mark.parametrize("name", [ONNX, WEIGHTS])
def test_a_pickle_in_place_of_weights_is_refused_unread(copy: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    (copy / ONNX).unlink()
    (copy / name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="its SHA-256 is not the one"):
        load(copy, device="cpu")
    assert not (copy / "exploded").exists()


def test_pickled_weights_beside_nothing_else_are_not_looked_for(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    for name in (ONNX, WEIGHTS):
        (copy / name).unlink()
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="missing; copy the model again"):
        load(copy, device="cpu")
    assert not (copy / "exploded").exists()


def test_one_flipped_bit_is_noticed(copy: Path) -> None:
    data = bytearray((copy / ONNX).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / ONNX).write_bytes(data)
    with pytest.raises(ModelError, match=r"model.int8.onnx: its SHA-256"):
        load(copy, device="cpu")


def test_a_parquet_column_of_pickles_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Ray registers a column type whose values unpickle themselves when they are read, for every reader in the process.
    import ray.data  # noqa: F401
    from ray.data._internal.object_extensions.arrow import ArrowPythonObjectArray

    monkeypatch.chdir(tmp_path)
    table = pa.table({"text": ["Peru said yes."], "extra": ArrowPythonObjectArray.from_objects([Bomb()])})
    pq.write_table(table, tmp_path / "a.parquet")
    [document] = read_documents([tmp_path / "a.parquet"])
    assert "column 'extra' holds" in (document.error or "")
    assert not (tmp_path / "exploded").exists()


def test_arrow_types_of_plain_data_are_read(tmp_path: Path) -> None:
    identity = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0123456789abcdef"], pa.binary(16)))
    pq.write_table(pa.table({"text": ["Peru said yes."], "key": identity}), tmp_path / "a.parquet")
    [document] = read_documents([tmp_path / "a.parquet"])
    assert document.error is None
