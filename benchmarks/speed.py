"""Speed of labelling on the CPU, as ratios measured in one run.

    python benchmarks/speed.py RECORDS.jsonl [--sentences 483] [--spacy en_core_web_sm]

Compares `label()` with the same four heads run as four `transformers` pipelines in fp32, and with the bare int8 session on the
very batches that `label()` feeds it; with `--spacy`, also with a spaCy pipeline that does named entities alone. Rounds alternate and
the fastest of each counts, so that other load does not favour one side. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from timing import fastest

from communique import load
from communique.inference.score import encoded_batches
from communique.inference.session import OnnxSession, read_network
from communique.models.checkpoint import find_model, read_checkpoint


def pipelines(folder: Path, texts: list[str], contexts: list[str]) -> list[Callable[[], object]]:
    """The four heads as fp32 pipelines, called the way their documentation shows: with a list.

    The sequence heads read each sentence with its context, as `label()` does. Token pipelines take no pairs: they read the sentence
    alone, which favours them.
    """
    from transformers import pipeline

    from communique.training.export import export_plain

    model = find_model(None)
    checkpoint = read_checkpoint(model)
    folders = export_plain(read_network(model, checkpoint), checkpoint, model, folder)
    kinds: dict[str, Any] = {"type": "text", "stance": "text", "entity": "token", "attribution": "token"}
    pairs = [{"text": text, "text_pair": context} for text, context in zip(texts, contexts, strict=True)]
    inputs: dict[str, Any] = {"text": pairs, "token": texts}
    made = [(pipeline(f"{kinds[path.name]}-classification", str(path), device="cpu"), inputs[kinds[path.name]]) for path in folders]
    return [partial(classify, rows) for classify, rows in made]


def spacy_entities(name: str) -> Callable[[list[str]], object]:
    """A spaCy pipeline cut down to what named entities need."""
    import spacy

    language = spacy.load(name, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    return lambda texts: list(language.pipe(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("--sentences", type=int, default=483)
    parser.add_argument("--spacy", help="name of an installed spaCy pipeline")
    arguments = parser.parse_args()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    records = [json.loads(line) for line in arguments.records.read_text(encoding="utf-8").splitlines()][: arguments.sentences]
    texts, contexts = [r["text"] for r in records], [r["context"] for r in records]

    analyst = load(device="cpu")
    session = analyst.labeller.session
    assert isinstance(session, OnnxSession)
    fed = encoded_batches(texts, contexts, analyst.labeller.tokenizer, analyst.labeller.encoding)
    with tempfile.TemporaryDirectory() as folder:
        four = pipelines(Path(folder), texts, contexts)
        tasks: dict[str, Callable[[], object]] = {
            "label()": lambda: analyst.label(texts, contexts),
            "bare int8 session": lambda: [session.run(batch) for batch in fed],
            "four fp32 pipelines": lambda: [classify() for classify in four],
        }
        if arguments.spacy:
            entities = spacy_entities(arguments.spacy)
            tasks["spaCy, entities alone"] = lambda: entities(texts)
        seconds = fastest(tasks)
    for name, value in seconds.items():
        print(f"{name:22} {value:8.2f} s {len(texts) / value:10,.0f} sentences/s")
    print(f"four fp32 pipelines / label(): {seconds['four fp32 pipelines'] / seconds['label()']:.1f}")
    print(f"label() / bare int8 session:   {seconds['label()'] / seconds['bare int8 session']:.2f}")


if __name__ == "__main__":
    main()
