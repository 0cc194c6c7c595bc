"""Wall time and peak memory of `communique predict` on one article in a fresh process, and of `import communique`.

    python benchmarks/cold_start.py [ARTICLE]

The fastest and the median of several runs are shown; memory is the process's own maximum resident set. POSIX only.
"""

from __future__ import annotations

import statistics
import sys

from timing import run_process

ROUNDS = 7


def main() -> None:
    article = sys.argv[1] if len(sys.argv) > 1 else "data/examples/article.txt"
    commands = {
        "communique predict": [sys.executable, "-m", "communique", "predict", article],
        "import communique": [sys.executable, "-c", "import communique"],
        "python alone": [sys.executable, "-c", "pass"],
    }
    print(f"{'':20} {'fastest':>10} {'median':>10} {'memory':>10}")
    for name, command in commands.items():
        runs = [run_process(command) for _ in range(ROUNDS)]
        seconds = [wall for wall, _ in runs]
        print(f"{name:20} {min(seconds):8.2f} s {statistics.median(seconds):8.2f} s {max(memory for _, memory in runs):7.0f} MB")


if __name__ == "__main__":
    main()
