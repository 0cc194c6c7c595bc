"""Peak memory of `communique predict` against the number of documents, each run in a fresh process.

    python benchmarks/memory.py --documents 1000 10000 200000 [--model FOLDER] [--output out.jsonl]

Documents are one short sentence each, so that 200,000 of them take minutes; what is measured is what a run keeps, not what the
network needs. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from timing import run_process

TEXT = "Minister Ana Ruiz said on Monday that Chile supports case number {} of the two-state solution."


def write_documents(path: Path, count: int) -> None:
    """A file of that many documents, as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({"id": str(number), "text": TEXT.format(number), "desk": "asia"}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--model", help="checkpoint folder; the shipped model by default")
    parser.add_argument("--output", default="out.parquet", help="name, whose extension says what is written")
    arguments = parser.parse_args()
    model = ["--model", arguments.model] if arguments.model else []
    print(f"{'documents':>12} {'peak':>10} {'seconds':>10}")
    for count in arguments.documents:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "in.jsonl"), Path(folder, arguments.output)
            write_documents(source, count)
            seconds, memory = run_process([sys.executable, "-m", "communique", "predict", str(source), "-o", str(target), *model])
        print(f"{count:12,} {memory:7.0f} MB {seconds:10.1f}")


if __name__ == "__main__":
    main()
