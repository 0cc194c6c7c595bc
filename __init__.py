"""communique: who holds which position on what, in diplomatic and foreign-policy text.

Importing this package is cheap; the model and its runtime load with `load()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import CommuniqueError
from .version import __version__

if TYPE_CHECKING:
    from .inference.analyst import Analyst, load
    from .inference.documents import InputDocument
    from .inference.result import Claim, Document, Sentence

__all__ = ["Analyst", "Claim", "CommuniqueError", "Document", "InputDocument", "Sentence", "__version__", "load"]

_HOMES = {
    "Analyst": "inference.analyst",
    "load": "inference.analyst",
    "InputDocument": "inference.documents",
    "Claim": "inference.result",
    "Document": "inference.result",
    "Sentence": "inference.result",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
