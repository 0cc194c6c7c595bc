"""The checkpoint folder: what it holds is verified, and every damage is named with its mend."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from communique.errors import ModelError
from communique.inference.encode import EncodingConfig
from communique.inference.session import open_session, read_network
from communique.models.checkpoint import (
    CONFIG,
    ONNX,
    TOKENIZER,
    WEIGHTS,
    Checkpoint,
    file_sha256,
    find_model,
    read_checkpoint,
    verified,
    write_checkpoint,
)
from communique.models.schema import Schema


@pytest.fixture
def folder(untrained_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(untrained_checkpoint, tmp_path / "model"))


@pytest.fixture
def change(folder: Path) -> Callable[..., None]:
    """Change keys of the copy's configuration; None takes a key away."""

    def changed(**values: Any) -> None:
        data = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        data = {key: value for key, value in {**data, **values}.items() if value is not None}
        (folder / CONFIG).write_text(json.dumps(data), encoding="utf-8")

    return changed


def test_the_configuration_reads_back_as_written(tmp_path: Path, schema: Schema) -> None:
    written = Checkpoint(
        name="Größe",
        encoder={"model_type": "bert", "hidden_size": 8},
        schema=schema,
        encoding=EncodingConfig(sentence_tokens=30, cls_id=7),
        temperatures={WEIGHTS: {"type": 1.5}},
        training={"records": 3},
    )
    write_checkpoint(tmp_path / "new" / "folder", written)
    assert read_checkpoint(tmp_path / "new" / "folder") == written


def test_writing_records_the_fingerprints_of_the_weights_that_are_there(tmp_path: Path, schema: Schema) -> None:
    (tmp_path / ONNX).write_bytes(b"weights")
    write_checkpoint(tmp_path, Checkpoint("x", {}, schema, sha256={WEIGHTS: "of a file that is gone"}))
    assert read_checkpoint(tmp_path).sha256 == {ONNX: hashlib.sha256(b"weights").hexdigest()}


def test_a_fingerprint_is_that_of_all_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000  # more than one block
    (tmp_path / "file").write_bytes(data)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_a_folder_is_found_by_its_path_and_a_wrong_name_lists_what_there_is(folder: Path) -> None:
    assert find_model(folder) == folder
    assert find_model(str(folder)) == folder
    with pytest.raises(ModelError, match=r"no model 'smal': neither a folder with a config.json nor one of the shipped models \("):
        find_model("smal")


def test_the_default_model_is_the_shipped_small_one() -> None:
    assert find_model(None) == find_model("small")
    assert find_model(None).name == "small"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (CONFIG, r"not a model folder, config.json is missing; name the folder that `communique train` wrote"),
        (ONNX, r"model.int8.onnx: missing; write it with: communique export"),
        (WEIGHTS, r"model.safetensors: missing; copy the model again"),
    ],
)
def test_a_missing_file_is_named_with_its_mend(name: str, message: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=message):
        verified(folder, read_checkpoint(folder), name)


def test_without_any_weights_an_export_is_no_mend(folder: Path) -> None:
    (folder / ONNX).unlink()
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=r"model.int8.onnx: missing; copy the model again"):
        open_session(folder, read_checkpoint(folder), "cpu")


@pytest.mark.parametrize("name", [ONNX, WEIGHTS])
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"!", lambda data: b""])
def test_one_wrong_byte_is_refused(name: str, damage: Callable[[bytes], bytes], folder: Path) -> None:
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    with pytest.raises(ModelError, match=rf"{name}: its SHA-256 is not the one in config.json.+; copy the model again"):
        verified(folder, read_checkpoint(folder), name)


def test_weights_without_a_fingerprint_are_refused(folder: Path, change: Callable[..., None]) -> None:
    change(sha256={})
    with pytest.raises(ModelError, match="its SHA-256 is not the one"):
        verified(folder, read_checkpoint(folder), ONNX)


def test_whole_weights_pass(untrained_checkpoint: Path) -> None:
    assert verified(untrained_checkpoint, read_checkpoint(untrained_checkpoint), ONNX) == untrained_checkpoint / ONNX


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe{}", b'{"format": 1'])
def test_a_configuration_that_is_no_json_is_refused(content: bytes, folder: Path) -> None:
    (folder / CONFIG).write_bytes(content)
    with pytest.raises(ModelError, match=r"config.json: not valid JSON .+; copy the model again"):
        read_checkpoint(folder)


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"format": 2}', '{"architectures": ["BertModel"]}'])
def test_a_configuration_of_another_kind_or_format_is_refused(content: str, folder: Path) -> None:
    (folder / CONFIG).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"config.json: not a communique model of format 1; train or export it"):
        read_checkpoint(folder)


@pytest.mark.parametrize("key", ["name", "encoder", "schema", "encoding"])
def test_a_missing_key_is_named(key: str, folder: Path, change: Callable[..., None]) -> None:
    change(**{key: None})
    with pytest.raises(ModelError, match=rf"config.json: damaged configuration \(.*{key}.*\); copy the model again"):
        read_checkpoint(folder)


@pytest.mark.parametrize("value", [3, "words", [], False])
@pytest.mark.parametrize("key", ["encoder", "schema", "encoding", "temperatures", "training", "sha256"])
def test_a_key_of_the_wrong_kind_is_refused_on_reading_and_not_later(
    key: str, value: Any, folder: Path, change: Callable[..., None]
) -> None:
    change(**{key: value})
    with pytest.raises(ModelError, match=r"config.json: damaged configuration .+; copy the model again"):
        read_checkpoint(folder)


@pytest.mark.parametrize("encoding", [{"sentence_tokens": "160"}, {"cls_id": None}, {"overlap_words": -1}, {"window": 3}])
def test_an_encoding_that_is_no_set_of_counts_is_refused(encoding: dict[str, Any], folder: Path, change: Callable[..., None]) -> None:
    change(encoding=encoding)
    with pytest.raises(ModelError, match=r"damaged configuration"):
        read_checkpoint(folder)


def test_a_damaged_schema_is_a_damaged_model(folder: Path, change: Callable[..., None]) -> None:
    change(schema={"sentence_types": []})
    with pytest.raises(ModelError, match=r"config.json: schema: the key 'attribution' is missing.*copy the model again"):
        read_checkpoint(folder)


@pytest.mark.parametrize("name", [ONNX, WEIGHTS])
def test_a_file_that_is_no_network_is_refused_though_its_fingerprint_fits(name: str, folder: Path) -> None:
    (folder / name).write_bytes(b"not a network")
    write_checkpoint(folder, read_checkpoint(folder))
    opened = partial(open_session, device="cpu") if name == ONNX else read_network
    with pytest.raises(ModelError, match=rf"{name}: .+ again"):
        opened(folder, read_checkpoint(folder))


@pytest.mark.parametrize("change_of", [{"hidden_size": 16}, {"num_hidden_layers": 3}, {"model_type": "no such"}, {"model_type": None}])
def test_weights_that_do_not_fit_the_configuration_are_refused(change_of: dict[str, Any], folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoder = {key: value for key, value in {**checkpoint.encoder, **change_of}.items() if value is not None}
    with pytest.raises(ModelError, match=r"model.safetensors: does not fit the configuration beside it .+copy the model again"):
        read_network(folder, replace(checkpoint, encoder=encoder))


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_a_damaged_tokenizer_is_refused(content: bytes | None, folder: Path) -> None:
    from communique.inference.analyst import load

    (folder / TOKENIZER).unlink()
    if content is not None:
        (folder / TOKENIZER).write_bytes(content)
    with pytest.raises(ModelError, match=r"tokenizer.json: cannot be read .+; copy the model again"):
        load(folder, device="cpu")
