"""Pages become their article's text, whatever state the markup is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.inference.html_text import html_to_text


def test_an_article_is_taken_out_of_its_page() -> None:
    page = html_to_text(
        """<html><head><title>Talks &amp; trade</title><meta property="article:published_time" content="2025-03-04">
        <style>p {}</style></head><body><nav>Home</nav><article><h1>Talks</h1>
        <p>The minister   <b>said</b>
        yes.</p><p>One<br>two</p><figure><figcaption>A photo</figcaption></figure><script>go()</script></article>
        <aside>More news</aside><footer>Contact</footer></body></html>"""
    )
    assert (page.text, page.title, page.date) == ("Talks\n\nThe minister said yes.\n\nOne\ntwo", "Talks & trade", "2025-03-04")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain words", "plain words"),
        ("<p>unclosed <p>twice", "unclosed\n\ntwice"),
        ("<ul><li>one<li>two</ul>", "one\n\ntwo"),
        ("<p>a</p></nav></div><p>b</p>", "a\n\nb"),
        ("<main>kept</main> left out", "kept"),
        ("<!-- no --><p>caf&eacute; &#8212; fine</p>", "café — fine"),
        ("<article></article><p>an empty article does not hide the page</p>", "an empty article does not hide the page"),
        ("", ""),
    ],
)
def test_markup_in_any_state(source: str, text: str) -> None:
    assert html_to_text(source).text == text


def test_deep_nesting_needs_no_recursion() -> None:
    assert html_to_text("<div>" * 50_000 + "deep" + "</div>" * 50_000).text == "deep"


@given(st.text("<>/apbr \n&;=\"'!-", max_size=80))
def test_soup_never_raises(source: str) -> None:
    text = html_to_text(source).text
    assert text == text.strip()
