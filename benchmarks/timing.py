"""How the benchmarks measure: alternating rounds, the fastest of which counts, and whole processes with their memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

ROUNDS = 3
Name = TypeVar("Name")


def fastest(tasks: Mapping[Name, Callable[[], object]]) -> dict[Name, float]:
    """Seconds of the fastest round of each task; rounds alternate between tasks, so that other load does not favour one."""
    seconds = dict.fromkeys(tasks, float("inf"))
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds


def run_process(command: list[str]) -> tuple[float, float]:
    """Seconds and largest resident set, in MB, of one process. POSIX only."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / (1 if sys.platform != "darwin" else 1024) / 1024
