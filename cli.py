"""The command line: `communique` with one subcommand a task.

Invariant: this module and the help pages load neither a model nor torch; errors of the family `CommuniqueError` end as one line.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from .errors import CommuniqueError
from .inference.command import issues, predict
from .training.command import average, corpus, distill, evaluate, export, train
from .version import __version__

FAILED = 2  # exit status: could not run

app = typer.Typer(
    name="communique",
    help="Who holds which position on what: claims and stances from diplomatic and foreign-policy text.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("predict")(predict)
app.command("issues")(issues)
app.command("train", rich_help_panel="Training")(train)
app.command("distill", rich_help_panel="Training")(distill)
app.command("evaluate", rich_help_panel="Training")(evaluate)
app.command("average", rich_help_panel="Training")(average)
app.command("export", rich_help_panel="Training")(export)
app.add_typer(corpus, name="corpus", rich_help_panel="Training")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"communique {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the exit status is 0 for success, 1 when some rows failed, 2 when it could not run."""
    try:
        app()
    except CommuniqueError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        sys.exit(FAILED)
    except Exception:  # status 1 would say that only some rows failed
        traceback.print_exc()
        sys.exit(FAILED)
