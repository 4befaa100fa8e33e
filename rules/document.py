"""The YAML documents of a file with the line of every key, read strictly.

All files of the library come in through here. This module knows YAML and nothing about rules.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from firebrigade.rules.problems import Problem, RulesError

KeyPath = tuple[str | int, ...]
# libyaml's, where PyYAML was built with it: reading the library's YAML is ten times as fast.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)
Advice = Mapping[str, str]
"""What to say of keys that are known and not taken, by their name; the rest are told to be unknown."""
_NO_ADVICE: Advice = MappingProxyType({})


class Part(int):
    """The position of a document in a file of several. People find it by its line, so that its key does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document's content as plain data, and where each part of it stands.

    Attributes:
        path: as the user named it.
        data: mappings, lists and scalars.
        lines: the line of each key, by its path.
        root: the path of the document itself; all paths begin with it. Empty for the only one of a file.
    """

    path: Path
    data: Any
    lines: Mapping[KeyPath, int] = field(repr=False)
    root: KeyPath = ()

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest one above it that is in the file."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at a key."""
        return Problem(file=str(self.path), line=self.line(path), key=dotted(path), message=message)

    def items(self) -> tuple["Document", ...]:
        """Return the items of a list as documents; of anything else, none."""
        items = self.data if isinstance(self.data, list) else []
        return tuple(
            Document(path=self.path, data=item, lines=self.lines, root=(*self.root, number))
            for number, item in enumerate(items)
        )

    def parse(
        self, model: type[Model], advice: Advice = _NO_ADVICE, spelling: Literal["name", "alias", ""] = ""
    ) -> Model:
        """Return the content as a model.

        Args:
            model: the format.
            advice: what to say of keys that are known and not taken.
            spelling: whether the file writes the models' names or their aliases; empty leaves it to the models.

        Raises:
            RulesError: with every field that does not fit.
        """
        by_name, by_alias = (spelling == kind if spelling else None for kind in ("name", "alias"))
        try:
            return model.model_validate(self.data, by_name=by_name, by_alias=by_alias)
        except ValidationError as error:
            told = _causes(error.errors())
            problems = [self.problem((*self.root, *_location(e["loc"])), _sentence(e, advice)) for e in told]
            raise RulesError(problems) from None


def read(path: Path) -> Document:
    """Read one YAML file of at most one document.

    Raises:
        RulesError: it can't be read, is not YAML, or says a key twice.
    """
    return parse(path, _text(path))


def read_all(path: Path) -> tuple[Document, ...]:
    """Read the YAML documents of a file, in their order; empty ones between two ``---`` are passed over.

    Raises:
        RulesError: the file can't be read, is not YAML, or a document says a key twice.
    """
    return parse_all(path, _text(path))


def parse(path: Path, text: str) -> Document:
    """Turn a file's text into its only document; ``path`` is only remembered.

    Raises:
        RulesError: it is not YAML, or says a key twice.
    """
    found = _documents(path, text, lambda loader: [node] if (node := loader.get_single_node()) else [])
    return found[0] if found else Document(path=path, data=None, lines={(): 1})


def parse_all(path: Path, text: str) -> tuple[Document, ...]:
    """Turn a file's text into its documents; ``path`` is only remembered.

    Raises:
        RulesError: it is not YAML, or a document says a key twice.
    """
    return _documents(path, text, lambda loader: list(_nodes(loader)))


def joined(documents: Sequence[Document]) -> Document:
    """Return one document in which all paths of a file's documents are found; of a single one, itself."""
    if len(documents) == 1:
        return documents[0]
    lines = {key_path: line for document in documents for key_path, line in document.lines.items()}
    return Document(path=documents[0].path, data=[document.data for document in documents], lines={(): 1, **lines})


def _documents(path: Path, text: str, compose: Callable[[yaml.SafeLoader], list[yaml.Node]]) -> tuple[Document, ...]:
    try:
        loader = _Loader(text)
        nodes = compose(loader)
        roots: list[KeyPath] = [(Part(number),) for number in range(len(nodes))] if len(nodes) > 1 else [()]
        found = [_document(path, loader, node, root) for node, root in zip(nodes, roots, strict=False)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulesError([_syntax_problem(path, error)]) from None
    if repeated := [problem for _, problems in found for problem in problems]:
        raise RulesError(repeated)
    return tuple(document for document, _ in found)


def _document(path: Path, loader: yaml.SafeLoader, node: yaml.Node, root: KeyPath) -> tuple[Document, list[Problem]]:
    lines: dict[KeyPath, int] = {root: node.start_mark.line + 1 if root else 1}
    repeated: list[KeyPath] = []
    for key_path, line in _walk(node, root):  # before constructing, which puts merged keys into the nodes
        if key_path in lines:
            repeated.append(key_path)
        lines[key_path] = line
    document = Document(path=path, data=loader.construct_document(node), lines=lines, root=root)
    return document, [document.problem(p, "is there twice; keep one of them") for p in repeated]


def _nodes(loader: yaml.SafeLoader) -> Iterator[yaml.Node]:
    while loader.check_node():
        node = loader.get_node()
        if node and node.tag != "tag:yaml.org,2002:null":
            yield node


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, f"can't be read ({error.strerror}); check its name and rights") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text; save it as UTF-8") from None


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it: ``slos[0].objective``."""
    shown = (part for part in path if not isinstance(part, Part))
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in shown)
    return text.removeprefix(".")


def _walk(node: yaml.Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _walk(item, (*path, index))


def _unreadable(path: Path, message: str) -> RulesError:
    return RulesError([Problem(file=str(path), line=0, key="", message=message)])


def _syntax_problem(path: Path, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    line = mark.line + 1 if mark else 0
    return Problem(file=str(path), line=line, key="", message=f"is not valid YAML: {what}")


def _location(loc: tuple[int | str, ...]) -> KeyPath:
    return tuple(part for part in loc if part != "[key]")


def _causes(errors: Sequence[Any]) -> list[Any]:
    """Leave out that a list is too short because its items are wrong: the items are told."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(place != error["loc"] and place[: len(error["loc"])] == error["loc"] for place in places)
    ]


def _sentence(error: Any, advice: Advice) -> str:
    kind, text = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        return advice.get(str(error["loc"][-1])) or "is not a key that is known here; check its spelling"
    if kind == "missing":
        return "is missing; add it"
    if kind == "too_short" and not error["ctx"]["actual_length"]:
        return "is empty; add at least one"
    if kind == "too_long":
        return f"has {error['ctx']['actual_length']} items; leave {error['ctx']['max_length']}"
    if kind == "string_type":
        return "must be text; put it into quotes"
    return re.sub(r"^(Input|String|Tuple|Decimal input) should", "must", text.removeprefix("Value error, "))
