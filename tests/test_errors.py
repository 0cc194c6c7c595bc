"""One exception family."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from communique import errors
from communique.errors import CommuniqueError, MissingExtraError, at


def test_every_error_belongs_to_the_family() -> None:
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__]
    assert len(classes) == 7
    assert all(issubclass(cls, CommuniqueError) and cls.__doc__ for cls in classes)


def test_the_family_is_not_caught_by_accident() -> None:
    assert CommuniqueError.__bases__ == (Exception,)


def test_a_missing_extra_names_the_command_that_mends_it() -> None:
    assert str(MissingExtraError("training", "train")) == (
        'training needs packages that are not installed; run: pip install "communique[train]"'
    )


@pytest.mark.parametrize(
    ("path", "line", "expected"), [("a.jsonl", 3, "a.jsonl:3"), (Path("d/a.yaml"), 1, "d/a.yaml:1"), ("a.jsonl", None, "a.jsonl")]
)
def test_at_names_a_place_as_compilers_do(path: str | Path, line: int | None, expected: str) -> None:
    assert at(path, line) == expected
