"""From bytes to text: UTF-8, or UTF-16 with its byte order mark; everything else is refused with the place and the mend."""

from __future__ import annotations

import codecs

from ..errors import DocumentError

CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1b"))  # bytes that text does not hold


def decode_bytes(data: bytes, place: str) -> str:
    """Decode the bytes of a file or line.

    Args:
        place: file, or file and line, for messages.

    Raises:
        DocumentError: the bytes are not text, or in another encoding.

    >>> decode_bytes(b"\\xef\\xbb\\xbfPeace", "a.txt")
    'Peace'
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(data, "utf-16", place)
    return _decode(data, "utf-8-sig", place)


def _decode(data: bytes, encoding: str, place: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if len(data.translate(None, CONTROL)) < len(data):
            raise DocumentError(f"{place}: looks like a binary file, not text; extract its text first") from None
        name, line = encoding.upper().removesuffix("-SIG"), data.count(b"\n", 0, error.start) + 1
        mend = "convert it, for example: iconv -f latin1 -t utf-8"
        raise DocumentError(f"{place}: not valid {name} at byte {error.start}, line {line}; {mend}") from None
