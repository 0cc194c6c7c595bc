"""Every format round-trips any text; every bad input has its error; nothing is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.errors import DocumentError
from communique.inference import readers, row_files
from communique.inference.readers import count_documents, read_documents

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
TEXTS = st.lists(ANY_TEXT, min_size=1, max_size=5)


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_any_text_survives_jsonl_and_parquet(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [{"id": str(i), "text": text} for i, text in enumerate(texts)]
        write(folder, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        write(folder, "a.jsonl.gz", gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet")
        for file in ("a.jsonl", "a.jsonl.gz", "a.parquet"):
            assert [(d.id, d.text, d.error) for d in read_documents([folder / file])] == [(str(i), t, None) for i, t in enumerate(texts)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00\ufeff"), min_size=1), min_size=1, max_size=5))
def test_any_text_survives_csv(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([["id", "text"], *([i, text] for i, text in enumerate(texts))])
        path = write(Path(name), "a.csv", buffer.getvalue())
        assert [(d.id, d.text) for d in read_documents([path])] == [(str(i), text) for i, text in enumerate(texts)]


def test_whole_files_and_folders(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "Plain text.")
    write(tmp_path, "a.md", "---\ntitle: Talks\nauthor: Ana Ruiz\ndate: 2025-01-02\n---\n# Head\n\nBody.")
    write(tmp_path, "c.html", "<title>Page</title><p>Words.</p>")
    write(tmp_path, "ignored.bin", b"\x00")
    found = list(read_documents([tmp_path]))
    assert [d.id for d in found] == ["a.md", "b.txt", "c.html"]
    assert [d.text for d in found] == ["Head\n\nBody.", "Plain text.", "Words."]
    assert (found[0].title, found[0].date, found[0].speaker, found[2].title) == ("Talks", "2025-01-02", "Ana Ruiz", "Page")
    assert count_documents([tmp_path]) == 3


def test_documents_are_counted_where_that_is_cheap(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", '{"text": "one"}\n\n{"text": "two"}')
    pq.write_table(pa.Table.from_pylist([{"text": "three"}]), tmp_path / "b.parquet")
    write(tmp_path, "c.txt", "four")
    assert count_documents([tmp_path]) == 4
    assert count_documents([tmp_path, write(tmp_path, "d.csv", "text\nfive\n")]) is None


def test_standard_input_is_one_text() -> None:
    [document] = read_documents(["-"], stdin=io.BytesIO(b"Peace."))
    assert (document.id, document.text) == ("standard input", "Peace.")


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("empty.txt", b"", "empty.txt: is empty; give it some text"),
        ("image.txt", b"\x89PNG\x00\x01\xff", "image.txt: looks like a binary file, not text; extract its text first"),
        ("latin.txt", b"one\ntwo \xe9", "latin.txt: not valid UTF-8 at byte 8, line 2; convert it"),
    ],
)
def test_a_bad_file_becomes_a_document_with_an_error(tmp_path: Path, name: str, data: bytes, error: str) -> None:
    good = write(tmp_path, "good.txt", "Fine.")
    bad, fine = read_documents([write(tmp_path, name, data), good])
    assert bad.id == name
    assert bad.error is not None
    assert error in bad.error
    assert fine.error is None


def test_bad_json_lines_keep_their_place(tmp_path: Path) -> None:
    lines = [b'{"text": "one"}', b"", b"not json", b"[1]", b'{"body": "x"}', b'{"text": "\xff"}', b'{"text": "two"}']
    found = list(read_documents([write(tmp_path, "a.jsonl", b"\n".join(lines))]))
    assert [d.text for d in found] == ["one", "", "", "", "", "two"]
    assert [d.id for d in found] == ["a-1", "a-3", "a-4", "a-5", "a-6", "a-7"]
    expected = ["", ":3: not valid JSON", ":4: list instead of", ":5: no column", ":6: not valid UTF-8", ""]
    assert all(part in (document.error or "") for part, document in zip(expected, found, strict=True))


def test_bad_csv_rows_keep_their_place(tmp_path: Path) -> None:
    found = list(read_documents([write(tmp_path, "a.csv", b'id,text,desk\n1,"one\nline",x\n2,two\n3,\xff,x\n4,four,y\n')]))
    assert [(d.id, d.text, d.error is None) for d in found] == [
        ("1", "one\nline", True), ("a-4", "", False), ("a-5", "", False), ("4", "four", True),
    ]  # fmt: skip
    assert "a.csv:4: 2 fields instead of 3" in (found[1].error or "")
    assert "a.csv:5: not valid UTF-8" in (found[2].error or "")


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.docx", b"", "unknown extension '.docx'; known ones: .txt"),
        ("a.csv", b"id,body\n1,x\n", "no column 'text' (columns: id, body); name the right one with --text-column"),
        ("a.csv", b"", "is empty; the first line must name the columns"),
        ("a.csv", b"text,text\n", "two columns are called 'text'; rename one"),
        ("a.parquet", b"not parquet", "not a readable Parquet file"),
    ],
)
def test_what_cannot_run_is_refused_at_once(tmp_path: Path, name: str, data: bytes, error: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_documents([write(tmp_path, name, data)])
    assert error in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"nowhere.txt: no such file"):
        read_documents([tmp_path / "nowhere.txt"])
    with pytest.raises(DocumentError, match="no documents in this folder"):
        read_documents([tmp_path])


def test_one_line_of_five_megabytes_is_read(tmp_path: Path) -> None:
    text = "word " * 1_000_000
    found = list(read_documents([write(tmp_path, "a.jsonl", json.dumps({"text": text})), write(tmp_path, "a.csv", f"text\n{text}\n")]))
    assert [len(d.text) for d in found] == [5_000_000, 5_000_000]


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("odd.html", b"<p>Words.</p><![foo", None),
        ("date.md", b"---\ndate: 2024-02-30\n---\nBody.", None),
        ("keys.md", b"---\n2024-01-01: x\nnested: {2024-01-02: y}\n---\nBody.", None),
        ("loop.md", b"---\na: &a [*a]\n---\nBody.", None),
    ],
)
def test_what_a_parser_trips_over_never_stops_the_others(tmp_path: Path, name: str, data: bytes, error: str | None) -> None:
    found, fine = read_documents([write(tmp_path, name, data), write(tmp_path, "zz.txt", "Fine.")])
    assert found.id == name
    assert (found.error or "").startswith(error or "")
    assert fine.text == "Fine."
    json.dumps(found.carried)


def test_a_damaged_parquet_page_gives_what_it_holds_and_an_error(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"Text {i} {hash(str(i))}."} for i in range(4000)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=500, compression="none", use_dictionary=False)
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = b"\xff" * 20_000
    found = list(read_documents([write(tmp_path, "b.parquet", bytes(data)), write(tmp_path, "zz.txt", "Fine.")]))
    assert found[-1].text == "Fine."
    assert len(found) > 500
    assert any(d.error for d in found)


def test_a_file_that_vanished_is_a_row_with_an_error(tmp_path: Path) -> None:
    documents = read_documents([write(tmp_path, "a.txt", "One."), write(tmp_path, "b.txt", "Two.")])
    (tmp_path / "b.txt").unlink()
    one, two = documents
    assert (one.error, two.id) == (None, "b.txt")
    assert "cannot be read (No such file or directory)" in (two.error or "")


def test_files_of_the_same_name_in_two_folders_keep_their_ids_apart(tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        write(tmp_path / year, "a.txt", "Text.")
        write(tmp_path / year, "b.jsonl", '{"text": "Row."}')
    assert [d.id for d in read_documents([tmp_path])] == ["2023/a.txt", "2023/b-1", "2024/a.txt", "2024/b-1"]


def test_lines_are_counted_over_a_broken_one(tmp_path: Path) -> None:
    found = list(read_documents([write(tmp_path, "a.csv", b"text\none\n\xff\ntwo\n\xfe\n")]))
    assert [d.id for d in found] == ["a-2", "a-3", "a-4", "a-5"]


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.gz"])
def test_a_line_too_long_to_hold_is_an_error_and_the_next_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(row_files, "DOCUMENT_BYTES", 64)
    lines = [json.dumps({"id": str(i), "text": "a" * size}) for i, size in enumerate((10, 1000, 20, 40, 300))]
    path = tmp_path / name
    with gzip.open(path, "wt") if name.endswith("gz") else path.open("w") as file:
        file.write("\n".join(lines))
    found = list(read_documents([path]))
    assert [document.id for document in found] == ["0", "lines-2", "2", "3", "lines-5"]
    assert [document.error is None for document in found] == [True, False, True, True, False]
    assert found[1].error == f"{path}:2: more than 64 bytes in one line; split the document"


def test_a_file_too_long_to_hold_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "DOCUMENT_BYTES", 64)
    (tmp_path / "a.txt").write_text("a" * 64)
    (tmp_path / "b.txt").write_text("a" * 65)
    assert [document.error for document in read_documents([tmp_path])] == [
        None, f"{tmp_path / 'b.txt'}: more than 64 bytes in one document; split it",
    ]  # fmt: skip
    [document] = read_documents(["-"], stdin=io.BytesIO(b"a" * 65))
    assert document.error == "standard input: more than 64 bytes in one document; split it"
