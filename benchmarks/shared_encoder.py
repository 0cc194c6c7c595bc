"""One shared encoder with four heads against four separately fine-tuned encoders: dev figures over seeds, and inference time.

    python benchmarks/shared_encoder.py configs/train/fast.yaml --epochs 3 --seeds 0 1

Both arms learn from the recipe's records with the recipe's knobs; a separate encoder spends all of its loss on one head. Needs the
extra `train`, and takes five trainings a seed. Inference time is that of one forward pass over the dev records, fp32, fastest of three.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from communique.models.checkpoint import WEIGHTS, read_checkpoint
from communique.models.network import HEADS
from communique.models.schema import load_schema
from communique.training.labeller import open_labeller
from communique.training.recipe import Recipe, read_recipe
from communique.training.train import read_first, train

FIGURES = ("type_macro_f1", "entities", "source", "cue", "stances")


def dev_figures_of(recipe: Recipe, folder: Path) -> dict[str, float]:
    """Train, and read the figures of the best epoch."""
    figures: dict[str, float] = read_checkpoint(train(recipe, folder)).training["dev"]
    return figures


def seconds(folders: Sequence[Path], recipe: Recipe) -> float:
    """Time to label the dev records with every network of an arm."""
    records = read_first(recipe.records.dev, load_schema())
    texts, contexts = [r.text for r in records], [r.context for r in records]
    labellers = [open_labeller(folder, WEIGHTS) for folder in folders]
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        for labeller in labellers:
            labeller.label(texts, contexts)
        rounds.append(time.perf_counter() - began)
    return min(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    base = read_recipe(arguments.recipe)
    base = replace(base, optimisation=replace(base.optimisation, epochs=arguments.epochs))
    found: dict[str, list[dict[str, float]]] = {"shared": [], "separate": []}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in arguments.seeds:
            recipe, root = replace(base, seed=seed), Path(scratch) / str(seed)
            found["shared"].append(dev_figures_of(recipe, root / "shared"))
            alone = {head: dev_figures_of(replace(recipe, heads=(head,)), root / head) for head in HEADS}
            found["separate"].append({name: value for figures in alone.values() for name, value in figures.items() if name in FIGURES})
        walls = {"shared": seconds([root / "shared"], base), "separate": seconds([root / head for head in HEADS], base)}
    print(f"\n{'':10}" + "".join(f"{name:>16}" for name in FIGURES) + f"{'seconds':>10}")
    for arm, runs in found.items():
        cells = (f"{statistics.mean(run[name] for run in runs):.3f}±{statistics.pstdev(run[name] for run in runs):.3f}" for name in FIGURES)
        print(f"{arm:10}" + "".join(f"{cell:>16}" for cell in cells) + f"{walls[arm]:10.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"runs": found, "seconds": walls}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
