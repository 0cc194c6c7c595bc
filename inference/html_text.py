"""HTML to plain text with the standard library's parser, which survives whatever browsers survive.

Invariant: memory and time are linear in the page, however deep its elements nest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

HIDDEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "header",
        "footer",
        "aside",
        "form",
        "button",
        "svg",
        "iframe",
        "figcaption",
        "select",
    ]
)
_BLOCK_NAMES = """address article blockquote body caption center dd details div dl dt fieldset figure h1 h2 h3 h4 h5 h6 hr html li main ol p
    pre section summary table tbody td tfoot th thead title tr ul"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
MAIN = ("article", "main")
DATES = frozenset(["article:published_time", "date", "dc.date", "dcterms.date", "pubdate", "publishdate"])
_SPACE = re.compile(r"[ \t\n\r\f\v]+")


@dataclass(frozen=True)
class Page:
    """What a page says: its text, blocks parted by empty lines; title and date may be empty."""

    text: str
    title: str
    date: str


def html_to_text(source: str) -> Page:
    """Read a page; where it has an `article` or `main` element, only that counts.

    Scripts, navigation, headers, footers, forms and captions are left out.

    >>> html_to_text("<title>Talks</title><p>The minister<br>agreed &amp; left.</p>")
    Page(text='The minister\\nagreed & left.', title='Talks', date='')
    """
    parser = _Parser()
    parser.feed(source)
    parser.close()
    text = next((found for name in MAIN if (found := parser.text(name))), "") or parser.text("")
    return Page(text, " ".join(parser.title.split()), parser.date)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.date = "", ""
        self._pieces: list[tuple[str, frozenset[str]]] = []  # text with the main elements around it; "\n\n" parts blocks
        self._inside: dict[str, int] = {}  # open main elements
        self._hidden: list[str] = []  # open hidden elements
        self._in_title = False
        self._around: frozenset[str] = frozenset()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "meta":
            self._read_meta(values)
        elif tag == "time" and not self.date:
            self.date = values.get("datetime") or ""
        elif tag == "title":
            self._in_title = not self.title
        if tag in HIDDEN:
            self._hidden.append(tag)
        elif tag in MAIN:
            self._enter(tag, 1)
        if tag in BLOCKS:
            self._add("\n\n")
        elif tag == "br":
            self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in HIDDEN:
            if tag in self._hidden:
                del self._hidden[len(self._hidden) - 1 - self._hidden[::-1].index(tag) :]
        elif tag in BLOCKS:
            self._add("\n\n")
        if tag in MAIN:
            self._enter(tag, -1)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._hidden:
            self._add(_SPACE.sub(" ", data))

    def _add(self, piece: str) -> None:
        self._pieces.append((piece, self._around))

    def _enter(self, tag: str, step: int) -> None:
        self._inside[tag] = max(0, self._inside.get(tag, 0) + step)
        self._around = frozenset(name for name, depth in self._inside.items() if depth)

    def _read_meta(self, values: dict[str, str | None]) -> None:
        name, content = (values.get("property") or values.get("name") or "").lower(), values.get("content") or ""
        if name == "og:title" and not self.title:
            self.title = content
        elif name in DATES and not self.date:
            self.date = content

    def text(self, inside: str) -> str:
        """The text, all of it or what stood inside a main element."""
        joined = "".join(piece for piece, around in self._pieces if not inside or inside in around)
        return re.sub(r" ?\n ?", "\n", re.sub(r"\n[ \n]*\n", "\n\n", joined)).strip()
