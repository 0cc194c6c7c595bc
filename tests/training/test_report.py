"""The report is one page that loads nothing, shows what the JSON says, and escapes what it quotes."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from communique.models.checkpoint import WEIGHTS
from communique.models.schema import Schema
from communique.training.corpus import Record
from communique.training.evaluation import Evaluation, evaluate
from communique.training.labeller import open_labeller
from communique.training.report import FIGURES, write_report
from communique.training.report_table import figure_text


class Page(HTMLParser):
    """Collects what a browser would load, and the headings."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("script", "link", "img", "iframe"):
            self.loads.append(tag)


@pytest.fixture(scope="module")
def odd_records(records: list[Record]) -> list[Record]:
    """The second half is turned into pairs' gold that a model gets wrong, with text that HTML must escape."""
    return [replace(r, context="<b>a & b</b>", type="commitment" if r.type != "commitment" else "background") for r in records]


@pytest.fixture(scope="module")
def evaluation(odd_records: list[Record], schema: Schema, tiny_checkpoint: Path) -> Evaluation:
    pair = [
        replace(odd_records[0], doc="swap-1", id="1", type="background"),
        replace(odd_records[0], doc="swap-1", id="2", type="commitment"),
    ]
    return evaluate(open_labeller(tiny_checkpoint, WEIGHTS), odd_records, schema, resamples=20, contrast=pair)


def test_the_page_is_self_contained_and_complete(evaluation: Evaluation, odd_records: list[Record], tmp_path: Path) -> None:
    path = write_report(tmp_path / "new" / "report", evaluation, odd_records, "tiny on <records>")
    source = path.read_text(encoding="utf-8")
    page = Page(source)
    assert page.loads == []
    assert page.tags.count("svg") == 3
    assert "tiny on &lt;records&gt;" in source
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in source
    for figure in evaluation.systems[0].headline.values():
        assert figure_text(figure) in source
    assert "swap" in source


def test_the_json_holds_figures_and_no_text(evaluation: Evaluation, odd_records: list[Record], tmp_path: Path) -> None:
    write_report(tmp_path, evaluation, odd_records, "tiny")
    stored = (tmp_path / FIGURES).read_text(encoding="utf-8")
    assert json.loads(stored)["contrast"] == {"swap": {"pairs": 1, "passed": 0}}
    assert set(json.loads(stored)["confidence"]) >= {"type"}
    assert not any(record.text in stored for record in odd_records)
