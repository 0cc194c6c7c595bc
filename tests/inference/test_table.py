"""What a person sees: claims, pledges, a summary, and text that cannot break the layout."""

from __future__ import annotations

import io

from rich.console import Console

from communique.inference.result import Claim, Document, FailedDocument, Provenance, Sentence
from communique.inference.table import print_document

BY = Provenance("small", "f" * 64, "e" * 64, "0.1.0")
SENTENCES = tuple(Sentence(0, 1, "T", kind, {}) for kind in ("stated_position", "background", "background", "commitment"))
CLAIMS = (
    Claim("Ana Ruiz", "Chile", "stated_position", "taiwan", "support", 0.914, 0, 5, "We\nagree [bold]."),
    Claim(None, None, "commitment", None, None, 0.5, 0, 5, "It will pay."),
)


def printed(document: Document | FailedDocument, width: int = 80) -> str:
    out = io.StringIO()
    print_document(document, Console(file=out, width=width))
    return out.getvalue()


def test_claims_and_summary() -> None:
    text = printed(Document("a", SENTENCES, CLAIMS, BY, {"title": "Talks"}))
    for part in ("a Talks", "Ana Ruiz (Chile)", "taiwan", "support", "91%", "We agree [bold].", "not named", "It will pay."):
        assert part in " ".join(text.split())
    assert "4 sentences: 1 position, 1 commitment, 2 background; 2 claims" in text


def test_no_line_is_wider_than_the_terminal() -> None:
    assert max(len(line) for line in printed(Document("a", SENTENCES, CLAIMS, BY), 60).splitlines()) <= 60


def test_an_empty_document() -> None:
    assert "0 sentences: none; 0 claims" in printed(Document("a", (), (), BY))


def test_a_failed_document_shows_its_error() -> None:
    assert "a.txt: is empty; give it some text" in printed(FailedDocument("a.txt", "is empty; give it some text"))
