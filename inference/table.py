"""A result as a person reads it in a terminal: who holds what, then pledges and opinions on nothing listed, then a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .result import Claim, Document, FailedDocument, Sentence

COLOURS = {"support": "green", "oppose": "red", "neutral": "yellow"}
NAMES = {"stated_position": "position", "commitment": "commitment", "expert_opinion": "expert opinion", "background": "background"}


def print_document(document: Document | FailedDocument, console: Console) -> None:
    """Print one result; colours follow the console (and NO_COLOR)."""
    if isinstance(document, FailedDocument):
        console.print(Text(f"{document.id}: {document.error}", style="red"))
        return
    title = str(document.extra.get("title") or "")
    console.print(Text(f"{document.id}  {title}".rstrip(), style="bold"))
    on_issues = [claim for claim in document.claims if claim.issue]
    others = [claim for claim in document.claims if not claim.issue]
    if on_issues:
        console.print(_claims_table(on_issues))
    if others:
        console.print(_others_table(others))
    console.print(_summary(document.sentences, document.claims))
    console.print()


def _claims_table(claims: Sequence[Claim]) -> Table:
    table = Table("holder", "issue", "stance", "sure", "sentence", box=box.SIMPLE_HEAD, title="Positions on issues", title_justify="left")
    table.columns[3].justify = "right"
    for column in table.columns[1:4]:
        column.no_wrap = True
    for claim in claims:
        stance = Text(claim.polarity or "", style=COLOURS.get(claim.polarity or "", ""))
        table.add_row(_holder(claim), Text(claim.issue or ""), stance, f"{claim.score:.0%}", Text(" ".join(claim.text.split())))
    return table


def _others_table(claims: Sequence[Claim]) -> Table:
    table = Table("holder", "type", "sure", "sentence", box=box.SIMPLE_HEAD, title="Further commitments and opinions", title_justify="left")
    table.columns[2].justify = "right"
    table.columns[1].no_wrap = True
    for claim in claims:
        table.add_row(_holder(claim), NAMES.get(claim.type, claim.type), f"{claim.score:.0%}", Text(" ".join(claim.text.split())))
    return table


def _holder(claim: Claim) -> Text:
    name = Text(claim.holder or "not named", style="" if claim.holder else "dim")
    if claim.country and claim.country != claim.holder:
        name.append(f" ({claim.country})", style="dim")
    return name


def _summary(sentences: Sequence[Sentence], claims: Sequence[Claim]) -> Text:
    counts = Counter(sentence.type for sentence in sentences)
    parts = ", ".join(_counted(counts[kind], NAMES.get(kind, kind)) for kind in dict.fromkeys([*NAMES, *counts]) if counts[kind])
    return Text(f"{_counted(len(sentences), 'sentence')}: {parts or 'none'}; {_counted(len(claims), 'claim')}", style="dim")


def _counted(number: int, noun: str) -> str:
    plural = noun if number == 1 or noun == "background" else f"{noun}s"
    return f"{number:,} {plural}"
