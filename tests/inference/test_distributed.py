"""Two nodes of a Ray cluster write the rows that one machine writes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from communique.cli import app
from communique.distributed import predict
from communique.errors import ConfigError, DocumentError, MissingExtraError
from communique.inference.analyst import load
from communique.inference.archive import ArchiveOptions, Summary, run_archive
from communique.inference.cluster import run_cluster
from communique.inference.distributed import import_ray
from communique.inference.parallel import Engine

TEXTS = ("Peru said it firmly supports Kyiv. Chile did not.", "Minister Ana Ruiz signed the treaty on Friday.", "Nothing happened here.")


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # tests are offline
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    ray.init(cluster.address, log_to_driver=False, logging_level="error")
    yield ray
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def engine(untrained_checkpoint: Path) -> Engine:
    return Engine(str(untrained_checkpoint), "cpu", None, 0.0, workers=2)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    (folder / "year=2024").mkdir(parents=True)
    rows = [{"id": f"d{n}", "text": TEXTS[n % 3] + f" Case {n}.", "desk": "asia", "rank": n} for n in range(60)]
    lines = [json.dumps(row) for row in rows]
    lines[7] = "{broken"
    lines[9] = json.dumps({"id": "lone", "text": "A lone \ud800 surrogate. Peru said yes.", "note": None})
    (folder / "a.jsonl").write_text("\n".join(lines[:40]) + "\n")
    (folder / "year=2024" / "b.jsonl").write_text("\n".join(lines[40:]) + "\n")
    (folder / "c.txt").write_text("Chile said it opposes sanctions.")
    (folder / "empty.txt").write_text("")
    return folder


def on_one_machine(archive: Path, target: Path, engine: Engine, options: ArchiveOptions) -> Summary:
    analyst = engine.load()
    return run_archive([str(archive)], target, lambda documents: Engine.label(Engine(), documents, analyst), analyst.provenance, options)


def on_cluster(archive: str, target: str, engine: Engine, options: ArchiveOptions) -> Summary:
    return run_cluster([archive], target, engine, options)


def lines_of(folder: Path) -> list[str]:
    return sorted(line for part in folder.glob("part-*") for line in part.read_text(encoding="utf-8").splitlines())


@pytest.mark.usefixtures("ray_cluster")
def test_json_lines_are_those_of_one_machine(archive: Path, tmp_path: Path, engine: Engine) -> None:
    one = on_one_machine(archive, tmp_path / "one.jsonl", engine, ArchiveOptions())
    many = on_cluster(str(archive), str(tmp_path / "many.jsonl"), engine, ArchiveOptions())
    assert lines_of(tmp_path / "many.jsonl") == sorted((tmp_path / "one.jsonl").read_text(encoding="utf-8").splitlines())
    assert (
        (many.documents, many.rows, many.claims, many.failed)
        == (one.documents, one.rows, one.claims, one.failed)
        == (62, 62, one.claims, 2)
    )
    assert many.provenance == one.provenance


@pytest.mark.usefixtures("ray_cluster")
def test_parquet_at_an_address_is_that_of_one_machine(
    archive: Path, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ArchiveOptions(level="sentence")
    monkeypatch.chdir(tmp_path)  # messages name files as they were given
    on_one_machine(Path("archive"), tmp_path / "one.parquet", engine, options)
    on_cluster("archive", "many.parquet", engine, options)  # a worker has another working directory
    on_cluster(f"local://{archive}", f"local://{tmp_path}/far.parquet", engine, options)
    one, many, far = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("one", "many", "far"))
    assert many.schema.equals(one.schema)
    by = [("id", "ascending"), ("start", "ascending")]
    assert many.sort_by(by).to_pylist() == one.sort_by(by).to_pylist()
    rows = [{**row, "error": (row["error"] or "").replace(f"local://{tmp_path}/", "") or None} for row in far.sort_by(by).to_pylist()]
    assert rows == one.sort_by(by).to_pylist()


@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.parametrize("kind", [".jsonl", ".parquet"])
def test_no_documents_make_a_valid_output(tmp_path: Path, engine: Engine, kind: str) -> None:
    (tmp_path / "none.jsonl").write_text("")
    done = on_cluster(str(tmp_path / "none.jsonl"), str(tmp_path / f"out{kind}"), engine, ArchiveOptions())
    assert (done.documents, done.rows) == (0, 0)
    [part] = (tmp_path / f"out{kind}").iterdir()
    assert (part.read_bytes() == b"") if kind == ".jsonl" else (pq.read_table(part).num_rows == 0)


@pytest.mark.usefixtures("ray_cluster")
def test_a_run_that_fails_on_the_workers_says_so_in_one_error(archive: Path, tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "model").mkdir()
    for file in Path(engine.model or "").iterdir():
        (tmp_path / "model" / file.name).write_bytes(file.read_bytes() if file.suffix != ".onnx" else b"broken")
    broken = Engine(str(tmp_path / "model"), "cpu", workers=2)
    with pytest.raises(DocumentError, match="the run failed on the cluster"):
        on_cluster(str(archive), str(tmp_path / "out.jsonl"), broken, ArchiveOptions())


@pytest.mark.usefixtures("ray_cluster")
def test_the_command_line_runs_on_a_cluster(archive: Path, tmp_path: Path, untrained_checkpoint: Path) -> None:
    target, summary = tmp_path / "many.jsonl", tmp_path / "summary.json"
    command = [
        "predict",
        str(archive),
        "-o",
        str(target),
        "--model",
        str(untrained_checkpoint),
        "--engine",
        "ray",
        "--summary",
        str(summary),
    ]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1, result.output  # two documents are broken
    assert "62 documents" in result.stderr
    assert len(lines_of(target)) == json.loads(summary.read_text())["documents"] == 62


def test_a_data_set_becomes_claims(ray_cluster: Any, untrained_checkpoint: Path) -> None:
    rows = [{"id": str(n), "text": text, "desk": "asia"} for n, text in enumerate([*TEXTS, ""])]
    found = predict(ray_cluster.data.from_items(rows), str(untrained_checkpoint), "cpu", level="sentence", workers=1).take_all()
    analyst = load(untrained_checkpoint, "cpu")
    expected = [(str(n), s.text, s.type) for n, text in enumerate(TEXTS) for s in analyst.predict(text).sentences]
    assert [(row["id"], row["text"], row["type"]) for row in found if row["error"] is None] == expected
    assert [row["error"] for row in found if row["error"]] == ["document '3': column 'text' is empty; give every row a text"]
    assert {row["desk"] for row in found} == {"asia"}
    with pytest.raises(ConfigError, match=r"no column 'body' \(columns: id, text, desk\)"):
        predict(ray_cluster.data.from_items(rows), text_column="body")


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("out.csv", ArchiveOptions(), "a cluster writes .jsonl or .parquet"),
        ("out.jsonl", ArchiveOptions(shard_rows=5), "--shard-rows does not go with --engine ray"),
        ("out.jsonl", ArchiveOptions(strict=True), "--strict does not go with --engine ray"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused(
    archive: Path, tmp_path: Path, engine: Engine, target: str, options: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        on_cluster(str(archive), str(tmp_path / target), engine, options)


def test_a_data_set_in_files_does_not_starve(ray_cluster: Any, tmp_path: Path, untrained_checkpoint: Path) -> None:
    # Workers on every core would leave none for the tasks that read and write Parquet.
    pq.write_table(pa.table({"id": ["a", "b"], "text": list(TEXTS[:2]), "author": ["Ana", "Ben"]}), tmp_path / "in.parquet")
    found = predict(ray_cluster.data.read_parquet(str(tmp_path / "in.parquet")), str(untrained_checkpoint), level="sentence", workers=2)
    found.write_parquet(str(tmp_path / "out"))
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert {(row["id"], row["speaker"]) for row in rows} == {("a", "Ana"), ("b", "Ben")}


def test_a_device_that_the_cluster_lacks_is_refused(ray_cluster: Any) -> None:
    rows = ray_cluster.data.from_items([{"id": "a", "text": "Text."}])
    with pytest.raises(ConfigError, match="the cluster has no GPU; use device cpu"):
        predict(rows, device="cuda")
    with pytest.raises(ConfigError, match="device 'cuda:1': a cluster gives each worker a GPU of its own"):
        predict(rows, device="cuda:1")


def test_an_output_that_is_there_stays(archive: Path, tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(DocumentError, match="is there already; name a new folder"):
        on_cluster(str(archive), str(tmp_path / "out.jsonl"), engine, ArchiveOptions())


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"communique\[ray\]"):
        import_ray()
