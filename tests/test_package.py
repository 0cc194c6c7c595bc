"""The package: cheap to import, lazy where it is heavy, and typed."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, resources

import pytest

import communique

HEAVY = (
    "torch",
    "transformers",
    "onnxruntime",
    "onnx",
    "sklearn",
    "scipy",
    "pandas",
    "pyarrow",
    "tokenizers",
    "numpy",
    "yaml",
    "rich",
    "typer",
)


def loaded_by(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter holds after a statement."""
    code = f"import sys\n{statement}\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import communique") == set()


@pytest.mark.parametrize("statement", ["from communique import load", "from communique.cli import main"])
def test_inference_and_the_command_line_start_without_torch(statement: str) -> None:
    assert loaded_by(statement) & {"torch", "transformers", "onnxruntime", "onnx", "sklearn", "scipy", "pandas"} == set()


@pytest.mark.parametrize("name", communique.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(communique, name) is not None


def test_lazy_names_are_the_objects_of_their_modules() -> None:
    assert communique.load is import_module("communique.inference.analyst").load
    assert communique.Claim is import_module("communique.inference.result").Claim


def test_public_names_are_listed_though_they_are_lazy() -> None:
    assert set(communique.__all__) <= set(dir(communique))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'communique' has no attribute 'analyse'"):
        communique.analyse  # noqa: B018
    with pytest.raises(ImportError):
        exec("from communique import analyse", {})


def test_the_package_says_that_it_is_typed_and_which_version_it_is() -> None:
    assert (resources.files(communique) / "py.typed").is_file()
    assert communique.__version__.count(".") == 2
