"""Compare sentence splitters on annotated records: is the boundary between `context` and `text` found, and no other?

    python benchmarks/segment.py RECORDS.jsonl...

Only pairs whose context ends in a full stop, question or exclamation mark (with or without a closing quote) are used. Libraries
that are not installed are skipped.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Splitter = Callable[[str], list[int]]  # text -> start offsets of all sentences but the first


def ours() -> Splitter:
    module = importlib.import_module("communique.inference.segment")
    return lambda text: [start for start, _ in module.segment(text)][1:]


def syntok() -> Splitter:
    segmenter = importlib.import_module("syntok.segmenter")
    return lambda text: [sentence[0].offset for paragraph in segmenter.analyze(text) for sentence in paragraph][1:]


def pysbd() -> Splitter:
    segmenter = importlib.import_module("pysbd").Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [span.start for span in segmenter.segment(text)][1:]


def sentencex() -> Splitter:
    segment = importlib.import_module("sentencex").segment

    def split(text: str) -> list[int]:
        starts, position = [], 0
        for sentence in segment("en", text):
            position = text.find(sentence.strip(), position)
            starts.append(position)
            position += len(sentence.strip())
        return starts[1:]

    return split


def blingfire() -> Splitter:
    library = importlib.import_module("blingfire")
    return lambda text: [start for start, _ in library.text_to_sentences_and_offsets(text)[1]][1:]


def pairs(paths: list[str]) -> Iterator[tuple[str, int]]:
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            context, text = record["context"].strip(), record["text"].strip()
            if context.rstrip("\"'”’)").endswith((".", "?", "!")):
                yield f"{context} {text}", len(context) + 1


def measure(split: Splitter, data: list[tuple[str, int]]) -> str:
    hits = found = exact = 0
    began = time.perf_counter()
    for text, boundary in data:
        starts = split(text)
        hits += boundary in starts
        found += len(starts)
        exact += starts == [boundary]
    seconds = time.perf_counter() - began
    precision, recall = hits / max(1, found), hits / len(data)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"{precision:9.3f} {recall:9.3f} {f1:9.3f} {exact / len(data):9.3f} {len(data) / seconds:12,.0f}"


def main() -> None:
    data = list(pairs(sys.argv[1:]))
    print(f"{len(data)} pairs\n{'splitter':12} {'precision':>9} {'recall':>9} {'F1':>9} {'exact':>9} {'pairs/s':>12}")
    for make in (ours, syntok, pysbd, sentencex, blingfire):
        try:
            print(f"{make.__name__:12} {measure(make(), data)}")
        except ImportError as error:
            print(f"{make.__name__:12} not installed ({error.name})")


if __name__ == "__main__":
    main()
