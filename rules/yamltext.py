"""Rule files as YAML text: plain words plain, expressions of several lines as blocks, everything else quoted.

``rulefile.py`` calls ``text``. The YAML library would take several times as long as promtool takes to check the result,
so what rules are made of is written here, and whatever is unusual goes to the library. It reads nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

# A letter at the start and no colon or hash behind a space: nothing that could be anything but a string.
_PLAIN = re.compile(r"[A-Za-z](?:[^\s:#]|:(?=\S)|(?<=[^\s])#| (?=[^\s#]))*")
_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
_WORDS_WITH_A_MEANING = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def text(data: Mapping[str, Any]) -> str:
    """Return nested mappings, lists and strings as block YAML, keys in their order, lists indented."""
    return "\n".join(_mapping(data, "")) + "\n"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        name = f"{indent}{_scalar(key, '')}:"
        if isinstance(value, Mapping) and value:
            yield name
            yield from _mapping(value, indent + "  ")
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            yield name
            yield from _items(value, indent + "  ")
        else:
            yield f"{name} {_scalar(value, indent + '  ')}"


def _items(items: Sequence[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *others = _mapping(item, indent + "  ")
            yield f"{indent}- {first.removeprefix(indent + '  ')}"
            yield from others
        else:
            yield f"{indent}- {_scalar(item, indent + '  ')}"


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        if _is_plain(value):
            return value
        if "\n" in value and indent and _is_block(value):
            return "|-\n" + "\n".join(f"{indent}{line}" if line else "" for line in value.split("\n"))
        if value.isprintable() and value.isascii():
            return json.dumps(value)
    return _by_library(value)


def _is_plain(value: str) -> bool:
    if _DURATION.fullmatch(value):
        return True
    is_word = _PLAIN.fullmatch(value) is not None and value.isprintable() and value.isascii()
    return is_word and value.lower() not in _WORDS_WITH_A_MEANING


def _is_block(value: str) -> bool:
    """Say whether a literal block gives a text back as it is: its first line sets the indentation, its end has none."""
    lines = value.split("\n")
    printable = all(line.isprintable() and line.isascii() for line in lines)
    return printable and bool(lines[0]) and lines[0][0] != " " and bool(lines[-1])


def _by_library(value: Any) -> str:
    style = '"' if isinstance(value, str) else None  # on one line, also where it stands for a key
    # Raw, U+0085 is written as it is and read as a line break.
    raw = isinstance(value, str) and value.replace("\n", "").isprintable()
    written: str = yaml.safe_dump(
        value, default_flow_style=True, default_style=style, allow_unicode=raw, width=float("inf")
    )
    return written.removesuffix("\n").removesuffix("\n...")
