"""A run that is stopped anywhere and resumed leaves the same bytes as one that is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from communique.errors import ConfigError, DocumentError, FailedDocumentError
from communique.inference.archive import ArchiveOptions, Summary, run_archive
from communique.inference.documents import InputDocument
from communique.inference.result import Claim, Document, FailedDocument, Provenance

BY = Provenance("tiny", "f" * 64, "e" * 64, "0.1.0")
CHUNK = 3


class PowerCutError(Exception):
    """Stands for a kill."""


def labelled(documents: Iterable[InputDocument]) -> Iterator[list[Document | FailedDocument]]:
    """One claim a word, in chunks of three."""
    chunk: list[Document | FailedDocument] = []
    for document in documents:
        if document.error:
            chunk.append(FailedDocument(document.id, document.error))
        else:
            claims = tuple(Claim(word, None, "commitment", None, None, 0.5, 0, 1, word) for word in document.text.split())
            chunk.append(Document(document.id, (), claims, BY, document.carried))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def cut_after(chunks: int):  # type: ignore[no-untyped-def]
    def label(documents: Iterable[InputDocument]) -> Iterator[list[Document | FailedDocument]]:
        for number, chunk in enumerate(labelled(documents)):
            if number == chunks:
                raise PowerCutError
            yield chunk

    return label


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    rows = [json.dumps({"id": f"d{i}", "text": "word " * (i % 4 + 1), "desk": "asia" if i % 2 else "un"}) for i in range(20)]
    rows[7] = "not json"
    path.write_text("\n".join(rows) + "\n")
    return path


def run(source: Path, target: Path, label=labelled, resume: bool = False, **options: object) -> Summary:  # type: ignore[no-untyped-def]
    return run_archive([str(source)], target, label, BY, ArchiveOptions(**options), resume)  # type: ignore[arg-type]


def content(target: Path) -> dict[str, bytes]:
    files = target.iterdir() if target.is_dir() else [target]
    return {file.name: file.read_bytes() for file in files if not file.name.startswith("_")}


@pytest.mark.parametrize("shard_rows", [None, 5, 1000])
@pytest.mark.parametrize("kind", [".jsonl", ".csv", ".parquet"])
def test_stopped_anywhere_and_resumed_is_the_same(source: Path, tmp_path: Path, kind: str, shard_rows: int | None) -> None:
    whole = run(source, tmp_path / f"whole{kind}", shard_rows=shard_rows)
    assert (whole.documents, whole.failed, whole.claims) == (20, 1, 46)
    for chunks in range(7):
        target = tmp_path / f"cut{chunks}{kind}"
        for first in (chunks, 1):  # cut twice, the second time soon after
            with pytest.raises(PowerCutError):
                run(source, target, cut_after(first), resume=True, shard_rows=shard_rows)
            if chunks + first >= 6:
                break
        done = run(source, target, resume=True, shard_rows=shard_rows)
        assert content(target) == {name.replace("whole", f"cut{chunks}"): data for name, data in content(tmp_path / f"whole{kind}").items()}
        assert (done.documents, done.rows, done.claims, done.failed) == (whole.documents, whole.rows, whole.claims, whole.failed)


def test_torn_output_and_a_rename_before_the_last_commit_are_healed(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "whole.jsonl")
    with pytest.raises(PowerCutError):
        run(source, tmp_path / "a.jsonl", cut_after(3))
    partial = tmp_path / "a.jsonl.partial"
    partial.write_bytes(partial.read_bytes() + b'{"id": "torn')
    partial.rename(tmp_path / "a.jsonl")
    run(source, tmp_path / "a.jsonl", resume=True)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "in.jsonl", "whole.jsonl"]


def test_parts_read_as_one_data_set(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out.parquet", shard_rows=10)
    assert len(content(tmp_path / "out.parquet")) > 2
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.num_rows == 47
    assert table.column("error").to_pylist().count(None) == 46


def test_a_complete_folder_has_nothing_to_resume(source: Path, tmp_path: Path) -> None:
    first = run(source, tmp_path / "out.jsonl", shard_rows=5)
    before = content(tmp_path / "out.jsonl")
    again = run(source, tmp_path / "out.jsonl", cut_after(0), resume=True, shard_rows=5)
    assert (again.documents, again.rows) == (first.documents, first.rows)
    assert content(tmp_path / "out.jsonl") == before


def test_changed_options_and_inputs_are_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(PowerCutError):
        run(source, tmp_path / "a.jsonl", cut_after(2))
    with pytest.raises(ConfigError, match="option min_score"):
        run(source, tmp_path / "a.jsonl", resume=True, min_score=0.5)
    source.write_text(source.read_text() + '{"text": "more"}\n')
    with pytest.raises(ConfigError, match=r"input .*in\.jsonl"):
        run(source, tmp_path / "a.jsonl", resume=True)


def test_strict_stops_at_the_first_failure(source: Path, tmp_path: Path) -> None:
    with pytest.raises(FailedDocumentError, match=r"in.jsonl:8: not valid JSON .*--strict stops here"):
        run(source, tmp_path / "a.jsonl", strict=True)


def test_long_documents_are_rows_with_an_error(source: Path, tmp_path: Path) -> None:
    done = run(source, tmp_path / "a.jsonl", max_characters=16)
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert done.failed == 5
    assert "d3: 20 characters, more than 16; split it, or raise --max-characters" in [row.get("error") for row in rows]


def test_a_full_disk_is_said_with_its_mend(source: Path, tmp_path: Path) -> None:
    def full(documents: Iterable[InputDocument]) -> Iterator[list[Document | FailedDocument]]:
        yield next(labelled(documents))
        raise OSError(28, "No space left on device")

    with pytest.raises(DocumentError, match=r"cannot be written \(.*No space left on device\); mend that and go on with --resume"):
        run(source, tmp_path / "a.jsonl", full)


def test_standard_input_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="standard input cannot be read twice"):
        run_archive(["-"], tmp_path / "a.jsonl", labelled, BY, ArchiveOptions(), resume=True)


def test_shards_never_delete_what_they_did_not_write(source: Path, tmp_path: Path) -> None:
    for name in ("2024.parquet", "part-0.parquet", "notes.txt"):
        (tmp_path / "data.parquet").mkdir(exist_ok=True)
        (tmp_path / "data.parquet" / name).write_text("precious")
    with pytest.raises(DocumentError, match="exists and is no folder of an earlier run; name another"):
        run(source, tmp_path / "data.parquet", shard_rows=5)
    assert {file.read_text() for file in (tmp_path / "data.parquet").iterdir()} == {"precious"}


def test_an_output_inside_the_input_is_refused_before_it_feeds_itself(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "claims.csv")
    with pytest.raises(ConfigError, match=r"claims.csv: is an input and belongs to the output"):
        run(tmp_path, tmp_path / "claims.csv")


def test_a_folder_in_place_of_a_file_is_refused_before_the_work(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out.parquet").mkdir()
    with pytest.raises(DocumentError, match="is a folder; name a file, or add --shard-rows"):
        run(source, tmp_path / "out.parquet", cut_after(0))


def test_an_output_fed_back_keeps_its_columns_apart(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "first.csv")
    run(tmp_path / "first.csv", tmp_path / "second.parquet")
    names = pq.read_table(tmp_path / "second.parquet").column_names
    assert len(names) == len(set(names))


def test_a_run_over_nothing_is_complete(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    for _ in range(2):
        assert run(tmp_path / "empty.jsonl", tmp_path / "out.jsonl", shard_rows=5).documents == 0
