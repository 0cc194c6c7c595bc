"""Distillation: teachers' answers become targets, gold labels keep their share, and a student learns from both."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from typer.testing import CliRunner

from communique.cli import app
from communique.errors import ConfigError, ModelError
from communique.inference.encode import EncodingConfig, Words, tokenize
from communique.inference.score import score
from communique.models.checkpoint import TOKENIZER, WEIGHTS, read_checkpoint
from communique.models.schema import Schema
from communique.training import teacher
from communique.training.corpus import Record
from communique.training.distill import distilled_features, read_unlabelled
from communique.training.features import gold_targets, make_features
from communique.training.labeller import open_labeller
from communique.training.recipe import Distillation, Recipe
from communique.training.teacher import ask_teachers, mixed, soft_targets
from communique.training.train import train

Questions = tuple[list[str], list[str], list[Words]]
CONTEXT = "The two ministers met on Monday."


@pytest.fixture
def unlabelled(tmp_path: Path, records: list[Record]) -> Path:
    path = tmp_path / "unlabelled.jsonl"
    rows = [{"source": "s", "doc": "d", "date": "", "context": CONTEXT, "text": f"Again: {record.text}"} for record in records[:6]]
    rows += [rows[0], rows[0] | {"text": records[0].text}]  # once more, and one that has labels of its own
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def questions(tiny_checkpoint: Path, records: list[Record]) -> Questions:
    texts = [record.text for record in records]
    return texts, [record.context for record in records], tokenize(texts, Tokenizer.from_file(str(tiny_checkpoint / TOKENIZER)))


def test_a_lone_teacher_answers_with_its_own_logits(tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path) -> None:
    own = open_labeller(tiny_checkpoint, WEIGHTS)
    expected = score(*questions[:2], own.tokenizer, own.session, own.encoding)
    found = ask_teachers([tiny_checkpoint], schema, *questions, tmp_path / "memory.npz")
    np.testing.assert_array_equal(found.first_word, expected.first_word)
    np.testing.assert_allclose(found.logits.entity, expected.logits.entity, atol=0.15)  # asked in bf16
    assert (found.logits.type.argmax(-1) == expected.logits.type.argmax(-1)).mean() > 0.9


def test_chunks_of_sentences_come_back_in_order(
    tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ask_teachers([tiny_checkpoint], schema, *questions, tmp_path / "whole.npz")
    monkeypatch.setattr(teacher, "CHUNK", 3)
    parts = ask_teachers([tiny_checkpoint], schema, *questions, tmp_path / "parts.npz")
    np.testing.assert_array_equal(parts.offsets, whole.offsets)
    np.testing.assert_allclose(parts.logits.type, whole.logits.type, atol=0.1)


def test_answers_of_several_teachers_are_averaged(
    tiny_checkpoint: Path, untrained_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path
) -> None:
    both = [tiny_checkpoint, untrained_checkpoint]
    alone = [ask_teachers([folder], schema, *questions, tmp_path / f"{i}.npz") for i, folder in enumerate(both)]
    together = ask_teachers(both, schema, *questions, tmp_path / "both.npz")
    np.testing.assert_allclose(
        together.logits.stance, (alone[0].logits.stance + alone[1].logits.stance) / 2, atol=1e-2
    )  # answers are kept in fp16


def test_the_same_question_is_asked_once(
    tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory.npz"
    first = ask_teachers([tiny_checkpoint], schema, *questions, memory)
    monkeypatch.setattr(teacher, "_ask", lambda *_: pytest.fail("asked again"))
    again = ask_teachers([tiny_checkpoint], schema, *questions, memory)
    np.testing.assert_allclose(again.logits.attribution, first.logits.attribution, atol=0.02)
    with pytest.raises(pytest.fail.Exception, match="asked again"):
        ask_teachers([tiny_checkpoint], schema, *(part[1:] for part in questions), memory)


def test_a_teacher_of_other_names_is_refused(tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path) -> None:
    other = replace(schema, issues=schema.issues[1:])
    with pytest.raises(ConfigError, match="the teacher knows other types, issues or labels"):
        ask_teachers([tiny_checkpoint], other, *questions, tmp_path / "memory.npz")


def test_a_missing_teacher_is_named_before_anyone_is_asked(schema: Schema, questions: Questions, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nobody: not a model folder"):
        ask_teachers([tmp_path / "nobody"], schema, *questions, tmp_path / "memory.npz")


def test_a_teacher_that_splits_words_otherwise_is_refused(
    tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path
) -> None:
    texts, contexts, words = questions
    other = [replace(own, offsets=own.offsets + 1) for own in words]
    with pytest.raises(ConfigError, match="splits words otherwise than the student"):
        ask_teachers([tiny_checkpoint], schema, texts, contexts, other, tmp_path / "memory.npz")


def test_a_torn_memory_is_asked_again(tiny_checkpoint: Path, schema: Schema, questions: Questions, tmp_path: Path) -> None:
    memory = tmp_path / "memory.npz"
    first = ask_teachers([tiny_checkpoint], schema, *questions, memory)
    memory.write_bytes(memory.read_bytes()[:1000])
    np.testing.assert_array_equal(ask_teachers([tiny_checkpoint], schema, *questions, memory).logits.type, first.logits.type)


def test_targets_are_distributions_and_gold_keeps_its_share(
    tiny_checkpoint: Path, schema: Schema, records: list[Record], questions: Questions, tmp_path: Path
) -> None:
    scores = ask_teachers([tiny_checkpoint], schema, *questions, tmp_path / "memory.npz")
    for record, own, soft in zip(records, questions[2], soft_targets(scores), strict=True):
        gold = gold_targets(record, own, schema)
        target = mixed(gold, soft, 0.25)
        np.testing.assert_allclose(target.entities.sum(-1), 1, atol=2e-3)
        np.testing.assert_allclose(target.stances.sum(-1), 1, atol=2e-3)
        assert target.type[gold.type] == pytest.approx(0.75 + 0.25 * float(soft.type[gold.type]), abs=2e-3)


def test_unlabelled_sentences_are_read_once_and_never_where_labels_are_known(
    unlabelled: Path, records: list[Record], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = read_unlabelled([str(unlabelled), "nowhere.jsonl"], {record.text for record in records})
    assert found.texts == tuple(f"Again: {record.text}" for record in records[:6])
    assert found.contexts == (CONTEXT,) * 6
    assert "nowhere.jsonl: no such file" in caplog.text


def test_features_hold_records_first_and_then_what_teachers_say(
    tiny_checkpoint: Path, schema: Schema, records: list[Record], unlabelled: Path, tmp_path: Path
) -> None:
    tokenizer = Tokenizer.from_file(str(tiny_checkpoint / TOKENIZER))
    plan = Distillation((str(tiny_checkpoint),), (str(unlabelled),), teacher_weight=0.0)
    known = {record.text for record in records}
    more = read_unlabelled(plan.unlabelled, known)
    features = distilled_features(plan, records, more, schema, tokenizer, EncodingConfig(), tmp_path / "memory.npz")
    plain = make_features(records, schema, tokenizer, EncodingConfig())
    assert len(features) == len(plain) + 6
    for soft, hard in zip(features, plain, strict=False):
        np.testing.assert_array_equal(soft.window.ids, hard.window.ids)
        np.testing.assert_array_equal(soft.targets.entities.argmax(-1), hard.targets.entities)


def test_a_student_learns_what_its_teacher_says_of_sentences_without_labels(
    smoke_recipe: Recipe, tiny_checkpoint: Path, unlabelled: Path, tmp_path: Path
) -> None:
    plan = Distillation((str(tiny_checkpoint),), (str(unlabelled),), teacher_weight=1.0)
    folder = train(replace(smoke_recipe, name="student", distillation=plan), tmp_path / "student")
    weights = (folder / WEIGHTS).read_bytes()
    again = train(replace(smoke_recipe, name="student", distillation=plan), tmp_path / "student")  # answers are remembered now
    assert (again / WEIGHTS).read_bytes() == weights
    facts = read_checkpoint(folder).training
    assert facts["dev"]["entities"] > 0.8
    assert facts["unlabelled"] == 6
    assert [own["name"] for own in facts["teachers"]] == ["smoke"]


@pytest.mark.parametrize(
    ("command", "extra", "message"),
    [
        ("train", {"distillation": {"teachers": ["runs/teacher"], "unlabelled": []}}, "run `communique distill"),
        ("distill", {}, "names no teachers"),
    ],
)
def test_each_command_sends_the_other_ones_recipe_there(command: str, extra: dict[str, Any], message: str, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"  # JSON is YAML
    recipe.write_text(json.dumps({"name": "n", "backbone": "b", "records": {"train": ["t"], "dev": ["d"]}, **extra}), encoding="utf-8")
    result = CliRunner().invoke(app, [command, str(recipe)])
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)
