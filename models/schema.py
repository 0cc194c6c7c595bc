"""The names of things: sentence types, entity labels, attribution roles, polarities and issues, read from `configs/`.

Invariant: the order of names is the order of a model's outputs, so a schema travels inside every checkpoint and its
fingerprint stands in every result's provenance.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError, at

ABSENT = "absent"  # the stance class of an issue that the sentence does not talk about
_LABELS = frozenset({"sentence_types", "entities", "attribution", "polarities"})


@dataclass(frozen=True)
class Label:
    """A name and what it means."""

    id: str
    description: str


@dataclass(frozen=True)
class Issue:
    """A question on which holders take sides; `support` is agreement with the proposition."""

    id: str
    name: str
    proposition: str
    aliases: tuple[str, ...]

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches any alias as whole words, without regard to case."""
        words = sorted(self.aliases, key=len, reverse=True)
        alternatives = (re.escape(w).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for w in words)
        return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)

    def mentioned_in(self, text: str) -> bool:
        """Tell whether the text names the issue by one of its aliases.

        >>> load_schema().issue("taiwan").mentioned_in("The Taiwanese delegation left.")
        True
        """
        return self.pattern.search(text) is not None


@dataclass(frozen=True)
class Schema:
    """All label names that a model knows, in the order of its outputs."""

    sentence_types: tuple[Label, ...]
    entities: tuple[Label, ...]
    attribution: tuple[Label, ...]
    polarities: tuple[Label, ...]
    issues: tuple[Issue, ...]

    @functools.cached_property
    def type_names(self) -> tuple[str, ...]:
        return tuple(label.id for label in self.sentence_types)

    @functools.cached_property
    def entity_tags(self) -> tuple[str, ...]:
        return bio_tags(label.id for label in self.entities)

    @functools.cached_property
    def attribution_tags(self) -> tuple[str, ...]:
        return bio_tags(label.id for label in self.attribution)

    @functools.cached_property
    def stance_names(self) -> tuple[str, ...]:
        return (ABSENT, *(label.id for label in self.polarities))

    @functools.cached_property
    def issue_names(self) -> tuple[str, ...]:
        return tuple(issue.id for issue in self.issues)

    @property
    def outputs(self) -> tuple[tuple[str, ...], ...]:
        """What each output of a network stands for; schemas may differ in descriptions and aliases and yet share networks."""
        return self.type_names, self.entity_tags, self.attribution_tags, self.stance_names, self.issue_names

    def issue(self, name: str) -> Issue:
        """Return the issue of that id, or raise `ConfigError` naming the known ones."""
        for issue in self.issues:
            if issue.id == name:
                return issue
        raise ConfigError(f"unknown issue {name!r}; known issues: {', '.join(self.issue_names)}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `schema_from_dict` reads it back."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @functools.cached_property
    def sha256(self) -> str:
        """Fingerprint of the names and their order."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()


def bio_tags(labels: Any) -> tuple[str, ...]:
    """Return the BIO tags of span labels, `O` first.

    >>> bio_tags(["GPE"])
    ('O', 'B-GPE', 'I-GPE')
    """
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def load_schema(folder: str | Path | None = None) -> Schema:
    """Read `schema.yaml` and `issues.yaml` from a folder, by default the ones that ship with communique.

    Raises:
        ConfigError: with the file and the key, when something is missing, unknown, empty or named twice.

    >>> load_schema().type_names
    ('stated_position', 'commitment', 'expert_opinion', 'background')
    """
    if folder is None:
        return _shipped_schema()
    return _read(Path(folder))


@functools.cache
def _shipped_schema() -> Schema:
    with resources.as_file(resources.files(__package__.rpartition(".")[0]) / "configs") as folder:
        return _read(folder)


def _read(folder: Path) -> Schema:
    names = read_yaml(folder / "schema.yaml")
    check_keys(names, _LABELS, _LABELS, str(folder / "schema.yaml"))
    issues = read_issues(folder / "issues.yaml")
    return schema_from_dict({**names, "issues": [asdict(i) for i in issues]}, str(folder / "schema.yaml"))


def read_issues(path: str | Path) -> tuple[Issue, ...]:
    """Read a file of issues."""
    data = read_yaml(Path(path))
    check_keys(data, {"issues"}, {"issues"}, str(path))
    return _issues(data["issues"], str(path))


def schema_from_dict(data: Mapping[str, Any], where: str = "schema") -> Schema:
    """Build and validate a schema from plain data; `where` is named in errors."""
    check_keys(data, _LABELS | {"issues"}, _LABELS | {"issues"}, where)
    labels = {key: _labels(data[key], f"{where}: {key}") for key in sorted(_LABELS)}
    return Schema(issues=_issues(data["issues"], f"{where}: issues"), **labels)


def check_keys(data: Any, known: Set[str], required: Set[str], where: str, homes: Mapping[str, str] | None = None) -> None:
    """Refuse unknown and missing keys of a mapping, saying where an unknown one belongs if that is known.

    Raises:
        ConfigError: naming `where`, the key and the mend.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where}: expected a mapping with the keys {', '.join(sorted(known))}, found {type(data).__name__}")
    for key in data:
        if key not in known:
            home = (homes or _HOMES).get(str(key))
            belongs = f"it belongs under {home}" if home and home not in where else f"known keys: {', '.join(sorted(known))}"
            raise ConfigError(f"{where}: unknown key {key!r}; {belongs}")
    for key in sorted(required - set(data)):
        raise ConfigError(f"{where}: the key {key!r} is missing; add it")


_HOMES = {
    "issues": "`issues` in issues.yaml",
    **dict.fromkeys(("name", "proposition", "aliases"), "an entry of `issues` in issues.yaml"),
    **dict.fromkeys(_LABELS, "the top of schema.yaml"),
}


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads the same, some ten times faster


def read_yaml(path: Path) -> Any:
    """Parse a YAML file, or raise `ConfigError` with file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a readable YAML file") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(f"{at(path, line)}: not valid YAML: {error.problem}; mend the syntax there") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a text file in UTF-8 ({error}); save it as one") from None


def _labels(entries: Any, where: str) -> tuple[Label, ...]:
    for entry in _entries(entries, where):
        check_keys(entry, {"id", "description"}, {"id", "description"}, where)
    return _unique(tuple(Label(_text(e["id"], where), _text(e["description"], f"{where}: {e['id']}")) for e in entries), where)


def _issues(entries: Any, where: str) -> tuple[Issue, ...]:
    keys = {"id", "name", "proposition", "aliases"}
    for entry in _entries(entries, where):
        check_keys(entry, keys, keys, f"{where}: issue {entry.get('id', '?') if isinstance(entry, Mapping) else entry!r}")
        if not entry["aliases"] or not isinstance(entry["aliases"], (list, tuple)):
            raise ConfigError(f"{where}: issue {entry['id']!r}: `aliases` must be a list of at least one word")
    return _unique(tuple(_issue(entry, f"{where}: issue {entry['id']!r}") for entry in entries), where)


def _issue(entry: Mapping[str, Any], where: str) -> Issue:
    identity, name, proposition = (_text(entry[key], f"{where}: {key}") for key in ("id", "name", "proposition"))
    return Issue(identity, name, proposition, tuple(_text(alias, f"{where}: aliases") for alias in entry["aliases"]))


def _text(value: Any, where: str) -> str:
    # YAML reads a bare NO as false and 2025-01-01 as a date; an empty alias would match everywhere.
    if not isinstance(value, str) or not value.strip(" *"):
        raise ConfigError(f"{where}: expected words, found {value!r}; write them there, in quotes")
    return value


def _entries(entries: Any, where: str) -> Sequence[Any]:
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise ConfigError(f"{where}: expected a list of at least one entry")
    return entries


def _unique(items: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    names = [item.id for item in items]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{where}: the id {name!r} stands there twice; ids must be unique")
    return items
