"""Typed access to the fields of a JSON object, with errors that name the path of what is wrong. Pure.

Used by ``payload.py`` for webhook bodies and by ``api.py`` for what people post. No error repeats a value: bodies hold
other people's data.
"""

import json
from typing import Any

from firebrigade.responder.errors import PayloadError
from firebrigade.responder.json_text import JsonObject, kind_of

_REQUIRED = "\0required"  # no caller's default, since a default is storable text
_NAME_CHARACTERS = 60


class JsonFields:
    """One object at ``path``; the empty path is the whole body.

    Raises:
        PayloadError: it is not an object, or one of its keys stands in it twice.
    """

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, JsonObject):
            subject = "" if path else "the body "
            raise PayloadError(path, f"{subject}must be an object, not {kind_of(value)}")
        self._value = value
        self._path = path
        if value.repeated is not None:
            raise self.error(value.repeated, "stands twice in the same object")

    def path_of(self, key: str) -> str:
        """Return the path of a field, such as ``alerts[2].labels["größe"]``."""
        if key.isascii() and key.isidentifier():
            return f"{self._path}.{key}"[:200] if self._path else key[:200]
        shown = key if len(key) <= _NAME_CHARACTERS else key[:_NAME_CHARACTERS] + "…"
        return f"{self._path}[{json.dumps(shown, ensure_ascii=not shown.isprintable())}]"

    def error(self, key: str, message: str) -> PayloadError:
        """Return the error that says what is wrong with a field."""
        return PayloadError(self.path_of(key), message)

    def text(self, key: str, *, default: str = _REQUIRED, empty: bool = True) -> str:
        """Return a string; a missing one or null is its default.

        Raises:
            PayloadError: it is missing and has no default, it is no string, or it is empty and must not be.
        """
        value = self._value.get(key)
        if value is None and default is not _REQUIRED:
            return default
        if not isinstance(value, str):
            raise self._wrong_kind(key, "a string")
        if not value and not empty:
            raise self.error(key, "must not be empty")
        return value

    def integer(self, key: str, *, default: int) -> int:
        """Return a whole number; a missing one or null is its default.

        Raises:
            PayloadError: it is something else.
        """
        value = self._value.get(key, default)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong_kind(key, "a whole number")
        return value

    def boolean(self, key: str) -> bool:
        """Return true or false.

        Raises:
            PayloadError: it is missing or something else.
        """
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise self._wrong_kind(key, "true or false")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """Return an object of strings; null, which Go writes for an empty map, is the empty object.

        Raises:
            PayloadError: it is missing or something else.
        """
        if key in self._value and self._value[key] is None:
            return {}
        fields = JsonFields(self._required(key), self.path_of(key))
        return {name: fields.text(name) for name in fields._value}

    def objects(self, key: str) -> list["JsonFields"]:
        """Return an array of objects.

        Raises:
            PayloadError: it is missing or something else.
        """
        value = self._required(key)
        if not isinstance(value, list):
            raise self._wrong_kind(key, "an array")
        return [JsonFields(item, f"{self.path_of(key)}[{position}]") for position, item in enumerate(value)]

    def _required(self, key: str) -> Any:
        if key not in self._value:
            raise self.error(key, "is missing")
        return self._value[key]

    def _wrong_kind(self, key: str, expected: str) -> PayloadError:
        return self.error(key, f"must be {expected}, not {kind_of(self._required(key))}")
