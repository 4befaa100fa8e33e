"""Keeps a configuration's secrets out of everything that people may read.

Called by the receivers on whatever a server said before it goes into an error's message. The responder's redaction of
log lines knows a secret by the same spellings.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

from firebrigade.receivers.text import one_line

_REMOVED = "[secret]"
_SAID_LIMIT = 200
_SHORTEST_BASE64 = 6  # shorter ones stand in ordinary words


def secrets_of(config: BaseModel) -> tuple[str, ...]:
    """Return the text of every secret in a receiver's configuration."""
    values = (getattr(config, name) for name in type(config).model_fields)
    return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def spellings(secret: str) -> Iterator[str]:
    """Return how a secret may be written: plain, percent-encoded, escaped, in base64 alone or with something beside."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield b64encode(secret.encode()).decode()
    for encoded in _in_base64(secret.encode()):
        yield from (encoded, encoded.replace("+", "-").replace("/", "_"), quote(encoded, safe=""))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Return the part that is the same whatever stands beside the secret, as the user name does in ``user:password``.

    Three bytes make four characters, so it depends on how many bytes come before, modulo three.
    """
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        whole = b64encode(b"\0" * before + secret).decode()[first:last]
        if len(whole) >= _SHORTEST_BASE64:
            yield whole


def redact(text: str, secrets: Iterable[str]) -> str:
    """Remove the secrets, also where they are percent-encoded, JSON-escaped or in base64."""
    written = {spelling for secret in secrets if secret for spelling in spellings(secret)}
    # Longest first: a short spelling inside a long one would leave the long one's remains behind.
    for spelling in sorted(written, key=len, reverse=True):
        text = text.replace(spelling, _REMOVED)
    return text


def what_it_said(text: str, secrets: Iterable[str]) -> str:
    """Return a server's words as one short line without secrets."""
    # Secrets go first: a cut through the middle of one would leave a part that no longer matches.
    return one_line(redact(text[:100_000], secrets), _SAID_LIMIT)
