"""The command line: exit statuses, messages, formats, and help that names real options."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from communique.cli import app, main
from communique.errors import CommuniqueError
from communique.version import __version__

ARTICLE = "Peru firmly supports a ceasefire in Gaza. The talks began on Monday."


@pytest.fixture
def model(untrained_checkpoint: Path) -> str:
    return str(untrained_checkpoint)


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def test_version_and_help() -> None:
    assert run("--version").output == f"communique {__version__}\n"
    for command in ("predict", "issues", "train", "evaluate", "export", "corpus"):
        assert run(command, "--help").exit_code == 0
    assert "communique predict article.txt" in run("predict", "--help").output


def test_json_lines_on_standard_output(model: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE)
    result = run("predict", tmp_path / "a.txt", "--model", model)
    assert result.exit_code == 0
    assert [s["text"] for s in json.loads(result.stdout)["sentences"]] == ARTICLE.replace(". The", ".|The").split("|")


def test_standard_input(model: str) -> None:
    assert json.loads(run("predict", "-", "--model", model, stdin=ARTICLE).stdout)["id"] == "standard input"


def test_a_bad_document_makes_exit_status_one_and_loses_nothing(model: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "x", "text": "One.", "desk": "asia"}\nbroken\n{"id": "z", "text": "Two."}\n')
    result = run("predict", tmp_path / "a.jsonl", "--model", model, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["x", "a-2", "z"]
    assert ":2: not valid JSON" in rows[1]["error"]
    assert rows[0]["desk"] == "asia"
    assert "3 documents" in result.stderr
    assert "1 failed" in result.stderr


@pytest.mark.parametrize("level", ["sentence", "claim"])
def test_csv_levels(model: str, tmp_path: Path, level: str) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE)
    assert run("predict", tmp_path / "a.txt", "--model", model, "-o", tmp_path / "o.csv", "--level", level).exit_code == 0
    with (tmp_path / "o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 if level == "sentence" else True
    assert all(row["id"] == "a.txt" for row in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "nowhere.txt"], "nowhere.txt: no such file; check the path"),
        (["predict", "pyproject.toml"], "unknown extension '.toml'"),
        (["predict", "data/examples/article.txt", "--model", "nowhere"], "no model 'nowhere'"),
        (["predict", "data/examples/article.txt", "-o", "out.xlsx"], "unknown output extension '.xlsx'"),
        (["predict", "data/examples/article.txt", "--issue", "atlantis"], "unknown issue 'atlantis'"),
        (["predict", "data/examples/article.txt", "--device", "abacus"], "unknown device 'abacus'"),
        (["predict", "data/examples/article.txt", "--engine", "ray"], "--engine ray needs a file to write to; add -o FILE"),
        (["predict", "data/examples/article.txt", "-o", "a.jsonl", "--address", "auto"], "add --engine ray"),
        (["predict", "data/examples/article.txt", "-o", "a.jsonl", "--engine", "ray", "--resume"], "--resume does not go with"),
        (["train", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_what_cannot_run_ends_with_one_line_and_status_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent)
    monkeypatch.setattr("sys.argv", ["communique", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len(error.splitlines()) == 1


def test_errors_are_of_one_family(model: str) -> None:
    assert isinstance(run("predict", "nowhere.txt", "--model", model).exception, CommuniqueError)


def test_corpus_validate_names_every_problem(tmp_path: Path) -> None:
    good = Path(__file__).parent.parent / "data" / "examples" / "records.jsonl"
    assert run("corpus", "validate", good).exit_code == 0
    (tmp_path / "bad.jsonl").write_text("{}\nnot json\n")
    result = run("corpus", "validate", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    assert "bad.jsonl:1:" in result.stdout
    assert "bad.jsonl:2:" in result.stdout


def test_corpus_stats_counts_every_label() -> None:
    result = run("corpus", "stats", Path(__file__).parent.parent / "data" / "examples" / "records.jsonl")
    assert result.exit_code == 0
    for word in ("sentences", "stated_position", "PERSON", "taiwan"):
        assert word in result.stdout
