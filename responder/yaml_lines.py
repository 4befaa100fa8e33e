"""YAML that remembers its lines: one document to plain values, and the line of every key path.

The configuration's loader reads firebrigade.yaml with it. Scalars follow YAML 1.2's core schema, so ``off``, ``NO``,
``12:30``, ``010`` and ``2026-11-23`` stay the text that was written; only true/false, decimal numbers and null are
more than text. Nothing is ever constructed from a tag. Not a validator of settings.
Source: https://yaml.org/spec/1.2.2/ (section 10.3)
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from firebrigade.responder.config_problems import KeyPath, Problems, format_path

_MAX_NODES = 100_000  # a page of nested aliases stands for billions of nodes
_MAX_DEPTH = 50
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAG = "tag:yaml.org,2002:"
_PLAIN = "str map seq null bool int float timestamp value merge"
_PLAIN_TAGS = {_TAG + name for name in _PLAIN.split()}


def read_yaml(text: str, problems: Problems) -> Any:
    """Return the document's value, with ``problems.lines`` filled; what is wrong is added to ``problems``.

    A document that can't be read at all is None. An empty one is None too.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        _add_syntax_error(error, problems)
        return None
    except RecursionError:
        problems.add_line(0, "is nested too deeply to be read")
        return None
    if node is None:
        return None
    walk = _Walk(problems=problems)
    value = walk.value(node, ())
    problems.lines = walk.lines
    return value


def _add_syntax_error(error: yaml.YAMLError, problems: Problems) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "can't be read")
    if "found character '\\t'" in what:
        what = "a tab stands where YAML allows only spaces"
    elif "another document" in what:
        what = "a second document begins here; one file holds one"
    problems.add_line(mark.line + 1 if mark else 0, f"is not valid YAML: {what}{_column(mark)}")


def _column(mark: Any) -> str:
    return f" (column {mark.column + 1})" if mark else ""


@dataclass(slots=True, kw_only=True)
class _Walk:
    problems: Problems
    lines: dict[KeyPath, int] = field(default_factory=dict)
    _nodes: int = 0
    _depth: int = 0

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self._nodes += 1
        if self._nodes > _MAX_NODES or self._depth > _MAX_DEPTH:  # an alias that contains itself is infinitely deep
            if self._nodes <= _MAX_NODES + 1:
                self.problems.add_line(line, "is too large, nested too deeply, or an alias that contains itself")
            self._nodes = _MAX_NODES + 1
            return None
        if node.tag not in _PLAIN_TAGS:
            self.problems.add_line(line, "has a YAML tag (!…); write plain values only")
            return None
        self._depth += 1
        try:
            return self._content(node, path)
        finally:
            self._depth -= 1

    def _content(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, position)) for position, item in enumerate(node.value)]
        return _scalar(cast(yaml.ScalarNode, node))

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node, line)
            if key is None:
                continue
            if key in found:
                first = self.lines[(*path, key)]
                self.problems.add_line(
                    line, f"{format_path((*path, key))} is written twice (first in line {first}); keep one"
                )
                continue
            self.lines[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key))
        return found

    def _key(self, node: yaml.Node, line: int) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _PLAIN_TAGS:
            self.problems.add_line(line, "a key must be a plain text; text that begins with { or [ belongs in quotes")
            return None
        if node.tag == f"{_TAG}merge":
            self.problems.add_line(line, "merge keys (<<) are not supported; write the settings out")
            return None
        return str(node.value)


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted, or a block
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > 18:  # longer than any number that is meant as one
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
