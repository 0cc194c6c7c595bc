"""Markdown to plain text: a parser takes the markup off, and each block keeps a line of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from markdown_it.token import Token

FENCE = "---"
BREAKS = {"softbreak": " ", "hardbreak": "\n"}
TEXTUAL = {"text", "code_inline", *BREAKS}


def markdown_to_text(source: str) -> tuple[str, Mapping[str, Any]]:
    """Return the text, blocks parted by empty lines, and the fields of a YAML front matter.

    Images, code blocks and raw HTML are left out; links keep their text.

    >>> markdown_to_text("# Talks\\n\\nThe **minister** [said](https://a.example) yes.")[0]
    'Talks\\n\\nThe minister said yes.'
    """
    from markdown_it import MarkdownIt

    fields, body = _front_matter(source)
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    return "\n\n".join(block for token in tokens if token.type == "inline" and (block := _plain(token).strip())), fields


def _plain(token: Token) -> str:
    return "".join(BREAKS.get(child.type, child.content) for child in token.children or [] if child.type in TEXTUAL)


def _front_matter(source: str) -> tuple[Mapping[str, Any], str]:
    lines = source.split("\n")
    if lines[0].strip() != FENCE:
        return {}, source
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if end is None:
        return {}, source
    try:
        fields = yaml.load("\n".join(lines[1:end]), Loader=yaml.BaseLoader)  # strings alone: dates stay as they are written
        json.dumps(fields)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):  # a rule of dashes, or nothing that a row could carry
        return {}, source
    return (fields, "\n".join(lines[end + 1 :])) if isinstance(fields, dict) else ({}, source)
