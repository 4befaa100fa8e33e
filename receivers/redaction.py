"""Keeps a configuration's secrets out of everything that people may read.

Called by the receivers on whatever a server said before it goes into an error's message.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

from firebrigade.receivers.text import one_line

_REMOVED = "[secret]"
_SAID_LIMIT = 200


def secrets_of(config: BaseModel) -> tuple[str, ...]:
    """Return the text of every secret in a receiver's configuration."""
    values = (getattr(config, name) for name in type(config).model_fields)
    return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def _spellings(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield b64encode(secret.encode()).decode()
    yield b64encode(b"\0" + secret.encode()).decode()


def redact(text: str, secrets: Iterable[str]) -> str:
    """Remove the secrets, also where they are percent-encoded, JSON-escaped or in base64."""
    spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
    # Longest first: a short spelling inside a long one would leave the long one's remains behind.
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, _REMOVED)
    return text


def what_it_said(text: str, secrets: Iterable[str]) -> str:
    """Return a server's words as one short line without secrets."""
    # Secrets go first: a cut through the middle of one would leave a part that no longer matches.
    return one_line(redact(text[:100_000], secrets), _SAID_LIMIT)
