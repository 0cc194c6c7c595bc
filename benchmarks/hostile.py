"""Hostile documents through the real command: every one must come back as a result with exact offsets or as a row with an error.

    python benchmarks/hostile.py [--documents 10000] [--model FOLDER]

Lone surrogates, bidirectional controls, NUL, towers of combining marks, lines of megabytes, HTML bombs, deep nesting, mixed newlines,
right-to-left text, emoji, broken UTF-8, UTF-16, binary files and broken JSON, drawn at random with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROSE = "Peru supports a ceasefire in Gaza. “We oppose tariffs,” he said. The talks in the U.S. began on Monday."
PIECES = [
    *["\u202e", "\u2066", "\u200f", "\u0000", "\ufeff", "\u0301" * 200, "é", "e\u0301", "👩\u200d👩\u200d👧", "🇵🇪", "\U0001f3f4\U000e0067"],
    *["السلام عليكم. ", "שלום ", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\x85", "\v", "\f", "\t", " \xa0 ", ".", "...", "?!", "”"],
    *["(((", "]]]", "—", "中文。", "\u1680", "\u00ad", "ﬁ", "İ", "ß", "\ud7ff"],
]
ENDINGS = ["", "<![CDATA[", "&#0;&#xD800;&bogus;", "<"]
BROKEN = [b"{", b"[" * 100_000, b'{"text": "\xff\xfe"}', b'{"text": 7}', b"null", b'{"text": ""}', b"\x00", b'{"body": "x"}']


def mixture(chance: random.Random) -> str:
    words = PROSE.split(" ")
    return "".join(chance.choice(PIECES) if chance.random() < 0.4 else chance.choice(words) + " " for _ in range(chance.randint(1, 120)))


def surrogates(chance: random.Random) -> str:
    return "".join(chance.choice(["\ud800", "\udfff", "\udc00", "Peru ", "said. "]) for _ in range(chance.randint(1, 40)))


def endless(chance: random.Random) -> str:
    return chance.choice(["a", "a ", "a.", "(", "\u0301", "👍", "A.", "“"]) * chance.choice([200, 4_000])


def html_bomb(chance: random.Random) -> str:
    tag = chance.choice(["div", "b", "article", "script", "table", "!--", "svg", "a href='"])
    return f"<{tag}>" * chance.randint(1, 500) + PROSE + f"</{tag}>" * chance.randint(0, 500) + chance.choice(ENDINGS)


TEXTS: list[Callable[[random.Random], str]] = [mixture, mixture, mixture, surrogates, endless, html_bomb]


def rows_file(path: Path, count: int, chance: random.Random) -> None:
    """JSON lines, most of them valid, and one line of ten megabytes."""
    with path.open("wb") as file:
        for number in range(count):
            if number == count // 2:
                line = json.dumps({"text": "a" * 10_000_000}).encode()
            elif chance.random() < 0.9:
                line = json.dumps({"id": f"d{number}", "text": chance.choice(TEXTS)(chance) or "x", "odd": chance.choice(PIECES)}).encode()
            else:
                line = chance.choice(BROKEN)
            file.write(line + b"\n")


def single_files(folder: Path, count: int, chance: random.Random) -> None:
    """Files of one document each, in many encodings and none."""
    for number in range(count):
        text = chance.choice(TEXTS)(chance).encode("utf-8", "replace")
        others = [text + b"\xff", PROSE.encode("utf-16"), b"", b"   \n\t ", chance.randbytes(300), b"\xef\xbb\xbf" + text]
        data = chance.choice([text, text, *others])
        (folder / f"{number:05d}{chance.choice(['.txt', '.html', '.md'])}").write_bytes(data)


def check(rows: Path, results: Path, expected: int) -> dict[str, int]:
    texts = rows.read_bytes().split(b"\n")
    counts = {"documents": 0, "errors": 0, "sentences": 0}
    for line in results.read_text(encoding="utf-8").split("\n")[:-1]:
        result = json.loads(line)
        counts["documents"] += 1
        if "error" in result:
            counts["errors"] += 1
            continue
        text = None
        if result["id"].startswith("d") and result["id"][1:].isdecimal():
            text = json.loads(texts[int(result["id"][1:])])["text"]
        for sentence in result["sentences"]:
            counts["sentences"] += 1
            if text is not None:
                assert text[sentence["start"] : sentence["end"]] == sentence["text"], result["id"]
            for entity in sentence["entities"]:
                inside = slice(entity["start"] - sentence["start"], entity["end"] - sentence["start"])
                assert sentence["text"][inside] == entity["text"], result["id"]
    assert counts["documents"] == expected, (counts, expected)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    chance, half = random.Random(0), arguments.documents // 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        rows_file(folder / "rows.jsonl", half, chance)
        single_files(folder / "files", arguments.documents - half, chance)
        inputs = [str(folder / "rows.jsonl"), str(folder / "files")]
        command = [sys.executable, "-m", "communique", "predict", *inputs, "-o", str(folder / "out.jsonl")]
        began = time.perf_counter()
        done = subprocess.run(command + (["--model", arguments.model] if arguments.model else []), capture_output=True, text=True)
        if done.returncode != 1:
            raise SystemExit(f"exit status {done.returncode} instead of 1\n{done.stderr[-2000:]}")
        counts = check(folder / "rows.jsonl", folder / "out.jsonl", arguments.documents)
    seconds = time.perf_counter() - began
    print(f"{counts['documents']:,} documents in {seconds:.0f} s, no crash")
    print(f"{counts['errors']:,} errors in their place, {counts['sentences']:,} sentences with exact offsets")


if __name__ == "__main__":
    main()
