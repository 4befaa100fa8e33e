"""One YAML file with the line of every key, read strictly.

All files of the library come in through here. This module knows YAML and nothing about rules.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from firebrigade.rules.problems import Problem, RulesError

KeyPath = tuple[str | int, ...]
# libyaml's, where PyYAML was built with it: reading the library's YAML is ten times as fast.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's content as plain data, and where each part of it stands.

    Attributes:
        path: as the user named it.
        data: mappings, lists and scalars.
        lines: the line of each key, by its path from the top.
    """

    path: Path
    data: Any
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest one above it that is in the file."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at a key."""
        return Problem(file=str(self.path), line=self.line(path), key=dotted(path), message=message)

    def parse(self, model: type[Model]) -> Model:
        """Return the content as a model.

        Raises:
            RulesError: with every field that does not fit.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            told = _causes(error.errors())
            raise RulesError([self.problem(_location(e["loc"]), _sentence(e)) for e in told]) from None


def read(path: Path) -> Document:
    """Read one YAML file of at most one document.

    Raises:
        RulesError: it can't be read, is not YAML, or says a key twice.
    """
    try:
        return parse(path, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, f"can't be read ({error.strerror}); check its name and rights") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text; save it as UTF-8") from None


def parse(path: Path, text: str) -> Document:
    """Turn a file's text into a document; ``path`` is only remembered.

    Raises:
        RulesError: it is not YAML, or says a key twice.
    """
    lines: dict[KeyPath, int] = {(): 1}
    repeated: list[KeyPath] = []
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        for key_path, line in _walk(root, ()):  # before constructing, which puts merged keys into the nodes
            if key_path in lines:
                repeated.append(key_path)
            lines[key_path] = line
        data = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RulesError([_syntax_problem(path, error)]) from None
    document = Document(path=path, data=data, lines=lines)
    if repeated:
        raise RulesError([document.problem(p, "is there twice; keep one of them") for p in repeated])
    return document


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it: ``slos[0].objective``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
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


def _sentence(error: Any) -> str:
    kind, text = error["type"], str(error["msg"])
    if kind == "extra_forbidden":
        return "is not a key that is known here; check its spelling"
    if kind == "missing":
        return "is missing; add it"
    if kind == "string_type":
        return "must be text; put it into quotes"
    return re.sub(r"^(Input|String|Tuple|Decimal input) should", "must", text.removeprefix("Value error, "))
