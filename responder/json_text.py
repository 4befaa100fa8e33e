"""Reading JSON from the network: strict where Python's reader is lenient. Pure.

Used for webhook and API bodies. Refused are other encodings than UTF-8, NaN and infinities, numbers of thousands of
digits and bottomless nesting. A key that stands twice is remembered, so that the reader of the object can name its
path.

Source: https://www.rfc-editor.org/rfc/rfc8259
"""

import json
from typing import Any

from firebrigade.responder.errors import PayloadError


class JsonObject(dict[str, Any]):
    """An object as read; ``repeated`` is a key that stood in it more than once, or None."""

    __slots__ = ("repeated",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = _first_repeated([key for key, _ in pairs]) if len(self) < len(pairs) else None


def read_json(body: bytes) -> Any:
    """Return what the body says; every object in it is a JsonObject.

    Raises:
        PayloadError: with an empty path: it is not JSON.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=JsonObject, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise PayloadError("", f"the body is not UTF-8: see byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        # The error's own text would be fine, but the error holds the whole body.
        raise PayloadError("", f"the body is not JSON: see line {error.lineno}, column {error.colno}") from None
    except RecursionError as error:
        raise PayloadError("", "the body is nested too deeply") from error
    except ValueError as error:
        raise PayloadError("", "the body holds a number that is too long, NaN or an infinity") from error


def kind_of(value: object) -> str:
    """Return JSON's word for a value, for a sentence that must not repeat the value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _first_repeated(keys: list[str]) -> str | None:
    seen: set[str] = set()
    return next((key for key in keys if key in seen or seen.add(key)), None)  # type: ignore[func-returns-value]


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
