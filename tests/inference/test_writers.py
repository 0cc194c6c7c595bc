"""What is written can be read again, and half a file never stands under its name."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.errors import ConfigError, DocumentError
from communique.inference.journal import Commit
from communique.inference.output import Output
from communique.inference.result import Claim, Document, FailedDocument, Provenance
from communique.inference.writers import flat_columns, write_line

BY = Provenance("small", "f" * 64, "e" * 64, "0.1.0")


@contextmanager
def open_output(target: Path, level: str | None = None, carried: Sequence[str] = ()) -> Iterator[Output]:
    """An output that is finished at the end of the block, and left as it stands where the block fails."""
    names = () if target.suffix == ".jsonl" else flat_columns(level or "claim", carried)
    with closing(Output(target, level, start=Commit(columns=names))) as output:
        yield output
        output.finish()


def document(name: str, text: str = "Text.", **extra: Any) -> Document:
    return Document(name, (), (Claim("Ana", None, "commitment", None, None, 0.5, 0, len(text), text),), BY, extra)


@settings(deadline=None, max_examples=30)
@given(st.text(), st.text())
def test_any_text_is_written(text: str, extra: str) -> None:
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    with tempfile.TemporaryDirectory() as name:
        for file in ("a.csv", "a.parquet", "a.jsonl"):
            with open_output(Path(name) / file) as writer:
                writer.write(document("a", text, note=extra))
        [row] = pq.read_table(Path(name) / "a.parquet").to_pylist()
        assert row["text"].replace("\ufffd", "") == clean.replace("\ufffd", "")
        [line] = (Path(name) / "a.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        assert (json.loads(line)["claims"][0]["text"], json.loads(line)["note"]) == (text, extra)
        with (Path(name) / "a.csv").open(encoding="utf-8", newline="") as opened:
            assert len(list(csv.DictReader(io.StringIO(opened.read())))) == 1


@pytest.mark.parametrize("file", ["a.csv", "a.parquet"])
def test_columns_that_come_late_are_kept(tmp_path: Path, file: str) -> None:
    with open_output(tmp_path / file, carried=["desk"]) as writer:
        writer.write(document("a", desk="asia"))
        writer.write(document("b", desk=7, rank=2))
        writer.write(FailedDocument("c", "broken"))
    if file.endswith("csv"):
        with (tmp_path / file).open(encoding="utf-8", newline="") as opened:
            rows: list[dict[str, Any]] = list(csv.DictReader(opened))
    else:
        rows = pq.read_table(tmp_path / file).to_pylist()
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert [row["desk"] for row in rows][:2] == ["asia", "7"]
    assert json.loads(rows[1]["input_columns"]) == {"rank": 2}
    assert rows[2]["error"] == "broken"


@pytest.mark.parametrize("file", ["a.csv", "a.parquet", "a.jsonl"])
def test_no_documents_make_a_valid_file(tmp_path: Path, file: str) -> None:
    with open_output(tmp_path / file):
        pass
    if file == "a.parquet":
        assert pq.read_table(tmp_path / file).num_rows == 0
    elif file == "a.csv":
        assert (tmp_path / file).read_text().startswith("id,holder,country")
    else:
        assert (tmp_path / file).read_text() == ""


def fail_half_way(path: Path) -> None:
    with open_output(path) as writer:
        writer.write(document("new"))
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_the_good_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("good")
    with pytest.raises(KeyboardInterrupt):
        fail_half_way(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.csv.partial"]  # the partial file is there to go on with
    assert path.read_text() == "good"


@pytest.mark.parametrize(
    ("file", "level", "kind", "message"),
    [
        ("a.xlsx", None, ConfigError, "unknown output extension '.xlsx'; known ones: .jsonl, .csv, .parquet"),
        ("a.csv", "document", ConfigError, "level 'document' has no flat rows"),
        ("none/a.csv", None, DocumentError, "the folder .*none does not exist; make it first"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    tmp_path: Path, file: str, level: str | None, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message), open_output(tmp_path / file, level):
        pass


def test_json_lines_at_each_level() -> None:
    for level, key in (("document", "provenance"), ("claim", "weights_sha256")):
        out = io.StringIO()
        write_line(out, document("a"), level)
        assert key in json.loads(out.getvalue())
