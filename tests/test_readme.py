"""The README shows what the shipped model says and scores, and names only commands and files that exist."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest
from rich.console import Console
from typer.main import get_command

from communique import load
from communique.cli import app
from communique.inference.readers import read_documents
from communique.inference.result import Document
from communique.inference.table import print_document
from communique.models.checkpoint import find_model
from communique.training.bootstrap import Figure
from communique.training.card import read_evaluation
from communique.training.report_table import NAMES, figure_text

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARTICLE = ROOT / "data" / "examples" / "article.txt"
WIDTH = 110  # columns of the terminal that the README shows


def shown_table() -> str:
    block = re.search(r"```\n\$ communique predict data/examples/article\.txt\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1]


def test_the_shown_output_is_the_real_one() -> None:
    """Regenerate it with: COLUMNS=110 communique predict data/examples/article.txt"""
    [result] = load(device="cpu").stream(read_documents([ARTICLE]))
    assert isinstance(result, Document)
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    print_document(result, console)
    real = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [[line.rstrip() for line in text.strip().splitlines()] for text in (shown_table(), real)]
    # Other processors round int8 products otherwise: percentages may differ by little, words may not.
    plain = [[re.sub(r"\s*\d+%\s*", " % ", line) for line in own] for own in lines]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_accuracy_table_is_that_of_the_shipped_evaluation(name: str) -> None:
    systems = read_evaluation(find_model(None))["systems"]
    figures = [systems[0]["headline"], next(s["headline"] for s in systems if "TF-IDF" in s["name"])]
    cells = [figure_text(Figure(**own[name])) if name in own else "–" for own in figures]
    assert f"| {NAMES[name]} | {cells[0]} | {cells[1]} |" in README


def test_every_shown_command_exists_with_its_options() -> None:
    group = get_command(app)
    lines = [line.split("#")[0].strip() for line in README.splitlines() if re.match(r"(\$ )?communique \w", line)]
    assert len(lines) > 6
    for line in lines:
        words = shlex.split(line.removeprefix("$ "))[1:]
        command = group.commands[words[0]]  # type: ignore[attr-defined]
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-") and word != "-"} <= known, line


def test_every_named_file_exists() -> None:
    links = re.findall(r"\]\(([\w/.]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles.txt").write_text("Peru supports a ceasefire in Gaza.\n")
    exec(block[1], {})
    assert "Japarov taiwan support" in capsys.readouterr().out


def test_the_example_documents_are_valid_json() -> None:
    assert all(json.loads(line)["text"] for line in (ROOT / "data" / "examples" / "articles.jsonl").read_text().splitlines())
