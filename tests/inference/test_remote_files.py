"""Addresses are listed and read like folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from communique.errors import DocumentError
from communique.inference.readers import read_file
from communique.inference.remote_files import fetched, find_sources, open_filesystem


def fill(root: Path) -> None:
    for name in ("b.txt", "year=2024/a.jsonl", ".hidden/c.txt", "d.bin", "_parts/e.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('{"text": "One."}\n')


def test_an_address_is_listed_as_a_folder_is(tmp_path: Path) -> None:
    fill(tmp_path)
    remote, local = find_sources([f"local://{tmp_path}"]), find_sources([str(tmp_path)])
    assert [(s.file.name, s.file.kind, s.file.partition) for s in remote] == [(s.file.name, s.file.kind, s.file.partition) for s in local]
    assert [s.place for s in remote] == [f"local://{tmp_path}/b.txt", f"local://{tmp_path}/year=2024/a.jsonl"]
    assert [s.file.name for s in find_sources([f"local://{tmp_path}/year=2024/a.jsonl"])] == ["a.jsonl"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    fill(tmp_path)
    for root in (str(tmp_path), f"file://{tmp_path}"):
        assert len(find_sources([root, f"{root}/b.txt"])) == 2


def test_a_file_address_follows_no_link_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.txt").write_text("Secret.")
    (tmp_path / "inside" / "a.txt").symlink_to(tmp_path / "secret.txt")
    [source] = find_sources([f"file://{tmp_path}/inside"])
    assert source.file.error is not None


def test_a_fetched_file_reads_as_it_would_at_home(tmp_path: Path) -> None:
    fill(tmp_path)
    [source] = find_sources([f"local://{tmp_path}/year=2024/a.jsonl"])
    with fetched(source) as file:
        assert [(d.id, d.text) for d in read_file(file)] == [("a-1", "One.")]
        copy = file.path
    assert not copy.exists()


def test_a_file_that_is_gone_is_an_error_after_some_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    [source] = find_sources([f"local://{tmp_path}/b.txt"])
    (tmp_path / "b.txt").unlink()
    with pytest.raises(DocumentError, match="cannot be fetched"), fetched(source):
        pass
    assert len(pauses) == 2


def test_names_that_an_address_would_escape_are_read(tmp_path: Path) -> None:
    (tmp_path / "desk=south%20asia").mkdir()
    (tmp_path / "desk=south%20asia" / "a #1.txt").write_text("Text.")
    [source] = find_sources([f"local://{tmp_path}"])
    assert source.file.partition == {"desk": "south asia"}
    with fetched(source) as file:
        assert file.path.read_text() == "Text."


def test_fsspec_knows_what_pyarrow_does_not() -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/box/a.txt", b"Text.")
    assert [s.place for s in find_sources(["memory://box"])] == ["memory://box/a.txt"]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("gopher://x/y", "no file system for this address"),
        ("local:///no/such/folder", "cannot be listed"),
        ("file:///no/such", "no such file"),
    ],
)
def test_a_bad_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        find_sources([address])
    if address.startswith("gopher"):
        with pytest.raises(DocumentError):
            open_filesystem(address)
