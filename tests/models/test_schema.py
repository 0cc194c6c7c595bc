"""The schema: names in order, and every wrong file refused with place and mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from communique.errors import ConfigError
from communique.models.schema import Issue, Schema, bio_tags, check_keys, load_schema, read_issues, read_yaml, schema_from_dict

ISSUE = {"id": "fishing", "name": "Fishing", "proposition": "Quotas should fall", "aliases": ["fishing quota*", "cod"]}


def label(name: str) -> dict[str, str]:
    return {"id": name, "description": f"What {name} means."}


def plain(**changes: Any) -> dict[str, Any]:
    """A small valid schema as plain data, with changes."""
    data = {
        "sentence_types": [label("claim"), label("rest")],
        "entities": [label("GPE"), label("ORG")],
        "attribution": [label("source")],
        "polarities": [label("support")],
        "issues": [ISSUE],
    }
    return {**data, **changes}


def issue(*aliases: str) -> Issue:
    return Issue("x", "X", "x should be", aliases)


def write(folder: Path, issues_file: Any = None, **more_names: Any) -> Path:
    names = {key: value for key, value in plain().items() if key != "issues"}
    (folder / "schema.yaml").write_text(yaml.safe_dump({**names, **more_names}), encoding="utf-8")
    (folder / "issues.yaml").write_text(yaml.safe_dump(issues_file or {"issues": [ISSUE]}), encoding="utf-8")
    return folder


def test_names_stand_in_the_order_of_the_outputs() -> None:
    schema = schema_from_dict(plain())
    assert schema.type_names == ("claim", "rest")
    assert schema.entity_tags == ("O", "B-GPE", "I-GPE", "B-ORG", "I-ORG")
    assert schema.attribution_tags == bio_tags(["source"]) == ("O", "B-source", "I-source")
    assert schema.stance_names == ("absent", "support")
    assert schema.issue_names == ("fishing",)


def test_plain_data_reads_back_as_the_same_schema(schema: Schema) -> None:
    data = json.loads(json.dumps(schema.to_dict()))
    assert schema_from_dict(data) == schema
    assert schema_from_dict(data).sha256 == schema.sha256


def test_the_fingerprint_follows_names_and_order() -> None:
    swapped = plain(entities=[label("ORG"), label("GPE")])
    assert schema_from_dict(plain()).sha256 != schema_from_dict(swapped).sha256


def test_a_folder_of_own_names_is_read(tmp_path: Path) -> None:
    assert load_schema(write(tmp_path)) == schema_from_dict(plain())
    assert load_schema(str(tmp_path)).issue("fishing").name == "Fishing"


def test_an_unknown_issue_is_refused_with_the_known_ones(schema: Schema) -> None:
    with pytest.raises(ConfigError, match=r"unknown issue 'taiwn'; known issues: taiwan, xinjiang"):
        schema.issue("taiwn")


@pytest.mark.parametrize(
    ("alias", "text", "expected"),
    [
        ("Tibet*", "The Tibetan plateau", True),
        ("Tibet*", "in TIBET.", True),
        ("Tibet", "Tibetan", False),
        ("COC", "the COC talks", True),
        ("COC", "cocoa exports", False),
        ("one China", "the one  China\nprinciple", True),
        ("Belt & Road", "the Belt & Road plan", True),
        ("U.S. tariffs (2025)", "new U.S. tariffs (2025) hit", True),
        ("U.S.", "UxSx", False),
        ("Ren'ai*", "Ren'aijiao", True),
        ("Gaza*", "in “Gaza”", True),
    ],
)
def test_aliases_match_whole_words_without_regard_to_case(alias: str, text: str, expected: bool) -> None:
    assert issue("something else", alias).mentioned_in(text) is expected


def test_an_alias_that_begins_with_a_mark_is_found_behind_a_blank() -> None:
    assert issue("'92 Consensus").mentioned_in("They uphold the '92 Consensus.")
    assert not issue("'92 Consensus").mentioned_in("x'92 Consensus")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stances": []}, r"here: unknown key 'stances'; known keys: attribution, entities"),
        ({"aliases": []}, r"here: unknown key 'aliases'; it belongs under an entry of `issues` in issues.yaml"),
        ({"entities": []}, r"here: entities: expected a list of at least one entry"),
        ({"entities": "GPE"}, r"here: entities: expected a list"),
        ({"entities": ["GPE"]}, r"here: entities: expected a mapping with the keys description, id, found str"),
        ({"entities": [{"id": "GPE"}]}, r"here: entities: the key 'description' is missing; add it"),
        ({"entities": [{**label("GPE"), "colour": 1}]}, r"here: entities: unknown key 'colour'; known keys: description, id"),
        ({"entities": [label("GPE"), label("GPE")]}, r"here: entities: the id 'GPE' stands there twice"),
        ({"polarities": [label("")]}, r"here: polarities: expected words, found ''"),
        ({"polarities": [{"id": False, "description": "d"}]}, r"polarities: expected words, found False; write them there, in quotes"),
        ({"issues": [{**ISSUE, "alias": []}]}, r"here: issues: issue 'fishing': unknown key 'alias'; known keys: aliases, id"),
        ({"issues": [{**ISSUE, "polarities": []}]}, r"issue 'fishing': unknown key 'polarities'; it belongs under the top of schema.yaml"),
        ({"issues": [{**ISSUE, "aliases": []}]}, r"issue 'fishing': `aliases` must be a list of at least one word"),
        ({"issues": [{**ISSUE, "aliases": "cod"}]}, r"issue 'fishing': `aliases` must be a list"),
        ({"issues": [{**ISSUE, "aliases": {"cod": 1}}]}, r"issue 'fishing': `aliases` must be a list"),
        ({"issues": [{**ISSUE, "aliases": ["cod", ""]}]}, r"issue 'fishing': aliases: expected words, found ''"),
        ({"issues": [{**ISSUE, "aliases": ["*"]}]}, r"issue 'fishing': aliases: expected words, found '\*'"),
        ({"issues": [{**ISSUE, "aliases": [False]}]}, r"issue 'fishing': aliases: expected words, found False"),
        ({"issues": ["fishing"]}, r"issue 'fishing': expected a mapping"),
        ({"issues": [ISSUE, ISSUE]}, r"here: issues: the id 'fishing' stands there twice"),
    ],
)
def test_a_wrong_schema_is_refused_with_place_and_mend(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        schema_from_dict(plain(**changes), "here")


def test_issues_inside_schema_yaml_are_refused_and_not_silently_ignored(tmp_path: Path) -> None:
    write(tmp_path, issues=[ISSUE])
    with pytest.raises(ConfigError, match=r"schema\.yaml: unknown key 'issues'; it belongs under `issues` in issues\.yaml"):
        load_schema(tmp_path)


@pytest.mark.parametrize("content", ["", "- a list\n", "words\n"])
@pytest.mark.parametrize("name", ["schema.yaml", "issues.yaml"])
def test_a_file_that_holds_no_mapping_is_refused_by_name(name: str, content: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{name}: expected a mapping with the keys"):
        load_schema(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"schema\.yaml: no such file; check the path"):
        load_schema(tmp_path)


def test_issues_alone_are_read_and_refused_alike(tmp_path: Path) -> None:
    write(tmp_path)
    assert [found.id for found in read_issues(tmp_path / "issues.yaml")] == ["fishing"]
    write(tmp_path, {"issues": [ISSUE], "entities": []})
    with pytest.raises(ConfigError, match=r"issues\.yaml: unknown key 'entities'; it belongs under the top of schema\.yaml"):
        read_issues(tmp_path / "issues.yaml")


def test_wrong_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("issues:\n  - id: a\n   name: b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.yaml:3: not valid YAML: .+; mend the syntax there"):
        read_yaml(path)


@pytest.mark.parametrize("content", [b"name: \xff\xfe", b"name: \x00"])
def test_bytes_that_are_no_text_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"bytes\.yaml: not a text file in UTF-8"):
        read_yaml(path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path)


def test_yaml_never_builds_objects(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("!!python/object/apply:os.getcwd []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"evil\.yaml:1: not valid YAML"):
        read_yaml(path)


def test_check_keys_names_the_home_that_its_caller_gives() -> None:
    with pytest.raises(ConfigError, match="recipe: unknown key 'epochs'; it belongs under `optimisation`"):
        check_keys({"epochs": 3}, {"name"}, set(), "recipe", {"epochs": "`optimisation`"})
