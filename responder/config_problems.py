"""What is wrong with a setting, in sentences: collected here until all of them are known.

The readers of firebrigade.yaml and of the environment add to a `Problems`, which ends in one ConfigError. No sentence
repeats a value that may be a secret. Not a validator: it only words what others found.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from firebrigade.responder.errors import ConfigError

KeyPath = tuple[str | int, ...]

_LAST = 1_000_000_000
_MOST_NAMES = 20  # a longer list hides the sentence before it
_SENTENCES = {
    "missing": "is missing",
    "string_type": "is not a text; if it looks like a number or true/false, put it in quotes",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "model_type": "is not a block of settings (key: value lines)",
    "model_attributes_type": "is not a block of settings (key: value lines)",
    "dict_type": "is not a block of settings (key: value lines)",
    "list_type": "is not a list (lines that start with a dash)",
    "tuple_type": "is not a list (lines that start with a dash)",
    "too_short": "is empty; list at least one",
    "string_too_short": "is empty",
}
# Patterns say what fits and not what was meant: what a key of this name holds, whichever receiver has it.
_PATTERNS = {
    "channel": "is not a channel's id; give that, such as C0123456789, and not the channel's name",
    "mentions": "is nobody who can be rung: here, channel, or the id of a user (U0123456789) or a group (S0123456789)",
    "recipients": "is not a mail address",
    "sender": "is not a mail address",
}


@dataclass(slots=True, kw_only=True)
class Problems:
    """The problems of one file, in the order in which they were found.

    Attributes:
        source: the file's name as the user gave it.
        lines: the line of each key path.
    """

    source: str
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    _found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, path: KeyPath, message: str) -> None:
        """Note what is wrong at a key; a key that is not in the file is shown at the line of the block around it."""
        line = next((self.lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.lines), 0)
        self.add_line(line, f"{format_path(path)}: {message}" if path else message)

    def add_line(self, line: int, message: str) -> None:
        """Note what is wrong at a line; 0 where there is none."""
        where = f"{self.source}:{line}" if line else self.source
        self._found.append((line, f"{where}: {message}"))

    def add_variable(self, name: str, message: str) -> None:
        """Note what is wrong with a variable of the environment."""
        self._found.append((0, f"{name}: {message}"))

    def add_elsewhere(self, message: str) -> None:
        """Note a sentence about another file, which says where by itself."""
        self._found.append((_LAST, message))

    def raise_if_any(self) -> None:
        """End the collection.

        Raises:
            ConfigError: with every problem, by line.
        """
        if self._found:
            raise ConfigError([message for _, message in sorted(self._found, key=lambda found: found[0])])


def format_path(path: KeyPath) -> str:
    """Return a key path as people write it: ``routes[0].receivers``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?``, or what there is to choose from, or nothing when nothing is known."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    for name in names:
        if close and name.lower() == close[0]:
            return f"; did you mean {name}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= _MOST_NAMES else ""


def word_error(error: Mapping[str, Any], known: Iterable[str]) -> str:
    """Return one of pydantic's errors as a sentence without the value that caused it.

    Args:
        error: an entry of ``ValidationError.errors(include_input=False, include_context=False, include_url=False)``.
        known: the keys that would have been right there.
    """
    kind = str(error["type"])
    if kind == "extra_forbidden":
        return f"is not a setting{did_you_mean(str(error['loc'][-1]), known)}"
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    keys = [str(key) for key in error["loc"] if not isinstance(key, int)] or [""]
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(keys[0], "is not written as it must be")
    if kind == "too_long":
        most, found = re.findall(r"\d+|more", str(error["msg"]))[:2]
        return f"has {'too many' if found == 'more' else found} {keys[-1]}; at most {most}"
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return re.sub(r"^\w+ should (be|have)", r"must \1", message)
