"""What several test modules share: the shipped schema, the example records, and a tiny random model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from communique.models.schema import Schema, load_schema
from communique.training.corpus import Record, read_records
from communique.training.recipe import Recipe, Records, read_recipe

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "data" / "examples" / "records.jsonl"


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema()


@pytest.fixture(scope="session")
def records(schema: Schema) -> list[Record]:
    """Invented records with every sentence type, entity label, issue and polarity."""
    return read_records(EXAMPLES, schema)


@pytest.fixture(scope="session")
def smoke_recipe() -> Recipe:
    """The shipped smoke recipe, its record files as absolute paths."""
    return replace(read_recipe(ROOT / "configs" / "train" / "smoke.yaml"), records=Records((str(EXAMPLES),), (str(EXAMPLES),)))


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> Path:
    """The folder of a random encoder and its tokenizer, as AutoModel and AutoTokenizer load them."""
    from communique.training.tiny_backbone import write_tiny_backbone

    return write_tiny_backbone((record.text for record in records), tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, smoke_recipe: Recipe) -> Path:
    """A checkpoint folder with fp16 and int8 weights, trained by the smoke recipe. Do not write into it: copy it."""
    from communique.inference.session import read_network
    from communique.models.checkpoint import ONNX, read_checkpoint, write_checkpoint
    from communique.training.quantise import export_int8
    from communique.training.train import train

    folder = train(smoke_recipe, tmp_path_factory.mktemp("model"))
    checkpoint = read_checkpoint(folder)
    export_int8(read_network(folder, checkpoint), folder / ONNX)
    write_checkpoint(folder, checkpoint)
    return folder


@pytest.fixture(scope="session")
def untrained_checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path, schema: Schema) -> Path:
    """As `tiny_checkpoint`, but made in a second: for tests in which the answers do not matter. Do not write into it: copy it."""
    import torch

    from communique.inference.encode import EncodingConfig
    from communique.models.checkpoint import ONNX, Checkpoint
    from communique.models.network import new_network
    from communique.training.quantise import export_int8
    from communique.training.train import encoder_config, head_sizes, load_tokenizer, save_checkpoint

    folder = tmp_path_factory.mktemp("untrained")
    tokenizer, encoding = load_tokenizer(str(tiny_backbone), EncodingConfig(sentence_tokens=24, overlap_words=4, context_tokens=8))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = new_network(str(tiny_backbone), head_sizes(schema))
    export_int8(network, folder / ONNX)
    save_checkpoint(folder, Checkpoint("untrained", encoder_config(network), schema, encoding), network, tokenizer)
    return folder
