"""Peak memory of `communique predict` against the number of documents, each run in a fresh process.

    python benchmarks/memory.py --documents 1000 10000 200000 [--model FOLDER] [--output out.jsonl]

Documents are one short sentence each, so that 200,000 of them take minutes; what is measured is what a run keeps, not what the
network needs. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXT = "Minister Ana Ruiz said on Monday that Chile supports case number {} of the two-state solution."


def write_documents(path: Path, count: int) -> None:
    """A file of that many documents, as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({"id": str(number), "text": TEXT.format(number), "desk": "asia"}) + "\n")


def peak(command: list[str]) -> tuple[float, float]:
    """Seconds and the largest resident set, in MB, of a process and its children."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / (1 if sys.platform != "darwin" else 1024) / 1024


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
            seconds, memory = peak([sys.executable, "-m", "communique", "predict", str(source), "-o", str(target), *model])
        print(f"{count:12,} {memory:7.0f} MB {seconds:10.1f}")


if __name__ == "__main__":
    main()
