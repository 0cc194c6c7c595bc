"""The tiny encoder loads as any backbone does, and is the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

from communique.training.corpus import Record
from communique.training.tiny_backbone import learn_tokenizer, write_tiny_backbone


def test_it_loads_with_the_auto_classes(tiny_backbone: Path) -> None:
    tokenizer, model = AutoTokenizer.from_pretrained(tiny_backbone), AutoModel.from_pretrained(tiny_backbone)
    batch = tokenizer("Both sides spoke.", return_tensors="pt")
    assert model(**{k: v for k, v in batch.items() if k != "token_type_ids"}).last_hidden_state.shape[-1] == 32
    assert (tokenizer.cls_token, tokenizer.sep_token, tokenizer.pad_token_id) == ("[CLS]", "[SEP]", 0)


def test_the_seed_decides_and_the_callers_randomness_stays(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    folders = [write_tiny_backbone(["one two"], tmp_path / str(n), seed) for n, seed in enumerate((1, 1, 2))]
    assert torch.rand(1) == expected
    first, same, other = ((folder / "model.safetensors").read_bytes() for folder in folders)
    assert first == same != other


def test_every_word_of_the_texts_is_known(records: list[Record]) -> None:
    tokenizer = learn_tokenizer(record.text for record in records)
    assert all("[UNK]" not in tokenizer.encode(record.text).tokens for record in records)
    assert tokenizer.get_vocab_size() <= 1000
