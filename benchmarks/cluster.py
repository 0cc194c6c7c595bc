"""How a run on a Ray cluster scales: one worker against several, one core each, on this machine.

    python benchmarks/cluster.py --documents 600 --workers 1 2

Also computes what an archive of 100 million articles takes at the measured rate. Needs the extra `ray`. The start of the cluster
counts, so few documents flatter nobody.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from communique.inference.archive import ArchiveOptions
from communique.inference.cluster import run_cluster
from communique.inference.distributed import import_ray
from communique.inference.parallel import Engine

ARCHIVE = 100_000_000  # articles


def write_documents(folder: Path, article: str, count: int, files: int) -> None:
    """The article over and over, spread over files."""
    for number in range(files):
        rows = [json.dumps({"id": str(index), "text": article}) for index in range(number, count, files)]
        (folder / f"{number}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--article", type=Path, default=Path("data/examples/article.txt"))
    arguments = parser.parse_args()
    article = arguments.article.read_text(encoding="utf-8")
    ray = import_ray()
    print(f"{'workers':>8} {'documents/s':>12} {'core hours for 100 million':>28}")
    for workers in arguments.workers:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="error")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "archive")
            source.mkdir()
            write_documents(source, article, arguments.documents, files=2 * workers)
            done = run_cluster([str(source)], f"{folder}/out.parquet", Engine(device="cpu", workers=workers), ArchiveOptions())
        ray.shutdown()
        hours = workers * ARCHIVE / done.documents_per_second / 3600
        print(f"{workers:8} {done.documents_per_second:12,.1f} {hours:28,.0f}")


if __name__ == "__main__":
    main()
