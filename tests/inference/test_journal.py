"""What a journal says is what was safe, whatever a kill left of its last line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from communique.errors import ConfigError
from communique.inference.journal import Commit, Journal

FACTS = {"model": "a", "option level": None, "input x.jsonl": "b"}


def begin(path: Path, *commits: Commit) -> None:
    journal = Journal(path, FACTS, resume=False)
    for commit in commits:
        journal.commit(commit)
    journal.close()


def test_the_last_commit_comes_back(tmp_path: Path) -> None:
    last = Commit(20, 7, 6, 1, 2, 3, 400, ("id", "text"))
    begin(tmp_path / "j", Commit(10), last)
    assert Journal(tmp_path / "j", FACTS, resume=True).last == last


def test_every_torn_end_is_healed(tmp_path: Path) -> None:
    begin(tmp_path / "whole", Commit(10), Commit(20))
    whole = (tmp_path / "whole").read_bytes()
    for cut in range(len(whole)):
        path = tmp_path / f"j{cut}"
        path.write_bytes(whole[:cut])
        journal = Journal(path, FACTS, resume=True)
        assert journal.last.documents in (0, 10, 20)
        journal.commit(Commit(30))
        journal.close()
        assert all(json.loads(line) for line in path.read_text().splitlines())
        assert Journal(path, FACTS, resume=True).last.documents == 30


def test_an_interrupted_run_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    begin(tmp_path / "j", Commit(10))
    with pytest.raises(ConfigError, match="an interrupted run is there; go on with --resume, or delete this file"):
        Journal(tmp_path / "j", FACTS, resume=False)
    begin(tmp_path / "done", Commit(10, is_complete=True))
    assert Journal(tmp_path / "done", FACTS, resume=False).last == Commit()


@pytest.mark.parametrize("name", FACTS)
def test_what_changed_is_named(tmp_path: Path, name: str) -> None:
    begin(tmp_path / "j", Commit(10))
    with pytest.raises(ConfigError, match=f"changed since the run began: {name};"):
        Journal(tmp_path / "j", {**FACTS, name: "other"}, resume=True)
