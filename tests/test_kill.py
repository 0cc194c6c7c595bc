"""The real command, killed without warning at random moments and resumed, loses nothing and doubles nothing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DOCUMENTS, KILLS = 500, 20


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kill") / "in.jsonl"
    chance = random.Random(0)
    sentences = [
        "Peru supports a ceasefire in Gaza.",
        "The talks began on Monday.",
        "Ana Ruiz said China opposes tariffs.",
        "“No,” he said.",
    ]
    rows = [json.dumps({"id": f"d{i}", "text": " ".join(chance.choices(sentences, k=chance.randint(1, 40)))}) for i in range(DOCUMENTS)]
    rows[100] = rows[400] = "not json"
    path.write_text("\n".join(rows) + "\n")
    return path


def command(source: Path, target: Path, model: Path) -> list[str]:
    shards = ["--shard-rows", "150"] if target.suffix == ".parquet" else []
    return [sys.executable, "-m", "communique", "predict", str(source), "-o", str(target), "--model", str(model), "--resume", *shards]


def content(target: Path) -> dict[str, bytes]:
    files = target.iterdir() if target.is_dir() else [target]
    return {file.name.split(".")[0] if not target.is_dir() else file.name: file.read_bytes() for file in files if file.name[0] != "_"}


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process the POSIX way")
@pytest.mark.parametrize("kind", [".jsonl", ".parquet"])
def test_killed_and_resumed_is_the_same_as_undisturbed(source: Path, untrained_checkpoint: Path, tmp_path: Path, kind: str) -> None:
    began = time.monotonic()
    whole = subprocess.run(command(source, tmp_path / f"whole{kind}", untrained_checkpoint), capture_output=True, text=True)
    seconds = time.monotonic() - began
    assert whole.returncode == 1, whole.stderr  # two rows are broken
    assert f"{DOCUMENTS:,} documents" in whole.stderr
    chance, kills = random.Random(1), 0
    target = tmp_path / f"out{kind}"
    while kills < KILLS // 2:
        process = subprocess.Popen(command(source, target, untrained_checkpoint), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0.2, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        else:  # it came to its end before the kill: begin again
            for file in [*target.iterdir()] if target.is_dir() else [target]:
                file.unlink()
    done = subprocess.run(command(source, target, untrained_checkpoint), capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert f"{DOCUMENTS:,} documents" in done.stderr
    expected = content(tmp_path / f"whole{kind}")
    assert content(target) == (expected if kind == ".parquet" else {"out": expected["whole"]})
