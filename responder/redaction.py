"""Keeping secrets out of what is written for people: log lines, and the errors in them. Pure.

``telemetry.py`` sends every log record through a Redactor. Three nets, since each has holes: the secrets that are known
are replaced wherever they appear, values under telling names are dropped, and credentials in addresses and
``Authorization`` headers are cut out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from firebrigade.receivers.redaction import spellings

REDACTED = "[redacted]"
_SHORTEST = 4  # replacing shorter secrets would tear words apart, and tell the secret by that
_TELLING_NAME = re.compile(r"(?i)(secret|token|passw(or)?d|passphrase|authorization|cookie|api_?key|routing_?key|dsn)")
_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\"]+@")
_AUTHORIZATION = re.compile(r"(?i)\b(?P<scheme>bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}")
_DEEPEST = 8


class Redactor:
    """Replaces what must not be seen. Its repr shows none of it.

    Args:
        secrets: the literal secrets of this process.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {text for secret in secrets for text in (repr(secret)[1:-1], *spellings(secret))}
        ordered = sorted((text for text in written if len(text) >= _SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        text = self._known.sub(REDACTED, text) if self._known else text
        text = _USERINFO.sub(rf"\g<scheme>{REDACTED}@", text)
        return _AUTHORIZATION.sub(rf"\g<scheme> {REDACTED}", text)

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a value without secrets, as deep as it goes; what is no plain data becomes its text."""
        if depth > _DEEPEST:
            return REDACTED
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.named(str(name), item, depth + 1) for name, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        return self.text(value if isinstance(value, str) else repr(value))

    def named(self, name: str, value: Any, depth: int = 0) -> Any:
        """Return a value without secrets; nothing is left of one whose name says that it is one."""
        if _TELLING_NAME.search(name) and not isinstance(value, bool | int | None):
            return REDACTED
        return self.value(value, depth)


def find_secrets(*roots: object) -> frozenset[str]:
    """Return every secret that settings, configurations and what they hold keep as a ``SecretStr``.

    Of a database's address only the password is one, but it also counts on its own.
    """
    return frozenset(text for root in roots for secret in _secrets_in(root) for text in _parts(secret))


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
        return
    for item in _items_of(value):
        yield from _secrets_in(item)


def _items_of(value: object) -> Iterable[object]:
    if isinstance(value, BaseModel):
        return [item for _, item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, list | tuple | set | frozenset):
        return value
    return ()


def _parts(secret: str) -> Iterator[str]:
    if not secret.startswith("sqlite"):
        yield secret
    with suppress(ValueError):  # not an address
        if password := urlsplit(secret).password:
            yield password
            yield unquote(password)
