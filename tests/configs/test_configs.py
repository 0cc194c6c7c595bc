"""Every shipped YAML file goes through the parser that uses it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import communique.configs
from communique.inference.encode import EncodingConfig
from communique.models.schema import Schema, load_schema, read_issues, read_yaml
from communique.training.recipe import Optimisation, Recipe, read_recipe

CONFIGS = Path(communique.configs.__path__[0])
RECIPES = sorted((CONFIGS / "train").glob("*.yaml"))


def test_no_shipped_file_is_left_untested() -> None:
    names = ("schema.yaml", "issues.yaml", "countries.yaml")
    assert sorted(CONFIGS.rglob("*.y*ml")) == sorted([*(CONFIGS / name for name in names), *RECIPES])
    assert RECIPES


def test_the_shipped_names_are_those_of_the_annotation(schema: Schema) -> None:
    assert load_schema(CONFIGS) == schema
    assert schema.type_names == ("stated_position", "commitment", "expert_opinion", "background")
    assert tuple(label.id for label in schema.attribution) == ("source", "cue")  # the roles that inference asks for
    assert schema.stance_names == ("absent", "support", "oppose", "neutral")


def test_every_country_is_found_by_its_own_name() -> None:
    from communique.inference.countries import aliases

    for country in read_yaml(CONFIGS / "countries.yaml"):
        assert (aliases()[country].country, aliases()[country].kind) == (country, "named")


def test_issue_ids_are_plain_words(schema: Schema) -> None:
    assert read_issues(CONFIGS / "issues.yaml") == schema.issues
    assert all(name.isidentifier() and name.islower() for name in schema.issue_names)


def test_every_alias_finds_itself(schema: Schema) -> None:
    missed = [
        (issue.id, alias) for issue in schema.issues for alias in issue.aliases if not issue.mentioned_in(f"On {alias.rstrip('*')}, no.")
    ]
    assert missed == []


def test_no_alias_belongs_to_two_issues(schema: Schema) -> None:
    aliases = [alias for issue in schema.issues for alias in issue.aliases]
    assert sorted(aliases) == sorted(set(aliases))


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("They reaffirmed the one-China principle.", {"taiwan"}),
        ("Uyghurs and Tibetans protested in Hong Kong.", {"xinjiang", "tibet", "hong_kong"}),
        ("A code of conduct for the South China Sea is near.", {"south_china_sea"}),
        ("CPEC enters a new phase.", {"belt_and_road"}),
        ("The Global Security Initiative was welcomed.", {"global_initiatives"}),
        ("Kyiv and Gaza need peace, not sanctions.", {"ukraine", "palestine", "unilateral_sanctions"}),
        ("The ministers toured a chocolate factory.", set()),
    ],
)
def test_texts_name_the_issues_that_a_reader_finds(text: str, issues: set[str], schema: Schema) -> None:
    assert {issue.id for issue in schema.issues if issue.mentioned_in(text)} == issues


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_read_and_is_named_like_its_file_or_its_model(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name.isidentifier()
    assert recipe.records.train
    assert recipe.records.dev
    assert recipe.optimisation.epochs > 0


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_change_what_they_say_and_nothing_else(path: Path) -> None:
    said, recipe = read_yaml(path), read_recipe(path)
    default = Recipe(recipe.name, recipe.backbone, recipe.records)
    silent = {field.name for field in dataclasses.fields(Recipe)} - set(said)
    assert all(getattr(recipe, name) == getattr(default, name) for name in silent)
    for name, value in said.get("optimisation", {}).items():
        assert getattr(recipe.optimisation, name) == value
    assert {f.name for f in dataclasses.fields(Optimisation)} >= set(said.get("optimisation", {}))
    assert {f.name for f in dataclasses.fields(EncodingConfig)} >= set(said.get("encoding", {}))
