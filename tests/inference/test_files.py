"""The same files always make the same list, and links lead nowhere outside."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from communique.errors import DocumentError
from communique.inference.files import find_files
from communique.inference.readers import read_documents


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Text of {path.stem}.")


def test_folders_and_globs_are_sorted_and_skip_what_is_hidden(tmp_path: Path) -> None:
    fill(tmp_path, "b/2.txt", "b/1.txt", "a/9.md", "a/.hidden.txt", "_journal.jsonl", ".git/x.txt", "c.bin")
    assert [str(f.path.relative_to(tmp_path)) for f in find_files([tmp_path])] == ["a/9.md", "b/1.txt", "b/2.txt"]
    assert [f.path.name for f in find_files([f"{tmp_path}/*/*.txt"])] == ["1.txt", "2.txt"]
    assert [f.path.name for f in find_files([f"{tmp_path}/**/*.md"])] == ["9.md"]


def test_a_pattern_without_matches_and_a_name_with_brackets(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no file of a known extension matches; check the pattern"):
        find_files([f"{tmp_path}/*.txt"])
    fill(tmp_path, "notes [draft].txt")
    assert [f.path.name for f in find_files([tmp_path / "notes [draft].txt"])] == ["notes [draft].txt"]


def test_partitions_become_columns(tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / f"year={year}" / "desk=south%20asia").mkdir(parents=True)
        pq.write_table(
            pa.Table.from_pylist([{"id": year, "text": "Text."}]), tmp_path / f"year={year}" / "desk=south%20asia" / "part.parquet"
        )
    assert [dict(d.extra) for d in read_documents([tmp_path])] == [{"year": y, "desk": "south asia"} for y in ("2023", "2024")]


def test_zstandard_and_gzip_are_unpacked(tmp_path: Path) -> None:
    line = '{"text": "One — two."}\n'.encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line * 3))
    with pa.CompressedOutputStream(str(tmp_path / "b.jsonl.zst"), "zstd") as packed:
        packed.write(line * 2)
    assert [d.text for d in read_documents([tmp_path])] == ["One — two."] * 5


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_a_cut_archive_gives_what_it_holds_and_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.jsonl.{kind}"
    lines = b"".join(b'{"text": "Text %d %s"}\n' % (i, str(hash(str(i))).encode()) for i in range(20_000))
    with pa.CompressedOutputStream(str(path), {"gz": "gzip", "zst": "zstd"}[kind]) as packed:
        packed.write(lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *good, last = read_documents([path])
    assert len(good) > 100
    assert all(d.error is None for d in good)
    assert last.error is not None


def test_links_do_not_lead_out_of_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "secret/key.txt", "inside/own.txt", "inside/sub/target.txt")
    (tmp_path / "inside" / "out.txt").symlink_to(tmp_path / "secret" / "key.txt")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "inside" / "fine.txt").symlink_to(tmp_path / "inside" / "sub" / "target.txt")
    (tmp_path / "inside" / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    found = {d.id: (d.text, d.error) for d in read_documents([tmp_path / "inside"])}
    assert "leads out of its folder" in (found["out.txt"][1] or "")
    assert "link to nothing" in (found["gone.txt"][1] or "")
    assert found["fine.txt"] == ("Text of target.", None)
    assert not any("key" in text for text, _ in found.values())


def test_overlapping_paths_read_no_file_twice(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.txt", "a/b/2.txt")
    assert len(find_files([f"{tmp_path}/**"])) == 2
    assert len(find_files([tmp_path, tmp_path / "a", tmp_path / "a" / "1.txt"])) == 2


def test_a_pattern_takes_no_journal_for_documents(tmp_path: Path) -> None:
    fill(tmp_path, "part-00000.jsonl", "_journal.jsonl")
    assert [f.path.name for f in find_files([f"{tmp_path}/*.jsonl"])] == ["part-00000.jsonl"]
