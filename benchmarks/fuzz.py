"""Coverage-guided fuzzing of what touches foreign bytes: a crash or a broken invariant ends the run with the input that did it.

    pip install atheris
    python benchmarks/fuzz.py segment -max_total_time=60     # or decode, rows, html, markdown

All further arguments go to libFuzzer.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import atheris
import numpy as np

with atheris.instrument_imports(include=["communique"]):
    from communique.errors import DocumentError
    from communique.inference.bytes_text import decode_bytes
    from communique.inference.decode import best_single_spans, best_tags, softmax, tag_spans
    from communique.inference.files import ROWS
    from communique.inference.html_text import html_to_text
    from communique.inference.markdown_text import markdown_to_text
    from communique.inference.readers import read_documents
    from communique.inference.segment import segment

SCRATCH = Path(tempfile.mkdtemp())


def fuzz_segment(data: bytes) -> None:
    text = data.decode("utf-16-le", "surrogatepass") if len(data) % 2 == 0 else data.decode("utf-8", "replace")
    spans = segment(text)
    assert all(start < end for start, end in spans)
    assert all(before <= start for (_, before), (start, _) in pairwise(spans))
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())


def fuzz_decode(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    shape = provider.ConsumeIntInRange(1, 4), provider.ConsumeIntInRange(1, 30), 1 + 2 * provider.ConsumeIntInRange(1, 5)
    seed = provider.ConsumeIntInRange(0, 2**31)
    logits = np.random.default_rng(seed).normal(0, provider.ConsumeIntInRange(1, 1000), shape).astype(np.float32)
    mask = np.arange(shape[1]) < np.array([provider.ConsumeIntInRange(1, shape[1]) for _ in range(shape[0])])[:, None]
    path = best_tags(logits, mask)
    assert not path[~mask].any()
    for spans in (tag_spans(path, softmax(logits)), best_single_spans(logits, mask)):
        assert (spans.first <= spans.last).all()
        assert mask[spans.sentence, spans.last].all()
        assert ((spans.score >= 0) & (spans.score <= 1.0001)).all()


def fuzz_rows(data: bytes) -> None:
    kind = ROWS[data[0] % len(ROWS)] if data else ".jsonl"
    file = SCRATCH / f"rows{kind}"
    file.write_bytes(data[1:])
    try:
        found = list(read_documents([file]))
    except DocumentError:
        return  # no such column: refused before anything is read
    assert all((document.error is None) == bool(document.text) for document in found)


def fuzz_html(data: bytes) -> None:
    html_to_text(data.decode("utf-8", "replace"))


def fuzz_markdown(data: bytes) -> None:
    try:
        markdown_to_text(decode_bytes(data, "fuzz"))
    except DocumentError:
        return


TARGETS: dict[str, Callable[[bytes], Any]] = {
    "segment": fuzz_segment, "decode": fuzz_decode, "rows": fuzz_rows, "html": fuzz_html, "markdown": fuzz_markdown,
}  # fmt: skip


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"name a target: {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
