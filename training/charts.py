"""The charts of an evaluation report, as inline SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.4, 3.2  # inches
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "communique", "font.family": "sans-serif", "font.size": 9}


def reliability_chart(confidence: Mapping[str, Mapping[str, Any]]) -> str:
    """Accuracy against mean confidence, one line a head; a calibrated head lies on the diagonal."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1)
        for head, own in confidence.items():
            rows = own["reliability"]
            axes.plot([r["confidence"] for r in rows], [r["accuracy"] for r in rows], marker="o", markersize=3, label=head)
        axes.set(xlabel="mean confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
        axes.legend(frameon=False)

    return _svg(draw)


def coverage_chart(confidence: Mapping[str, Mapping[str, Any]]) -> str:
    """Accuracy of what is left against the share that is left, as the threshold rises."""

    def draw(axes: Axes) -> None:
        for head, own in confidence.items():
            rows = [row for row in own["coverage"] if row["accuracy"] is not None]
            axes.plot([r["coverage"] for r in rows], [r["accuracy"] for r in rows], marker="o", markersize=3, label=head)
        axes.set(xlabel="share of decisions kept", ylabel="accuracy of the kept", xlim=(0, 1.02))
        axes.legend(frameon=False)

    return _svg(draw)


def confusion_chart(names: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    """A confusion matrix, shaded by the share of each gold label."""

    def draw(axes: Axes) -> None:
        shares = [[cell / max(1, sum(row)) for cell in row] for row in confusion]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for y, row in enumerate(confusion):
            for x, cell in enumerate(row):
                axes.text(x, y, f"{cell:,}", ha="center", va="center", color="white" if shares[y][x] > 0.5 else "black")
        labels = [name.replace("_", "\n") for name in names]
        axes.set_xticks(range(len(names)), labels)
        axes.set_yticks(range(len(names)), labels)
        axes.set(xlabel="predicted", ylabel="gold")

    return _svg(draw)


def _svg(draw: Any) -> str:
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        draw(figure.subplots())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return re.sub(r"\A.*?(?=<svg)", "", buffer.getvalue(), flags=re.DOTALL)  # a page needs no XML declaration inside
