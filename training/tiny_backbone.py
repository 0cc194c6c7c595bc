"""A tiny random encoder with a vocabulary of its own: the backbone of smoke runs and tests, made without any download."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

RANDOM = "random"  # a recipe that names this backbone trains on a tiny encoder
SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
VOCABULARY = 1000


def write_tiny_backbone(texts: Iterable[str], folder: Path, seed: int = 0) -> Path:
    """Write a random two-layer BERT (width 32) and a WordPiece tokenizer made from texts, as `from_pretrained` reads them.

    Returns:
        The folder.
    """
    tokenizer = learn_tokenizer(texts)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL).save_pretrained(folder)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        pad_token_id=tokenizer.token_to_id(SPECIAL["pad_token"]),
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def learn_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Make a lower-case WordPiece tokenizer of the texts' most frequent words and of single characters.

    The trainer of `tokenizers` is not used: it breaks ties at random, and a smoke run has to be repeatable.

    >>> learn_tokenizer(["Peace talks began."]).encode("Peace, peace").tokens
    ['peace', ',', 'peace']
    """
    normalizer, splitter = BertNormalizer(lowercase=True), BertPreTokenizer()
    words = Counter(word for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text)))
    characters = sorted({*string.printable.strip(), *"".join(words)})
    pieces = [*SPECIAL.values(), *characters, *(f"##{c}" for c in characters), *sorted(words, key=lambda word: (-words[word], word))]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces[:VOCABULARY]))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    return tokenizer
