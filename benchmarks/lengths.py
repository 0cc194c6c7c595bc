"""What a sentence costs against the length of its document and the size of a batch.

    python benchmarks/lengths.py data/corpus/train.jsonl [--chart lengths.svg]

Documents are strung together from the sentences of the records, so that all lengths read the same text; rounds alternate and the
fastest of each counts. The chart needs matplotlib (extra `train`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from timing import fastest

from communique import load
from communique.inference.label import Labeller
from communique.inference.score import score

SENTENCES = (1, 3, 10, 30, 100, 300)  # of a document
TOKENS = (256, 512, 1024, 2048, 4096, 8192, 16384)  # rows times width of a batch


def rates(tasks: dict[int, Callable[[], object]], sentences: int) -> dict[int, float]:
    """Sentences a second of each task, which handles that many sentences."""
    return {name: sentences / seconds for name, seconds in fastest(tasks).items()}


def documents(texts: list[str], length: int) -> list[str]:
    """The texts as documents of that many sentences each, a line a sentence so that none is split otherwise."""
    source = islice(cycle(texts), len(texts) // length * length or length)
    return ["\n\n".join(group) for group in zip(*[source] * length, strict=False)]


def score_all(labeller: Labeller, texts: list[str], batch_tokens: int) -> object:
    return score(texts, [""] * len(texts), labeller.tokenizer, labeller.session, labeller.encoding, batch_tokens)


def draw(by_length: dict[int, float], by_tokens: dict[int, float], file: Path) -> None:
    """Both curves, side by side."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axis, curve, label in zip(axes, (by_length, by_tokens), ("sentences in a document", "tokens in a batch"), strict=True):
        axis.plot(list(curve), list(curve.values()), marker="o")
        axis.set(xscale="log", ylim=(0, None), xlabel=label, ylabel="sentences/s")
        axis.set_xticks(list(curve), [str(value) for value in curve], minor=False)
        axis.minorticks_off()
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--chart", type=Path)
    arguments = parser.parse_args()
    lines = arguments.records.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines][: arguments.sentences]
    analyst = load(device="cpu")
    sets = {length: documents(texts, length) for length in SENTENCES}
    by_length = rates({length: lambda own=own: analyst.predict(own) for length, own in sets.items()}, len(texts))
    by_tokens = rates({size: lambda size=size: score_all(analyst.labeller, texts, size) for size in TOKENS}, len(texts))
    for title, curve in (("sentences in a document", by_length), ("tokens in a batch", by_tokens)):
        print(f"\n{title:>24} {'sentences/s':>12}")
        print("\n".join(f"{name:24,} {value:12,.0f}" for name, value in curve.items()))
    if arguments.chart:
        draw(by_length, by_tokens, arguments.chart)


if __name__ == "__main__":
    main()
